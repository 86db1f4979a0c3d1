"""What a part, a variant or a condition says about things that are not there; see ``check``."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ecitizen.practice.fields import NUMBERS, FormField
from ecitizen.practice.flow import Outcome, When
from ecitizen.practice.parts import BoardPart, CalendarPart, FormPart, MapPart, Picking
from ecitizen.practice.scenario import Scenario, inside
from ecitizen.practice.trying import Fault
from ecitizen.practice.variants import readings
from ecitizen.practice.wording import read_number

_RESERVED = ("persona", "code")
_VERDICTS = {"too-small": "least", "too-big": "most"}


def variant_faults(scenario: Scenario) -> Iterator[Fault]:
    """Name lists of variants whose records differ in their keys or whose name is taken."""
    for name, records in scenario.variants.items():
        if name in _RESERVED:
            yield f"variants.{name}", f"имя {name!r} занято", "Назовите список иначе"
        for number, record in enumerate(records):
            if odd := sorted(record.keys() ^ records[0].keys()):
                problem = f"записи отличаются ключами: {', '.join(odd)}"
                yield f"variants.{name}[{number}]", problem, "Дайте всем записям одинаковые ключи"


def part_faults(scenario: Scenario) -> Iterator[Fault]:
    """Name what stands in parts and conditions and fits nothing; ``variant_faults`` must be mended before."""
    for name, screen in scenario.screens.items():
        for number, part in enumerate(screen.parts):
            key = f"screens.{name}.parts[{number}]"
            for kind, look in _LOOKS:
                if isinstance(part, kind):
                    yield from look(scenario, key, part)
    yield from _drawn(scenario)
    yield from _strayed(scenario)


def _picking(scenario: Scenario, key: str, part: Picking) -> Iterator[Fault]:
    if part.right is None:
        return
    known = {control.id for _, control in part.held()}
    for right in readings(scenario, part.right):
        if right not in known:
            yield f"{key}.right", f"кнопки {right!r} здесь нет или она занята", _one_of(known)


def _calendar(_scenario: Scenario, key: str, part: CalendarPart) -> Iterator[Fault]:
    yield from _twice(f"{key}.days", [day.id for day in part.days])


def _map(scenario: Scenario, key: str, part: MapPart) -> Iterator[Fault]:
    known = {stop.id for stop in part.stops}
    yield from _twice(f"{key}.stops", [stop.id for stop in part.stops])
    named = [(f"routes[{n}].stops", stop) for n, route in enumerate(part.routes) for stop in route.stops]
    named += [(end, stop) for end in ("here", "to") for stop in readings(scenario, getattr(part, end) or "")]
    for place, stop in named:
        if stop and stop not in known:
            yield f"{key}.{place}", f"остановки {stop!r} на карте нет", _one_of(known)


def _board(scenario: Scenario, key: str, part: BoardPart) -> Iterator[Fault]:
    known = {ticket for row in part.rows for ticket in readings(scenario, row.ticket)}
    for own in readings(scenario, part.own) if part.own is not None else ():
        if own not in known:
            yield f"{key}.own", f"талона {own!r} на табло нет", _one_of(known)


def _form(scenario: Scenario, key: str, part: FormPart) -> Iterator[Fault]:
    for number, field in enumerate(part.fields):
        yield from _field(scenario, f"{key}.fields[{number}]", field)
    known = {field.id: field for field in part.fields}
    for place in ("submit", "failed"):
        for at, node in inside(getattr(part, place), f"{key}.{place}"):
            if isinstance(node, Outcome) and node.when is not None:
                yield from _answers(f"{at}.when", node.when, known)


def _field(scenario: Scenario, key: str, field: FormField) -> Iterator[Fault]:
    """Look at values that only the variants make whole; others were looked at on loading."""
    for expected in readings(scenario, field.expect or ""):
        if expected and (strange := field.not_a_choice(expected)) is not None:
            yield f"{key}.expect", f"{strange!r} нет среди choices", _one_of(choice.id for choice in field.choices)
    for name in ("expect", "least", "most") if field.type in NUMBERS else ():
        for written in readings(scenario, getattr(field, name) or ""):
            if written and read_number(written) is None:
                yield f"{key}.{name}", f"{written!r} не число", "Напишите число цифрами"


def _answers(key: str, when: When, fields: Mapping[str, FormField]) -> Iterator[Fault]:
    for name in sorted((when.verdict.keys() | when.chosen.keys()) - fields.keys()):
        yield key, f"поля {name!r} в этой форме нет", _one_of(fields)
    for name, verdict in when.verdict.items():
        if name in fields and verdict in _VERDICTS and getattr(fields[name], _VERDICTS[verdict]) is None:
            yield f"{key}.verdict", f"у поля {name!r} так не бывает: {verdict}", f"Дайте полю {_VERDICTS[verdict]}"
    for name, chosen in when.chosen.items():
        if name in fields and (not fields[name].choices or fields[name].not_a_choice(chosen) is not None):
            choices = (choice.id for choice in fields[name].choices)
            yield f"{key}.chosen", f"варианта {chosen!r} у поля {name!r} нет", _one_of(choices)


def _drawn(scenario: Scenario) -> Iterator[Fault]:
    """Conditions on words that no record holds."""
    words: dict[str, set[str]] = {}
    for name, records in scenario.variants.items():
        for record in records:
            for key, word in record.items():
                words.setdefault(f"{name}.{key}", set()).add(word)
    for at, node in scenario.nodes:
        for key, name, word in _asked(node) if isinstance(node, When) else ():
            if word not in words.get(name, ()):
                yield f"{at}.{key}", f"{name} не бывает {word!r}", _one_of(words.get(name, words))


def _asked(when: When) -> Iterator[tuple[str, str, str]]:
    """Give what a condition asks of the draw: key, name of the word, word."""
    yield from (("drawn", name, word) for name, word in when.drawn.items())
    yield from (("not_drawn", name, word) for name, words in when.not_drawn.items() for word in words)


def _strayed(scenario: Scenario) -> Iterator[Fault]:
    """Conditions on what a form was found to hold, outside of a form."""
    forms = {
        f"screens.{name}.parts[{number}].{place}"
        for name, screen in scenario.screens.items()
        for number, part in enumerate(screen.parts)
        if isinstance(part, FormPart)
        for place in ("submit.then", "failed")
    }
    for at, node in scenario.nodes:
        if isinstance(node, When) and (node.verdict or node.chosen) and not any(at.startswith(form) for form in forms):
            yield (
                at,
                "verdict и chosen бывают только в then и failed формы",
                "Поставьте там флаг (set), здесь спросите его",
            )


def _twice(key: str, ids: list[str]) -> Iterator[Fault]:
    for one in sorted({one for one in ids if ids.count(one) > 1}):
        yield key, f"{one!r} встречается {ids.count(one)} раза", "Дайте разные id"


def _one_of(names: Iterable[str]) -> str:
    return f"Есть: {', '.join(sorted(names)) or 'ничего'}"


_LOOKS: tuple[tuple[type[Any], Callable[[Scenario, str, Any], Iterator[Fault]]], ...] = (
    (Picking, _picking),
    (CalendarPart, _calendar),
    (MapPart, _map),
    (BoardPart, _board),
    (FormPart, _form),
)
