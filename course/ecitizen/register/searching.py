"""Which files of a folder hold a name: in bytes of every alphabet, in packed parts, sheets, documents and PDF.

What can't be read to the bottom, such as a picture or a scanned page, is told apart: somebody has to look.
"""

from __future__ import annotations

import bz2
import email
import email.policy
import gzip
import hashlib
import io
import lzma
import os
import re
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Literal

from ecitizen.register.erasing_words import Sought

MOST_BYTES = 512 * 1024 * 1024
"""Unpacked from one file; more is not searched, and the file counts as unread."""

DEEPEST = 4
"""Archives inside one another."""

Verdict = Literal["sure", "torn", "unread", "maybe", "none"]
"""``torn``: a database or a copy of the course that can't be opened; ``unread``: a picture, a scan, another packer."""

_OPAQUE = re.compile(
    rb"\x89PNG|\xff\xd8\xff|GIF8|II\*\0|MM\0\*|RIFF|AT&TFORM|ID3|BM.{4}\0{4}|.{4}ftyp"
    rb"|\xd0\xcf\x11\xe0|Rar!|7z\xbc\xaf|\x28\xb5\x2f\xfd",
    re.DOTALL,
)
"""How files begin whose texts aren't bytes of letters: pictures, sound, old Office, packers that we don't open."""

_LETTER = re.compile(rb"^content-transfer-encoding:[ \t]*(?:base64|quoted-printable)", re.IGNORECASE | re.MULTILINE)
_LETTER_HEAD_BYTES = 64 * 1024
_RTF = re.compile(
    rb"\\u(?P<code>-?\d+) ?(?:\\'[0-9a-fA-F]{2}|\?)?|\\'(?P<byte>[0-9a-fA-F]{2})|\\(?P<gap>par|line|tab|cell|row)\b ?"
    rb"|\\[a-z]+-?\d* ?|\\\*|[{}\r\n]"
)
_RTF_OPAQUE = (b"\\pict", b"\\object")

_PACKERS: dict[bytes, Callable[[bytes, int], bytes]] = {
    b"\x1f\x8b": lambda data, most: gzip.GzipFile(fileobj=io.BytesIO(data)).read(most),
    b"BZh": lambda data, most: bz2.BZ2File(io.BytesIO(data)).read(most),
    b"\xfd7zXZ": lambda data, most: lzma.LZMADecompressor().decompress(data, most),
}
_BROKEN = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError),
    *(OSError, EOFError, RuntimeError, ValueError),
)
"""What unpackers raise; RuntimeError: a packed file under a password."""

_THUMBNAIL = "docProps/thumbnail."
"""A stamp-sized picture of the first page, in which nobody can read; new documents have that of their template."""

_TAR_MARK, _TAR_AT = b"ustar", 257
_MARKUP = re.compile(rb"\s*(?:\xef\xbb\xbf)?<(?:\?xml|!doctype|html|w:|[a-z])", re.IGNORECASE)
_TAG = re.compile(rb"<[^<>]*>")
_BLOCK_END = re.compile(rb"</(?:w:p|a:p|text:p|p|td|th|li|div|tr|si|row|c)>|<(?:w:br|w:tab|br)\b[^<>]*>")
_HYPHENATED = re.compile(r"[-\u2010]\s*\n\s*|\u00ad\s*")


class _Unread(Exception):
    """A file goes on deeper than we look."""


