"""From one part of a screen to the plain dict that the browser draws: the words of the file without its rules.

Each kind has one function here; what a part *does* (``then``, ``right``, ``expect``) never leaves the kernel.
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from ecitizen.practice import parts
from ecitizen.practice.fields import FormField
from ecitizen.practice.flow import Control, When
from ecitizen.practice.guiding import Guide
from ecitizen.practice.stage import Stage
from ecitizen.practice.state import State

JSON = dict[str, Any]

_Row = TypeVar("_Row", parts.PairRow, parts.PaperLine, parts.BoardRow, parts.TableRow)


class Brush:
    """Draws the parts of one state."""

    def __init__(self, stage: Stage, state: State, step: Guide | None) -> None:
        """Take what the parts are drawn from; in show mode the values of ``step`` stand in the fields."""
        self.stage, self.state, self.step = stage, state, step
        self.text = stage.text

    def part(self, part: parts.Part) -> JSON:
        """Draw one part that is shown."""
        return {"kind": part.kind, **_KINDS[type(part)](self, part)}

    def control(self, control: Control) -> JSON:
        """Draw a control."""
        note = self.text(control.note)
        return {"id": control.id, "label": self.text(control.label), "note": note, "main": self._is(control.main)}

    def controls(self, controls: Iterable[Control]) -> list[JSON]:
        """Draw those controls that are shown."""
        return [self.control(control) for control in controls if self.stage.holds(control.when, self.state)]

    def _is(self, said: bool | When) -> bool:
        return self.stage.holds(said, self.state) if isinstance(said, When) else said

    def _now(self, rows: Iterable[_Row]) -> list[_Row]:
        """Give those rows that are shown."""
        return [row for row in rows if self.stage.holds(row.when, self.state)]

    def _texts(self, raw: Iterable[str]) -> list[str]:
        return [self.text(one) for one in raw]

    def _pairs(self, rows: Iterable[parts.PairRow]) -> list[list[str]]:
        return [self._texts(row.row) for row in self._now(rows)]

    def _plain(self, part: parts.TextPart) -> JSON:
        return {"text": self.text(part.text)}

    def _notice(self, part: parts.NoticePart) -> JSON:
        return {"tone": part.tone, "text": self.text(part.text)}

    def _menu(self, part: parts.MenuPart) -> JSON:
        return {"style": part.style, "controls": self.controls(part.controls)}

    def _rows(self, part: parts.RowsPart) -> JSON:
        return {"title": self.text(part.title), "rows": self._pairs(part.rows)}

    def _form(self, part: parts.FormPart) -> JSON:
        shown = self._shown_values(part.submit.id)
        fields = [self._field(field, shown.get(field.id, "")) for field in part.fields]
        return {"id": part.id, "fields": fields, "submit": self._submit(part)}

    def _field(self, field: FormField, value: str) -> JSON:
        verdict = self.state.errors.get(field.id)
        said = {"empty": field.empty, "too-small": field.too_small, "too-big": field.too_big}.get(verdict or "", "")
        return {
            "id": field.id,
            "label": self.text(field.label),
            "type": field.type,
            "hint": self.text(field.hint),
            "error": self.text(field.wrong if verdict == "wrong" else said),
            "unit": field.unit and self.text(field.unit),
            "value": value,
            "choices": [
                {
                    "id": choice.id,
                    "label": self.text(choice.label),
                    "note": self.text(choice.note),
                    "picture": (choice.picture or "text") if field.type == "file" else None,
                }
                for choice in field.choices
            ],
        }

    def _submit(self, part: parts.FormPart | parts.SearchPart) -> JSON | None:
        submit = part.submit
        shown = self.stage.holds(submit.when, self.state)
        main = self._is(submit.main)
        return {"id": submit.id, "label": self.text(submit.label), "main": main} if shown else None

    def _shown_values(self, submit: str) -> dict[str, str]:
        step = self.step
        return dict(step.fill) if step and self.stage.mode == "show" and step.control == submit else {}

    def _search(self, part: parts.SearchPart) -> JSON:
        asked = part.id in self.state.found
        found = self.stage.controls_in(part, self.state)
        hits = [self.control(control) for control in found if control.id != part.submit.id]
        return {
            "id": part.id,
            "label": self.text(part.label),
            "suggest": self._texts(part.suggest),
            "value": self._shown_values(part.submit.id).get(part.id, ""),
            "submit": self._submit(part),
            "results": hits if asked else None,
            "found": part.found and self.text(part.found),
            "nothing": self.text(part.nothing) if asked and not hits else "",
        }

    def _cards(self, part: parts.CardsPart) -> JSON:
        items = [
            {
                "title": self.text(item.title),
                "lines": self._texts(item.lines),
                "mark": self.text(item.mark),
                "controls": self.controls(item.controls),
            }
            for item in part.items
            if self.stage.holds(item.when, self.state)
        ]
        return {"style": part.style, "items": items}

    def _calendar(self, part: parts.CalendarPart) -> JSON:
        days = [
            {
                "id": day.id,
                "label": self.text(day.label),
                "short": self.text(day.short),
                "slots": [
                    {**self.control(slot), "taken": slot.taken}
                    for slot in day.slots
                    if self.stage.holds(slot.when, self.state)
                ],
            }
            for day in part.days
        ]
        return {"id": part.id, "label": self.text(part.label), "days": days}

    def _table(self, part: parts.TablePart) -> JSON:
        rows = [
            {"cells": self._texts(row.cells), "controls": self.controls(row.controls)} for row in self._now(part.rows)
        ]
        return {"title": self.text(part.title), "head": self._texts(part.head), "rows": rows}

    def _bill(self, part: parts.BillPart) -> JSON:
        return {
            "title": self.text(part.title),
            "payee": self.text(part.payee),
            "lines": self._pairs(part.lines),
            "total": self._texts(part.total),
            "stamp": self.text(part.stamp),
            "tone": part.tone,
        }

    def _letter(self, part: parts.LetterPart) -> JSON:
        holds = self.stage.holds
        links = [one for one in part.links if holds(one.when, self.state)]
        files = [one for one in part.files if holds(one.when, self.state)]
        return {
            "from": self.text(part.sender),
            "address": self.text(part.address),
            "to": self.text(part.to),
            "subject": self.text(part.subject),
            "date": self.text(part.date),
            "body": self._texts(part.body),
            "links": [{**self.control(one), "target": self.text(one.target)} for one in links],
            "files": [{**self.control(one), "size": self.text(one.size)} for one in files],
        }

    def _mailbox(self, part: parts.MailboxPart) -> JSON:
        return {"letters": [self._envelope(one) for one in part.letters if self.stage.holds(one.when, self.state)]}

    def _envelope(self, letter: parts.Envelope) -> JSON:
        unread, clip = self._is(letter.unread), self._is(letter.clip)
        sender, date = self.text(letter.sender), self.text(letter.date)
        return {**self.control(letter), "from": sender, "date": date, "unread": unread, "clip": clip}

    def _chat(self, part: parts.ChatPart) -> JSON:
        messages = [
            {"who": one.who, "name": self.text(one.name), "text": self.text(one.text), "time": self.text(one.time)}
            for one in part.messages
            if self.stage.holds(one.when, self.state)
        ]
        replies = self.controls(part.replies)
        return {
            "title": self.text(part.title),
            "members": self.text(part.members),
            "messages": messages,
            "replies": replies,
        }

    def _map(self, part: parts.MapPart) -> JSON:
        stops = [{"id": stop.id, "x": stop.x, "y": stop.y, "label": self.text(stop.label)} for stop in part.stops]
        routes = [
            {"label": self.text(route.label), "tone": route.tone, "stops": list(route.stops)}
            for route in part.routes
            if self.stage.holds(route.when, self.state)
        ]
        here, to = (stop and self.text(stop) for stop in (part.here, part.to))
        return {"label": self.text(part.label), "stops": stops, "routes": routes, "here": here, "to": to}

    def _board(self, part: parts.BoardPart) -> JSON:
        rows = [
            {"ticket": self.text(row.ticket), "place": self.text(row.place), "state": self.text(row.state)}
            for row in self._now(part.rows)
        ]
        return {"title": self.text(part.title), "rows": rows, "own": part.own and self.text(part.own)}

    def _scanner(self, part: parts.ScannerPart) -> JSON:
        return {"label": self.text(part.label), "sheet": part.sheet, "controls": self.controls(part.controls)}

    def _qr(self, part: parts.QrPart) -> JSON:
        return {"label": self.text(part.label), "note": self.text(part.note)}

    def _paper(self, part: parts.PaperPart) -> JSON:
        lines = [self._texts(line.row) if line.row else self.text(line.text or "") for line in self._now(part.lines)]
        note = part.note and self.text(part.note)
        return {"title": self.text(part.title), "note": note, "lines": lines, "foot": self.text(part.foot)}


_KINDS: dict[type[parts.PartBase], Callable[[Brush, Any], JSON]] = {
    parts.TextPart: Brush._plain,
    parts.NoticePart: Brush._notice,
    parts.MenuPart: Brush._menu,
    parts.FormPart: Brush._form,
    parts.SearchPart: Brush._search,
    parts.RowsPart: Brush._rows,
    parts.CardsPart: Brush._cards,
    parts.CalendarPart: Brush._calendar,
    parts.TablePart: Brush._table,
    parts.BillPart: Brush._bill,
    parts.LetterPart: Brush._letter,
    parts.MailboxPart: Brush._mailbox,
    parts.ChatPart: Brush._chat,
    parts.MapPart: Brush._map,
    parts.BoardPart: Brush._board,
    parts.ScannerPart: Brush._scanner,
    parts.QrPart: Brush._qr,
    parts.PaperPart: Brush._paper,
}
