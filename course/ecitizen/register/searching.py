"""Which files of a folder still hold a word: in every alphabet's bytes, in packed parts, and in sheets and documents.

What can't be read to the bottom, a PDF or a picture, is named apart: somebody has to look.
"""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

SHORTEST = 4
"""A shorter word is found in half of all files."""

MOST_BYTES = 512 * 1024 * 1024
"""Unpacked from one file; more is not searched, and the file is named as unread."""

DEEPEST = 4
"""Archives inside one another."""

_ENCODINGS = ("utf-8", "cp1251", "koi8-r", "utf-16-le", "utf-16-be")
_OPAQUE = (b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"\xd0\xcf\x11\xe0", b"Rar!", b"7z\xbc\xaf")
"""How files begin whose texts aren't bytes of letters: PDF, pictures, old Office, packers that we don't open."""


@dataclass(frozen=True, slots=True)
class Found:
    """Files by their paths in the folder."""

    holding: tuple[str, ...]
    unread: tuple[str, ...]


class _Unread(Exception):
    """A file goes on deeper than we look."""


def search(folder: Path, words: Collection[str]) -> Found:
    """Search every file of a folder for any of the words, whatever their case."""
    signs = _signs(words)
    holding, unread = [], []
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        name = str(path.relative_to(folder))
        try:
            if signs and any(sign in part for part in _parts(path.read_bytes(), 0, [0]) for sign in signs):
                holding.append(name)
        except FileNotFoundError:
            continue  # A side file of a database comes and goes.
        except (_Unread, OSError):
            unread.append(name)
    return Found(tuple(holding), tuple(unread))


def _signs(words: Collection[str]) -> set[bytes]:
    """Give a word as it may stand in a file: cases, encodings, the escapes of JSON and of web pages."""
    forms = {
        form
        for word in words
        if len(word) >= SHORTEST
        for form in (word, word.upper(), word.lower(), word.title(), word.casefold().replace("ё", "е"))
    }
    signs = set()
    for form in forms:
        signs |= {form.encode(encoding) for encoding in _ENCODINGS if _fits(form, encoding)}
        signs |= {form.encode("ascii", kind) for kind in ("backslashreplace", "xmlcharrefreplace")}
    return signs


def _fits(form: str, encoding: str) -> bool:
    """Tell whether an alphabet has all the letters."""
    try:
        form.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _parts(data: bytes, depth: int, spent: list[int]) -> Iterator[bytes]:
    """Give the bytes of a file and of all that is packed in it."""
    yield data
    if data.startswith(_OPAQUE):
        raise _Unread
    for inner in _unpacked(data, spent):
        if depth == DEEPEST:
            raise _Unread
        yield from _parts(inner, depth + 1, spent)


def _unpacked(data: bytes, spent: list[int]) -> Iterator[bytes]:
    try:
        if data.startswith(b"\x1f\x8b"):
            with gzip.open(io.BytesIO(data)) as stream:
                yield _read(stream, spent)
        elif data.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                for entry in archive.infolist():
                    with archive.open(entry) as stream:
                        yield _read(stream, spent)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError) as error:
        # RuntimeError: a packed file under a password.
        raise _Unread from error


def _read(stream: IO[bytes] | gzip.GzipFile, spent: list[int]) -> bytes:
    left = MOST_BYTES - spent[0]
    data = stream.read(left + 1)
    spent[0] += len(data)
    if len(data) > left:
        raise _Unread
    return data
