"""What the seed draws for one run: one record of each list of a scenario's ``variants``.

The next try of the same learner gets the next record, so that it never is a matter of memory; where a learner begins
in a list depends on the learner and the list, so that a neighbour's answers do not fit.
"""

import hashlib

from ecitizen.practice.scenario import Scenario
from ecitizen.practice.seeds import learner_and_run


def drawn(scenario: Scenario, seed: int) -> dict[str, str]:
    """Give the words drawn, such as ``visit.doctor``; the same on every machine."""
    learner, run = learner_and_run(seed)
    words: dict[str, str] = {}
    for name, records in scenario.variants.items():
        stamp = hashlib.sha256(f"{learner}:{name}".encode()).digest()
        record = records[(int.from_bytes(stamp[:8], "big") + run) % len(records)]
        words |= {f"{name}.{key}": word for key, word in record.items()}
    return words


def seeds_of_all(scenario: Scenario) -> range:
    """Give seeds that between them draw every record of every list at least once."""
    return range(1, max((len(records) for records in scenario.variants.values()), default=1) + 1)


def readings(scenario: Scenario, raw: str) -> list[str]:
    """Give what a text with placeholders of variants may read, each reading once; itself if it has none."""
    if "{" not in raw:
        return [raw]
    return list(dict.fromkeys(_filled(raw, drawn(scenario, seed)) for seed in seeds_of_all(scenario)))


def _filled(raw: str, words: dict[str, str]) -> str:
    for name, word in words.items():
        raw = raw.replace(f"{{{name}}}", word)
    return raw
