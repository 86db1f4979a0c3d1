"""The papers of a class as PDF: journal, sheet of a session, consultations, graduates, consents, invitations.

Plain data of the register comes in, a template of ``papers`` sets it (ADR 11); nothing here asks the register.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from ecitizen.notebooks.setting import pdf
from ecitizen.register.class_papers import Agreed, Graduate, Help, Journal, Meeting, Pupil
from ecitizen.register.retaining import Due
from ecitizen.reports.class_words import ClassWords, DueWords, class_words, consent_words
from ecitizen.reports.russian import day

_SESSIONS_ACROSS = 12
"""So many dates stand side by side on a page."""


def class_journal(journal: Journal, since: date, until: date, library: str, lessons: Mapping[str, str]) -> bytes:
    """Set the journal of a group: who came when, and what was taught; ``lessons`` are titles by id."""
    words = class_words()
    own = words.journal
    sessions = list(journal.sessions)
    visits = sum(len(pupil.came) for pupil in journal.pupils)
    people = sum(bool(pupil.came) for pupil in journal.pupils)
    tables = [
        _matrix(words, journal.pupils, sessions[place : place + _SESSIONS_ACROSS], first=place == 0)
        for place in range(0, len(sessions), _SESSIONS_ACROSS)
    ]
    if sessions:
        tables.append(_taught(words, journal, sessions, lessons))
    lines = [words.group.format(name=journal.name, site=journal.site), _period(words, since, until)]
    told = own.sum.format(sessions=len(sessions), visits=visits, people=people)
    notes = [told, own.legend] if sessions else [own.empty]
    return _set(library, own.title, lines, tables, notes, [words.posts.instructor], wide=True)


def _matrix(words: ClassWords, pupils: Sequence[Pupil], sessions: Sequence[Meeting], *, first: bool) -> dict[str, Any]:
    rows = [
        [str(place), pupil.name, str(pupil.number), *(_mark(words, pupil, one) for one in sessions)]
        for place, pupil in enumerate(pupils, 1)
    ]
    came = [str(sum(one.id in pupil.came for pupil in pupils)) for one in sessions]
    rows.append(["", words.came, "", *came])
    heads = [words.number, words.learner, words.card, *(f"{one.date:%d.%m}\n{one.date:%Y}" for one in sessions)]
    heading = words.journal.matrix if first else ""
    widths = [11, 0, 21, *([13] * len(sessions))]
    return _table(heading, heads, rows, widths, centred=[0, *range(2, len(heads))])


def _mark(words: ClassWords, pupil: Pupil, session: Meeting) -> str:
    if session.id in pupil.came:
        return words.was
    return "" if pupil.here_until is not None and pupil.here_until < session.date else words.absent


def _taught(
    words: ClassWords, journal: Journal, sessions: Sequence[Meeting], lessons: Mapping[str, str]
) -> dict[str, Any]:
    rows = [
        [
            str(place),
            day(one.date),
            lessons.get(one.lesson, one.lesson),
            words.none if one.minutes is None else str(one.minutes),
            str(sum(one.id in pupil.came for pupil in journal.pupils)),
            "",
        ]
        for place, one in enumerate(sessions, 1)
    ]
    heads = [words.number, words.date, words.lesson, words.minutes, words.came, words.signature]
    return _table(words.journal.sessions, heads, rows, [11, 26, 0, 18, 20, 40], centred=[0, 1, 3, 4])


def attendance_sheet(journal: Journal, on: date | None, library: str, lessons: Mapping[str, str]) -> bytes:
    """Set the sheet of one day of a group; without a session on that day or without a day it is to be filled in."""
    words = class_words()
    own = words.attendance
    sessions = [one for one in journal.sessions if one.date == on]
    ids = {one.id for one in sessions}
    here = [one for one in journal.pupils if one.here_until is None or (on is not None and one.here_until >= on)]
    rows = [
        [str(place), one.name, str(one.number), words.was if ids & one.came else "", ""]
        for place, one in enumerate(here, 1)
    ]
    heads = [words.number, words.learner, words.card, words.mark, words.signature]
    told = [own.about.format(date=day(one.date), lesson=lessons.get(one.lesson, one.lesson)) for one in sessions] or [
        own.blank.format(date=own.no_date if on is None else day(on))
    ]
    lines = [words.group.format(name=journal.name, site=journal.site), *told]
    notes = [own.sum.format(came=sum(bool(ids & one.came) for one in here), all=len(here))] if sessions else []
    table = _table("", heads, rows, [11, 0, 21, 20, 45], centred=[0, 2, 3])
    return _set(library, own.title, lines, [table], notes, [words.posts.instructor], wide=False)


def consultation_diary(helped: Sequence[Help], since: date, until: date, library: str) -> bytes:
    """Set the journal of consultations, which names nobody."""
    words = class_words()
    own = words.diary
    rows = [
        [
            str(place),
            day(one.date),
            one.site,
            f"{own.channels[one.channel]}, {own.forms[one.form]}",
            one.topic,
            (one.service or own.obtained) if one.obtained else words.none,
            words.none if one.minutes is None else str(one.minutes),
            words.none if one.satisfaction is None else str(one.satisfaction),
            str(one.persons),
        ]
        for place, one in enumerate(helped, 1)
    ]
    persons, services = sum(one.persons for one in helped), sum(one.obtained for one in helped)
    told = own.sum.format(consultations=len(rows), persons=persons, services=services)
    table = _table("", own.heads, rows, [11, 25, 34, 40, 0, 44, 17, 18, 20], centred=[0, 1, 6, 7, 8])
    notes = [told, own.note] if rows else [own.empty]
    tables = [table] if rows else []
    return _set(library, own.title, [_period(words, since, until)], tables, notes, [words.posts.signs], wide=True)


def graduate_list(
    found: Sequence[Graduate], numbers: Mapping[int, str], library: str, on: date, group: str = ""
) -> bytes:
    """Set the list of graduates of a day; ``numbers`` are those of the certificates as printed, by learner."""
    words = class_words()
    own = words.graduates
    rows = [
        [str(n), one.name, str(one.number), one.group, day(one.trained_on), numbers.get(one.number, words.none), ""]
        for n, one in enumerate(found, 1)
    ]
    table = _table("", own.heads, rows, [11, 0, 21, 42, 26, 51, 30], centred=[0, 2, 4, 5])
    notes = [own.sum.format(count=len(rows))] if rows else [own.empty]
    signs = [words.posts.instructor, words.posts.approves]
    lines = [*([own.group.format(name=group)] if group else []), own.as_of.format(day=day(on))]
    return _set(library, own.title, lines, [table] if rows else [], notes, signs, wide=True)


def consent_sheets(agreed: Sequence[Agreed], purpose: str, library: str) -> bytes:
    """Set a consent for one purpose, a sheet a person; an empty sequence gives one blank sheet."""
    words = consent_words()
    own = words.of(purpose)
    sheets = [_consent(one) for one in agreed] or [{"name": "", "given": "", "withdrawn": "", "keep": ""}]
    common = {name: getattr(own, name) or getattr(words, name) for name in ("actions", "withdraw", "plea")}
    told = {**own.model_dump(), **common}
    return pdf("consent.typ", {"library": library, **told, "sheets": sheets})


def due_list(found: Sequence[Due], until: date, library: str) -> bytes:
    """Set the list of data that are due for erasure by a day; it shows cards and no names."""
    words = class_words()
    own = words.due
    rows = [
        [str(place), str(one.number), _why(own, one), _what(own, one), day(one.since), ""]
        for place, one in enumerate(found, 1)
    ]
    table = _table("", own.heads, rows, [11, 22, 0, 72, 27, 38], centred=[0, 1, 4])
    told = (own.sum if rows else own.empty).format(count=len(rows))
    lines = [own.until.format(day=day(until))]
    return _set(library, own.title, lines, [table] if rows else [], [told], [words.posts.signs], wide=True)


def _why(own: DueWords, one: Due) -> str:
    return f"{own.why[one.why]}: {one.purpose}" if one.purpose else own.why[one.why]


def _what(own: DueWords, one: Due) -> str:
    if one.whole:
        return own.whole
    if one.kept or one.listed_on is None:
        return own.part.format(purpose=one.purpose)
    return own.ask.format(purpose=one.purpose, day=day(one.listed_on))


def why_due(one: Due) -> str:
    """Say why data are due."""
    return class_words().due.why[one.why]


def invitations(codes: Sequence[str], library: str) -> bytes:
    """Set invitations to the survey, twelve to a sheet."""
    return pdf("codes.typ", {"library": library, "text": class_words().codes.text, "codes": list(codes)})


def _consent(one: Agreed) -> dict[str, str]:
    days = {"given": one.given_on, "withdrawn": one.withdrawn_on, "keep": one.keep_until}
    return {"name": one.name, **{name: _day(value) for name, value in days.items()}}


def _day(value: date | None) -> str:
    return "" if value is None else day(value)


def _period(words: ClassWords, since: date, until: date) -> str:
    return words.period.format(since=day(since), until=day(until)).capitalize()


def _table(
    heading: str, heads: Sequence[str], rows: list[list[str]], widths: list[int], centred: list[int]
) -> dict[str, Any]:
    """Give a table as the template takes it; widths are millimetres, 0 takes what is left."""
    return {"heading": heading, "heads": list(heads), "rows": rows, "widths": widths, "centred": centred}


def _set(
    library: str, title: str, lines: list[str], tables: list[dict[str, Any]], notes: list[str], signs: list[str],
    *, wide: bool,
) -> bytes:  # fmt: skip
    about = {"library": library, "title": title, "lines": lines, "tables": tables, "notes": notes}
    return pdf("class.typ", {**about, "signs": signs, "wide": wide})
