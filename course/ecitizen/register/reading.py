"""Files from outside as lines of raw cells: csv in the encodings libraries have, xlsx without its dangers.

A file may be hostile: sizes are checked before anything is unpacked, macros and formulas are never run.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import openpyxl
from openpyxl.utils import range_boundaries
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula

from ecitizen.errors import ImportFault

MAX_FILE_BYTES = 20 * 1024 * 1024
MAX_UNPACKED_BYTES = 300 * 1024 * 1024
MAX_RATIO = 200
"""A spreadsheet packs about tenfold, an empty one fiftyfold; a bomb a thousandfold."""

MAX_ROWS = 50_000
MAX_COLUMNS = 100
MAX_SHEET_LINES = 1_048_576
_RATIO_FLOOR_BYTES = 4 * 1024 * 1024
_XLSX_HINT = "Сохраните таблицу как «Книга Excel (.xlsx)» или «CSV» и загрузите снова"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file that isn't empty."""

    number: int
    """As the spreadsheet program or the editor counts, from 1."""

    cells: tuple[Any, ...]
    """Raw: str in csv; str, int, float, bool, datetime in xlsx; None or "" is empty."""

    merged: str = ""
    """Cells of the line that are merged with others, such as ``C4:C9``: all but one of them look empty."""

    formulas: Mapping[int, str] = field(default_factory=dict)
    """Formulas without a kept result, by place in ``cells``: these cells look empty."""


Score = Callable[[Iterable[str]], int]
"""Says how many of some headers are known; by it the delimiter and the header line are found."""


def read_lines(path: Path, score: Score) -> list[Line]:
    """Read a csv or xlsx file; the first line given is the header. Raises ``ImportFault``."""
    data = _bytes_of(path)
    if data.startswith(b"PK\x03\x04"):
        lines = list(_xlsx_lines(path, data))
    elif data.startswith(b"\xd0\xcf\x11\xe0"):
        raise ImportFault(str(path), "это старый формат .xls или файл под паролем", _XLSX_HINT)
    elif path.suffix.casefold() in {".xls", ".xlsx", ".xlsm", ".ods", ".numbers", ".doc", ".docx", ".pdf"}:
        raise ImportFault(str(path), "это не таблица Excel, хотя так названа", _XLSX_HINT)
    else:
        lines = list(_csv_lines(path, data, score))
    if not lines:
        raise ImportFault(str(path), "файл пуст", "Впишите строку заголовков и данные")
    return _from_header(lines, score)


