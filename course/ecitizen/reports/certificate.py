"""Certificates as PDF: one page each, with a number and a QR code that holds a signed line."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import segno

from ecitizen.errors import CourseError
from ecitizen.notebooks.setting import pdf
from ecitizen.reports.class_words import class_words
from ecitizen.reports.russian import day


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What one certificate states."""

    number: str
    """As printed, with its signature."""
    name: str
    issued_on: date
    trained_on: date
    lessons: int
    """How many lessons this person has passed."""
    sessions: int
    """How many sessions of a group were attended."""
    signed: str
    """The line for the QR code."""


def certificates(found: Sequence[Certificate], library: str, course: str, address: str = "") -> bytes:
    """Set certificates in the given order; none at all is a ``CourseError``.

    ``address`` is that of the page which verifies them, if people can reach one.
    """
    if not found:
        raise CourseError("сертификаты", "печатать некого", "Посмотрите условия курса в lessons/toc.yaml")
    words = class_words()
    pages = [
        {
            "number": one.number,
            "name": one.name,
            "issued": day(one.issued_on),
            "done": (words.certificate.done if one.sessions else words.certificate.done_alone).format(
                lessons=one.lessons, sessions=one.sessions
            ),
            "day": words.certificate.day.format(day=day(one.trained_on)),
            "qr": _qr(one.signed),
        }
        for one in found
    ]
    check = words.certificate.check_online.format(address=address) if address else words.certificate.check
    about = {"library": library, "course": course, "post": words.posts.approves, "check": check}
    return pdf("certificate.typ", {**about, "certificates": pages})


def _qr(text: str) -> str:
    file = io.BytesIO()
    segno.make(text, error="m", micro=False).save(file, kind="svg", border=2, xmldecl=False)
    return file.getvalue().decode("utf-8")
