"""Certificates: their numbers, and a signature by which one is told from a forgery without any list of people.

What is signed stands on the paper itself, in the QR code as a line of text; the number ends in a short signature of its
own, for those who have only a telephone. The key is a file of the course folder and goes into its copies. Verifying
reads the key and the text, never the register, so that asking can't reveal who has a certificate.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, func, insert, select

from ecitizen.errors import CourseError
from ecitizen.register.changes import change_row
from ecitizen.register.tables import Certificate, Change
from ecitizen.register.undoing import take_turns

KEY_FILE = "certificate_key"
"""In the course folder; whoever has it can sign."""

MARK = "ECZ1"
"""What a signed line begins with; the figure is the version of its form."""

_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Letters and digits that nobody takes for each other when they are read out."""

_CHECK_LENGTH = 8
"""Forty bits: guessing one takes half a million million attempts."""

_SIGNATURE_BYTES = 16
_NUMBER = re.compile(r"(\d{1,9})-(\d{4})-([A-Z2-9]{4})-?([A-Z2-9]{4})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A certificate in the register."""

    number: int
    learner: int
    issued_on: dt.date
    trained_on: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What a genuine certificate says of itself."""

    number: str
    """As printed, such as ``12-2026-K7QF-3MXA``."""

    year: int
    issued_on: dt.date | None = None
    """None, as all below: only the number was given, which says nothing of the person."""

    name: str | None = None
    course: str | None = None


def signing_key(folder: Path) -> bytes:
    """Read the key that signs certificates, or make it; it is 32 bytes."""
    path = folder / KEY_FILE
    try:
        if not path.exists():
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(32))
        return path.read_bytes()
    except OSError as error:
        problem = f"ключ сертификатов не читается ({error.strerror})"
        raise CourseError(str(path), problem, "Верните его из копии папки курса") from error


def issue(engine: Engine, trained_on: Mapping[int, dt.date], who: str, today: dt.date) -> list[Issued]:
    """Give a certificate to each of these learners who has none; gives those of all, by learner number."""
    with engine.begin() as connection:
        take_turns(connection)
        there = connection.execute(select(Certificate.learner)).scalars().all()
        last = connection.execute(select(func.max(Certificate.number))).scalar() or 0
        new = [learner for learner in sorted(trained_on) if learner not in set(there)]
        rows = [
            {"number": last + place, "learner": learner, "issued_on": today, "trained_on": trained_on[learner]}
            for place, learner in enumerate(new, 1)
        ]
        if rows:
            connection.execute(insert(Certificate), rows)
            trace = [change_row(who, "certificate", row["number"], None, row) for row in rows]
            connection.execute(insert(Change), trace)
    return issued(engine, trained_on)


def issued(engine: Engine, learners: Iterable[int] | None = None) -> list[Issued]:
    """Give the certificates that were issued, to all or to these learners, by learner number."""
    with engine.connect().execution_options(readonly=True) as connection:
        rows = connection.execute(select(Certificate.__table__).order_by(Certificate.learner)).all()
    wanted = None if learners is None else set(learners)
    return [Issued(**row._mapping) for row in rows if wanted is None or row.learner in wanted]


def printed_number(key: bytes, number: int, year: int) -> str:
    """Give a number as it is printed: number, year and a signature of both, ``12-2026-K7QF-3MXA``."""
    check = _check(key, f"{number}-{year}")
    return f"{number}-{year}-{check[:4]}-{check[4:]}"


def signed_text(key: bytes, one: Issued, name: str, course: str) -> str:
    """Give the line for the QR code: what the certificate states, and its signature.

    The library isn't in it: it is the one whose key verifies, and its name would make the code too fine to read.
    """
    stated = [one.number, one.issued_on.isoformat(), name, course]
    body = _encoded(json.dumps(stated, ensure_ascii=False, separators=(",", ":")).encode())
    return f"{MARK}.{body}.{_encoded(_signature(key, body))}"


def address_of(site: str, line: str) -> str:
    """Give the address that a QR code leads to: the page that verifies, and behind ``#`` the line, which isn't sent."""
    return f"{site.rstrip('/')}/verify#{line}"


def verify(key: bytes, text: str) -> Stated:
    """Tell what a genuine number or line of a QR code states; anything else is a ``CourseError``.

    A number says only that this library gave it out: the name must be compared by the QR code.
    """
    text = "".join(text.split())
    text = text[text.find(f"{MARK}.") :] if f"{MARK}." in text else text.upper().removeprefix("№")
    return _verified_line(key, text) if text.startswith(f"{MARK}.") else _verified_number(key, text)


def _verified_number(key: bytes, text: str) -> Stated:
    found = _NUMBER.fullmatch(text.translate(_LOOKALIKES))
    if found is None:
        raise CourseError("сертификат", "это не номер сертификата", "Номер выглядит так: 12-2026-K7QF-3MXA")
    number, year, check = int(found[1]), int(found[2]), found[3] + found[4]
    if not hmac.compare_digest(check, _check(key, f"{number}-{year}")):
        raise _forged()
    return Stated(number=printed_number(key, number, year), year=year)


def _verified_line(key: bytes, text: str) -> Stated:
    parts = text.split(".")
    try:
        _, body, signature = parts
        right = hmac.compare_digest(_decoded(signature), _signature(key, body))
    except ValueError as error:
        raise CourseError("сертификат", "код прочитан не целиком", "Прочитайте QR-код снова") from error
    if not right:
        raise _forged()
    number, issued_on, name, course = json.loads(_decoded(body))
    day = dt.date.fromisoformat(issued_on)
    shown = printed_number(key, number, day.year)
    return Stated(number=shown, year=day.year, issued_on=day, name=name, course=course)


_LOOKALIKES = str.maketrans("АВЕКМНРСТУХ–—", "ABEKMHPCTYX--")
"""Russian letters that look like Latin ones, and the dashes that a keyboard may put."""


def _forged() -> CourseError:
    return CourseError("сертификат", "подпись неверна", "Этот сертификат выдан не здесь, подделан или ключ заменён")


def _signature(key: bytes, body: str) -> bytes:
    return hmac.new(key, f"certificate:{body}".encode(), hashlib.sha256).digest()[:_SIGNATURE_BYTES]


def _check(key: bytes, number: str) -> str:
    digest = hmac.new(key, f"number:{number}".encode(), hashlib.sha256).digest()
    value = int.from_bytes(digest[:8], "big")
    return "".join(_ALPHABET[value >> 5 * place & 31] for place in range(_CHECK_LENGTH))


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, UnicodeEncodeError) as error:
        raise ValueError("not base64") from error