def files(folder: Path) -> Iterator[Path]:
    """Give every file of a folder in the order of names."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() or path.is_symlink():
            yield path


def holds(path: Path, name: str, sought: Sought) -> Verdict:
    """Look a file through to the bottom; ``name`` is its path in the folder, which may tell the person as well.

    Raises ``FileNotFoundError`` if it has gone meanwhile.
    """
    # The bytes of a name may be in an alphabet of their own, as an old archive has them.
    told = b"\n".join([unicodedata.normalize("NFC", name).encode("utf-8", "replace"), os.fsencode(name)])
    found: Verdict = sought.likeness(told) or "none"
    if found == "sure":
        return found
    try:
        if path.stat().st_size > MOST_BYTES:
            return "unread"
        for part in _parts(path.read_bytes(), 0, [0]):
            match sought.likeness(part):
                case "sure":
                    return "sure"
                case "maybe":
                    found = "maybe"
    except FileNotFoundError:
        raise
    except (_Unread, OSError):
        # A name that may be somebody else's is less of a doubt than what nobody has seen.
        return "unread"
    return found


def shown(name: str) -> str:
    """Give the name of a file as it may be printed and kept: bytes that are no letters stand as escapes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def is_there(folder: Path, name: str) -> bool:
    """Tell whether a folder has a file that is shown under this name."""
    if os.path.lexists(folder / name):
        return True
    return "\\x" in name and any(shown(path.relative_to(folder).as_posix()) == name for path in files(folder))


def digest(path: Path) -> str:
    """Give the SHA-256 of a file in hexadecimal digits; empty for a link, and for what can't be read."""
    if path.is_symlink():
        return ""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _parts(data: bytes, depth: int, spent: list[int]) -> Iterator[bytes]:
    """Give the bytes of a file, the texts in it as people read them, and all that is packed in it."""
    yield data
    if _OPAQUE.match(data):
        raise _Unread
    if data.startswith(b"{\\rtf"):
        yield _RTF.sub(_rtf_letter, data)
        if any(mark in data for mark in _RTF_OPAQUE):
            raise _Unread
        return
    if _LETTER.search(data[:_LETTER_HEAD_BYTES]):
        yield from _letter(data, depth, spent)
    if data.startswith(b"%PDF-") or b"%PDF-" in data[:1024]:
        yield from _readable(_pdf(data))
        return
    if _MARKUP.match(data[:200]):
        yield from _readable([_TAG.sub(b"", _BLOCK_END.sub(b"\n", data)), _TAG.sub(b" ", data)])
    whole = True
    for inner in _unpacked(data, spent):
        if depth == DEEPEST:
            raise _Unread
        try:
            yield from _parts(inner, depth + 1, spent)
        except _Unread:
            # The rest may still tell.
            whole = False
    if not whole:
        raise _Unread


def _rtf_letter(found: re.Match[bytes]) -> bytes:
    """Give one letter of rich text; those of a page of codes stay bytes of that page."""
    if found["code"]:
        return chr(int(found["code"]) & 0xFFFF).encode("cp1251", "replace")
    return bytes([int(found["byte"], 16)]) if found["byte"] else b"\n" if found["gap"] else b""


def _letter(data: bytes, depth: int, spent: list[int]) -> Iterator[bytes]:
    """Give the heads and the parts of a letter as people read them; several letters in one file stay unread."""
    if depth == DEEPEST or data.startswith(b"From "):
        raise _Unread
    try:
        for part in email.message_from_bytes(data, policy=email.policy.default).walk():
            yield "\n".join(map(str, part.values())).encode("utf-8", "replace")
            content = part.get_payload(decode=True)
            if isinstance(content, bytes):
                yield from _parts(_counted(content, spent), depth + 1, spent)
    except (LookupError, TypeError, AttributeError, *_BROKEN) as error:
        raise _Unread from error


def _readable(texts: Iterator[bytes] | list[bytes]) -> Iterator[bytes]:
    """Give texts as they stand, and with words in one piece that a line break or a soft hyphen has cut."""
    for text in texts:
        yield text
        joined = _HYPHENATED.sub("", text.decode("utf-8", "ignore"))
        yield joined.encode("utf-8", "ignore")
        # A surname with a hyphen of its own may be cut at it.
        yield re.sub(r"-\s*\n\s*", "-", text.decode("utf-8", "ignore")).encode("utf-8", "ignore")


