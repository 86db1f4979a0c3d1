"""Login cards on paper: eight to an A4 sheet, large print, a QR code that opens the entry page with the number."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit

import segno
import typst
from sqlalchemy import Engine

from ecitizen.errors import CourseError
from ecitizen.register.people import roster, store_pins
from ecitizen.register.pins import new_pin

TEMPLATE = "cards.typ"
"""The template in the folder of papers; ``fonts/`` lies beside it."""

STANDARD: Final = "ua-1"
"""Tagged for screen readers, for published papers of libraries have to be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedCard:
    """What is printed for one learner."""

    number: int
    pin: str = ""
    """Empty leaves a line to write on: a PIN is known only when it is issued."""

    name: str = ""
    """Printed only if the library asks for names."""


def issue_cards(
    engine: Engine,
    path: Path,
    *,
    papers: Path,
    library: str,
    address: str,
    group: str | None = None,
    names: bool = False,
    who: str = "",
    today: dt.date | None = None,
) -> int:
    """Give every learner who hasn't left (of a group) a new PIN and print the cards by name; gives their number.

    An erased person has no name and gets no card. Printed first, stored after: a full disk or a broken template must
    not lock a class out.
    """
    day = today or dt.date.today()
    here = (entry for entry in roster(engine, group) if entry.left_on is None or entry.left_on >= day)
    entries = [entry for entry in here if entry.surname]
    pins = {entry.number: new_pin() for entry in entries}
    cards = [
        PrintedCard(number=entry.number, pin=pins[entry.number], name=entry.full_name if names else "")
        for entry in entries
    ]
    print_cards(cards, path, papers=papers, library=library, address=address)
    store_pins(engine, pins, who)
    return len(cards)


def print_cards(cards: Sequence[PrintedCard], path: Path, *, papers: Path, library: str, address: str) -> int:
    """Write the cards as PDF in the given order; gives the number of sheets.

    ``papers`` is the folder with ``cards.typ`` and ``fonts/``; ``address`` is that of the entry page. Names and the
    library travel to the template as data and are never read as markup. Raises ``CourseError`` if there are no cards,
    the template is broken or the file can't be written.
    """
    if not cards:
        raise CourseError("карточки", "печатать некого", "Сначала загрузите слушателей: ecitizen register import")
    sheet = {
        "library": library,
        "cards": [
            {"number": str(card.number), "pin": card.pin, "name": card.name, "qr": _qr(entry_address(address, card))}
            for card in cards
        ],
    }
    try:
        pdf = typst.compile(
            papers / TEMPLATE,
            font_paths=[papers / "fonts"],
            ignore_system_fonts=True,
            sys_inputs={"sheet": json.dumps(sheet, ensure_ascii=False)},
            pdf_standards=STANDARD,
        )
        path.write_bytes(pdf)
    except typst.TypstError as error:
        raise CourseError(
            str(papers / TEMPLATE), f"шаблон не собирается ({error})", "Верните прежний шаблон"
        ) from error
    except OSError as error:
        raise CourseError(str(path), f"не записывается ({error})", "Проверьте папку и место на диске") from error
    return -(-len(cards) // 8)


def entry_address(address: str, card: PrintedCard) -> str:
    """Give the address in the QR code: the entry page and the number, never the PIN."""
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", urlencode({"card": card.number}), ""))


def _qr(text: str) -> str:
    file = io.BytesIO()
    segno.make(text, error="m", micro=False).save(file, kind="svg", border=2, xmldecl=False)
    return file.getvalue().decode("utf-8")
