"""Every lesson can be read with ease."""

from __future__ import annotations

from collections.abc import Iterator

from ecitizen.content.collection import Collection
from ecitizen.content.finding import Finding
from ecitizen.content.saying import readings

LEAST_EASE, MOST_WORDS = 60, 12


def look(found: Collection) -> Iterator[Finding]:
    """Look at how long the sentences of each lesson are, and how hard its words."""
    for lesson in readings(found):
        for place, reading in (
            (f"lessons/{lesson.lesson}.ipynb", lesson.notebook),
            (f"widgets/scenarios/{lesson.lesson}.yaml", lesson.rest),
        ):
            if reading and (reading.ease < LEAST_EASE or reading.sentence_words > MOST_WORDS):
                problem = (
                    f"текст труден: слов в предложении {reading.sentence_words:.1f} (можно до {MOST_WORDS}), "
                    f"лёгкость чтения {reading.ease:.0f} (нужно от {LEAST_EASE})"
                )
                yield Finding(
                    "warning", place, "текст", problem, "Разделите длинные предложения, возьмите слова короче"
                )