def _unpacked(data: bytes, spent: list[int]) -> Iterator[bytes]:
    stream = io.BytesIO(data)
    try:
        for magic, unpack in _PACKERS.items():
            if data.startswith(magic):
                yield _counted(unpack(data, MOST_BYTES - spent[0] + 1), spent)
        if data[_TAR_AT : _TAR_AT + len(_TAR_MARK)] == _TAR_MARK:
            yield from _tar(stream, spent)
        elif data.startswith(b"PK\x03\x04"):
            yield from _zip(stream, spent)
    except _BROKEN as error:
        raise _Unread from error


def _tar(stream: IO[bytes], spent: list[int]) -> Iterator[bytes]:
    with tarfile.open(fileobj=stream) as archive:
        for member in archive:
            yield member.name.encode("utf-8", "surrogateescape")
            inner = archive.extractfile(member) if member.isfile() else None
            if inner is not None:
                yield _read(inner, spent)


def _zip(stream: IO[bytes], spent: list[int]) -> Iterator[bytes]:
    with zipfile.ZipFile(stream) as archive:
        names = archive.namelist()
        yield "\n".join(names).encode("utf-8", "replace")
        # What isn't marked as UTF-8 was read as CP437, and may be any page of codes.
        yield "\n".join(names).encode("cp437", "ignore")
        if sum(member.file_size for member in archive.infolist()) > MOST_BYTES - spent[0]:
            raise _Unread
        if "xl/workbook.xml" in names:
            yield _rows(stream)
        for name in names:
            if name.startswith(_THUMBNAIL):
                continue
            with archive.open(name) as packed:
                yield _read(packed, spent)


def _rows(stream: IO[bytes]) -> bytes:
    """Give the rows of a workbook: in the file a text stands once, far from its neighbours."""
    from openpyxl import load_workbook

    try:
        book = load_workbook(stream, read_only=True, data_only=True)
        rows = []
        for sheet in book.worksheets:
            # What a sheet says of its own size may be far from the truth.
            sheet.reset_dimensions()
            rows += [
                " ".join(str(cell) for cell in row if cell is not None) for row in sheet.iter_rows(values_only=True)
            ]
    except (KeyError, TypeError, AttributeError, SyntaxError, *_BROKEN):
        return b""  # Its parts are searched one by one all the same.
    return "\n".join(rows).encode("utf-8", "replace")


def _pdf(data: bytes) -> Iterator[bytes]:
    """Give the text of each page, and what stands beside the pages; a page without text may be a picture of a list."""
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, PyPdfError

    try:
        reader = PdfReader(io.BytesIO(data))
        blank = False
        for page in reader.pages:
            text = page.extract_text()
            blank = blank or (not text.strip() and bool(page.images))
            yield text.encode("utf-8", "replace")
        told = [str(value) for value in (reader.metadata or {}).values()]
        fields = [str(field.value) for field in (reader.get_fields() or {}).values()]
        yield "\n".join([*told, *fields, *_outline(reader.outline)]).encode("utf-8", "replace")
        for contents in reader.attachments.values():
            for content in contents:
                yield from _parts(content, DEEPEST, [0])
    # A torn file lets the reader fail in many ways.
    except (
        *(PyPdfError, DependencyError, LookupError, TypeError, AttributeError, ArithmeticError, AssertionError),
        *_BROKEN,
    ) as error:
        raise _Unread from error
    if blank:
        raise _Unread


def _outline(entries: object) -> Iterator[str]:
    if isinstance(entries, list):
        for entry in entries:
            yield from _outline(entry)
    else:
        yield str(getattr(entries, "title", ""))


def _read(stream: IO[bytes], spent: list[int]) -> bytes:
    return _counted(stream.read(MOST_BYTES - spent[0] + 1), spent)


def _counted(data: bytes, spent: list[int]) -> bytes:
    """Count what was unpacked from a file; a bomb ends here."""
    spent[0] += len(data)
    if spent[0] > MOST_BYTES:
        raise _Unread
    return data
