"""Faults in parts, variants, traps and messages are found and named with their keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError
from test_practice_parts import raw_parts

from ecitizen.practice.check import faults
from ecitizen.practice.scenario import Scenario

Raw = dict[str, Any]
Spoil = Callable[[Raw], object]


def part(raw: Raw, screen: str, kind: str) -> Raw:
    """Find the first part of a kind on a screen."""
    return next(part for part in raw["screens"][screen]["parts"] if part["kind"] == kind)


def when_of(raw: Raw, screen: str, when: Raw) -> object:
    """Put a condition on the first outcome after a wrong form."""
    return part(raw, screen, "form")["failed"][0].update(when=when)


METERS = "screens.meters.parts[1]"
FAULTS: dict[str, tuple[Spoil, str, str]] = {
    "records differ": (lambda raw: raw["variants"]["water"][1].update(old="1"), "variants.water[1]", "old"),
    "record's name": (
        lambda raw: raw["variants"].update(code=[{"a": "1"}]),
        "variants.code",
        "занято",
    ),
    "placeholder in a record": (
        lambda raw: raw["variants"]["water"][0].update(sum="{persona.card}"),
        "variants.water[0].sum",
        "{persona.card}",
    ),
    "unknown word": (lambda raw: raw["tasks"][0].update(text="{visit.street}"), "tasks[0].text", "'{visit.street}'"),
    "right control": (
        lambda raw: part(raw, "days", "calendar").update(right="d18"),
        "screens.days.parts[0].right",
        "d18",
    ),
    "right slot taken": (
        lambda raw: part(raw, "days", "calendar")["days"][0]["slots"][1].update(taken=True),
        "screens.days.parts[0].right",
        "'d15-0940'",
    ),
    "guide's variant": (
        lambda raw: raw["variants"]["visit"][2].update(card="doc-rysin"),
        "screens.doctors.guide[0].control",
        "'doc-rysin'",
    ),
    "day twice": (
        lambda raw: part(raw, "days", "calendar")["days"][1].update(id="d15"),
        "screens.days.parts[0].days",
        "'d15'",
    ),
    "slot twice": (
        lambda raw: part(raw, "days", "calendar")["days"][1]["slots"][0].update(id="d15-0940"),
        "screens.days",
        "'d15-0940'",
    ),
    "control of a row twice": (
        lambda raw: part(raw, "bill", "table")["rows"][0]["controls"][0].update(id="pay-qr"),
        "screens.bill",
        "'pay-qr'",
    ),
    "route": (
        lambda raw: part(raw, "hall", "map")["routes"][0]["stops"].append("moon"),
        "screens.hall.parts[0].routes[0].stops",
        "'moon'",
    ),
    "way to nowhere": (lambda raw: part(raw, "hall", "map").update(to="moon"), "screens.hall.parts[0].to", "'moon'"),
    "own ticket": (
        lambda raw: raw["variants"]["visit"][1].update(ticket="Т-99"),
        "screens.hall.parts[1].own",
        "'Т-99'",
    ),
    "trap without words": (
        lambda raw: raw["traps"].pop("fake-bill"),
        "screens.letter.parts[1].controls[0].then[0].refuse",
        "traps",
    ),
    "trap never set": (lambda raw: raw["traps"].update(chat="Обман."), "traps.chat", "нельзя попасться"),
    "push never closed": (
        lambda raw: [reply["then"][0].pop("end", None) for reply in raw["messages"]["pay-push"]["replies"]],
        "messages.pay-push",
        "нельзя закрыть",
    ),
    "reply of a push's guide": (
        lambda raw: raw["messages"]["pay-push"]["guide"].update(reply="shout"),
        "messages.pay-push.guide.reply",
        "'shout'",
    ),
    "reply twice": (
        lambda raw: raw["messages"]["pay-push"]["replies"][1].update(id="push-yes"),
        "messages.pay-push",
        "'push-yes'",
    ),
    "reply like a control": (
        lambda raw: raw["messages"]["pay-push"]["replies"][1].update(id="pay-qr"),
        "messages.pay-push.replies",
        "'pay-qr'",
    ),
    "line in a push": (
        lambda raw: raw["messages"]["pay-push"]["replies"][1].update(then=[{"line": "hello"}]),
        "messages.pay-push.replies[1].then[0]",
        "ответах звонка",
    ),
    "verdict elsewhere": (
        lambda raw: part(raw, "home", "text").update(when={"verdict": {"find": "wrong"}}),
        "screens.home.parts[0].when",
        "формы",
    ),
    "verdict of no field": (
        lambda raw: when_of(raw, "meters", {"verdict": {"height": "wrong"}}),
        f"{METERS}.failed[0].when",
        "'height'",
    ),
    "verdict that never comes": (
        lambda raw: when_of(raw, "meters", {"verdict": {"account": "too-big"}}),
        f"{METERS}.failed[0].when.verdict",
        "too-big",
    ),
    "choice of no field": (
        lambda raw: when_of(raw, "about", {"chosen": {"reason": "money"}}),
        "screens.about.parts[0].failed[0].when.chosen",
        "'money'",
    ),
    "word never drawn": (
        lambda raw: part(raw, "home", "text").update(when={"drawn": {"visit.doctor": "Волков"}}),
        "screens.home.parts[0].when.drawn",
        "'Волков'",
    ),
    "number of a variant": (
        lambda raw: raw["variants"]["water"][0].update(last="мало"),
        f"{METERS}.fields[1].least",
        "'мало'",
    ),
    "choice of a variant": (
        lambda raw: part(raw, "about", "form")["fields"][7].update(expect="{visit.doctor}", wrong="Не то."),
        "screens.about.parts[0].fields[7].expect",
        "'Белкин'",
    ),
    "no word for too small": (
        lambda raw: part(raw, "meters", "form")["fields"][1].pop("too_small"),
        f"{METERS}.fields[1].too_small",
        "малого",
    ),
    "no word for too big": (
        lambda raw: part(raw, "meters", "form")["fields"][1].pop("too_big"),
        f"{METERS}.fields[1].too_big",
        "большого",
    ),
}


@pytest.mark.parametrize(("spoil", "key", "words"), FAULTS.values(), ids=FAULTS)
def test_fault_is_named_with_its_key(spoil: Spoil, key: str, words: str) -> None:
    raw = raw_parts()
    spoil(raw)
    found = faults(Scenario.model_validate(raw))
    assert [problem for at, problem, _ in found if at == key and words in problem], found
    assert all(remedy for _, _, remedy in found)


REFUSED: dict[str, Spoil] = {
    "cells": lambda raw: part(raw, "bill", "table")["rows"][1]["cells"].pop(),
    "right without wrong": lambda raw: part(raw, "days", "calendar").pop("wrong"),
    "wrong without right": lambda raw: part(raw, "days", "calendar").pop("right"),
    "off the map": lambda raw: part(raw, "hall", "map")["stops"][0].update(x=101),
    "clock": lambda raw: raw.update(clock="25:10"),
    "no records": lambda raw: raw["variants"].update(visit=[]),
    "number for a word": lambda raw: raw["variants"]["water"][0].update(last=312),
    "unknown sheet": lambda raw: part(raw, "scan", "scanner").update(sheet="sideways"),
    "unknown part": lambda raw: part(raw, "hall", "map").update(kind="globe"),
}


@pytest.mark.parametrize("spoil", REFUSED.values(), ids=REFUSED)
def test_part_that_contradicts_itself_is_refused(spoil: Spoil) -> None:
    raw = raw_parts()
    spoil(raw)
    with pytest.raises(ValidationError):
        Scenario.model_validate(raw)