def is_empty(cell: object) -> bool:
    """Say whether a cell holds nothing but spaces."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _bytes_of(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ImportFault(str(path), "файл больше 20 МБ", "Разделите его на несколько или удалите картинки")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ImportFault(str(path), "файла нет", "Проверьте имя файла и папку") from error
    except OSError as error:
        raise ImportFault(
            str(path), f"файл не читается ({error.strerror})", "Закройте его в других программах"
        ) from error


def _from_header(lines: list[Line], score: Score) -> list[Line]:
    # Above the headers there may be a title of the library's own.
    known = [score(str(cell) for cell in line.cells if not is_empty(cell)) for line in lines[:10]]
    best = known.index(max(known))
    return lines[best:] if known[best] > 1 else lines


def _csv_lines(path: Path, data: bytes, score: Score) -> Iterator[Line]:
    text = _decode(path, data)
    declared = re.match(r"sep=(.)\r?\n", text, re.IGNORECASE)
    head = text[:8192].splitlines()[:10]
    delimiter = declared[1] if declared else max(";,\t", key=lambda sign: _best_score(head, sign, score))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    seen, last = 0, 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise ImportFault(
                f"{path}:{last + 1}", f"строка не читается ({error})", "Проверьте кавычки и разделители"
            ) from error
        number, last = last + 1, reader.line_num
        if all(map(is_empty, cells)) or (declared and number == 1):
            continue
        seen += 1
        _check_size(path, seen, len(cells))
        yield Line(number, tuple(cells))


def _best_score(head: list[str], delimiter: str, score: Score) -> int:
    return max((score(line.replace('"', "").split(delimiter)) for line in head), default=0)


def _decode(path: Path, data: bytes) -> str:
    encodings = ["utf-16"] if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else ["utf-8-sig", "cp1251"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    raise ImportFault(str(path), "это не текст CSV", "Сохраните таблицу как «CSV UTF-8» или «Книга Excel (.xlsx)»")


def _check_size(path: Path, rows: int, columns: int) -> None:
    if rows > MAX_ROWS + 1:
        raise ImportFault(str(path), f"больше {MAX_ROWS} строк", "Разделите файл на несколько")
    if columns > MAX_COLUMNS:
        raise ImportFault(str(path), f"столбцов {columns}, можно {MAX_COLUMNS}", "Удалите лишние столбцы")


def _xlsx_lines(path: Path, data: bytes) -> Iterator[Line]:
    if path.suffix.casefold() == ".xlsm":
        raise ImportFault(str(path), "таблица с макросами (.xlsm)", _XLSX_HINT)
    try:
        _check_archive(path, data)
        with warnings.catch_warnings():
            # openpyxl warns of styles and extensions that it drops; only values matter here.
            warnings.simplefilter("ignore")
            merged = _merged(data)
            lines = list(_grid(path, data, values=True))
            if _has_formulas(data):
                lines = _with_formulas(path, data, lines)
            lines = [replace(line, merged=merged.get(line.number, "")) for line in lines]
    except (
        zipfile.BadZipFile,
        InvalidFileException,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        IndexError,
        SyntaxError,
        EOFError,
        zlib.error,
        NotImplementedError,
    ) as error:
        # openpyxl has no error of its own for a torn file: it lets through whatever the torn part led to.
        raise ImportFault(str(path), f"файл Excel повреждён ({type(error).__name__})", _XLSX_HINT) from error
    yield from lines


def _check_archive(path: Path, data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        names = {part.filename for part in parts}
        if any(name.casefold().endswith("vbaproject.bin") for name in names):
            raise ImportFault(str(path), "в таблице есть макросы", _XLSX_HINT)
        if "xl/workbook.xml" not in names:
            raise ImportFault(str(path), "это архив, но не таблица Excel", _XLSX_HINT)
        unpacked = sum(part.file_size for part in parts)
        packed = max(1, sum(part.compress_size for part in parts))
        if unpacked > MAX_UNPACKED_BYTES or (unpacked > _RATIO_FLOOR_BYTES and unpacked / packed > MAX_RATIO):
            raise ImportFault(str(path), "файл распаковывается до огромного размера", "Не открывайте его: он испорчен")
        for part in parts:
            with archive.open(part) as stream:
                start = stream.read(4096)
            if b"<!DOCTYPE" in start or b"<!ENTITY" in start:
                raise ImportFault(str(path), "в таблице посторонние вставки", _XLSX_HINT)


def _merged(data: bytes) -> dict[int, str]:
    """Give the merged cells of the first sheet by line; reading line by line, openpyxl doesn't know them."""
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
    try:
        part = str(cast(Any, book.worksheets[0])._worksheet_path)
    finally:
        book.close()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        text = archive.read(part)
    found: dict[int, str] = {}
    for ref in re.findall(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=\"([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})\"", text):
        _, first, _, last = (place or 0 for place in range_boundaries(ref.decode("ascii")))
        for number in range(first, min(last, first + MAX_ROWS) + 1):
            found[number] = ref.decode("ascii")
    return found


def _has_formulas(data: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        return any(re.search(rb"<(?:\w+:)?f[ >/]", archive.read(name)) for name in sheets)


def _grid(path: Path, data: bytes, *, values: bool) -> Iterator[Line]:
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=values)
    try:
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        seen = 0
        for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
            if number > MAX_SHEET_LINES:
                raise ImportFault(str(path), "строк больше, чем бывает в Excel", "Не открывайте файл: он испорчен")
            width = max((place for place, cell in enumerate(row, start=1) if not is_empty(cell)), default=0)
            if width:
                seen += 1
                _check_size(path, seen, width)
                yield Line(number, tuple(row[:width]))
    finally:
        book.close()


def _with_formulas(path: Path, data: bytes, lines: list[Line]) -> list[Line]:
    """Mark formulas without a kept result: their cells would silently count as empty."""
    known = {line.number: line for line in lines}
    for line in _grid(path, data, values=False):
        here = known.get(line.number, Line(line.number, ()))
        lost = {
            place: formula
            for place, cell in enumerate(line.cells)
            if (formula := _formula(cell)) and (place >= len(here.cells) or is_empty(here.cells[place]))
        }
        if lost:
            known[line.number] = replace(here, formulas=lost)
    return [known[number] for number in sorted(known)]


def _formula(cell: Any) -> str:
    if isinstance(cell, ArrayFormula):
        return str(cell.text)
    if isinstance(cell, DataTableFormula):
        return "="
    return cell if isinstance(cell, str) and cell.startswith("=") else ""
