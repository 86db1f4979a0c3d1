"""What the command ``ecitizen quiz`` does: one function for each way."""

from __future__ import annotations

from pathlib import Path

from ecitizen import content
from ecitizen.errors import ContentError
from ecitizen.exchange.gift import to_gift
from ecitizen.exchange.loss import Loss
from ecitizen.exchange.package import from_qti, to_qti, to_qti21
from ecitizen.exchange.reading import from_gift
from ecitizen.exchange.scanning import LARGEST_CHARS
from ecitizen.exchange.writing import to_yaml
from ecitizen.practice.quiz import Quiz

GIFT = (".gift", ".txt")
QTI, QTI21 = ".zip", ".qti21.zip"
_WHOLE = "файл"
_LARGEST_BYTES = 4 * LARGEST_CHARS
"""A character of UTF-8 has at most four."""


def export_file(quiz_id: str, path: Path, root: Path | None = None) -> list[Loss]:
    """Write a quiz of the course by the ending: GIFT (``.gift``, ``.txt``), QTI 1.2 (``.zip``), 2.1 (``.qti21.zip``).

    ``root`` is the content root, by default that of this installation. Gives what the file does not carry; raises
    ContentError for another ending, an unknown quiz or a file that can't be written.
    """
    ending = path.suffix.lower()
    if ending not in (*GIFT, QTI):
        remedy = "Возьмите .gift или .txt для Moodle, .zip для QTI 1.2, .qti21.zip для QTI 2.1"
        raise ContentError(path, _WHOLE, f"в файл с окончанием {ending!r} тест не пишется", remedy)
    quiz = content.quiz(quiz_id, root)
    if ending == QTI:
        return to_qti21(quiz, path) if path.name.lower().endswith(QTI21) else to_qti(quiz, path)
    exported = to_gift(quiz)
    try:
        path.write_text(exported.text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise _unwritten(path, error) from error
    return exported.lost


def import_file(path: Path, quiz_id: str, skill: str, out: Path) -> Quiz:
    """Read a GIFT file or a QTI package and write it as the quiz ``out``, which must not exist yet.

    ``out`` must be named by the id.
    ``skill`` is given to the questions that name none. Raises ContentError, or CourseErrors with one ContentError a
    fault; nothing is written then.
    """
    if path.suffix.lower() not in (*GIFT, QTI):
        remedy = "Сохраните тест в той программе как GIFT или QTI"
        raise ContentError(path, _WHOLE, "читаются только GIFT (.gift, .txt) и пакеты QTI (.zip)", remedy)
    if out.name != f"{quiz_id}.yaml":
        raise ContentError(out, _WHOLE, f"имя файла не совпадает с id {quiz_id!r}", f"Назовите его {quiz_id}.yaml")
    is_package = path.suffix.lower() == QTI
    quiz = from_qti(path, quiz_id, skill) if is_package else from_gift(_read(path), quiz_id, skill, path)
    try:
        with out.open("x", encoding="utf-8", newline="\n") as file:
            file.write(to_yaml(quiz))
    except FileExistsError as error:
        raise ContentError(out, _WHOLE, "файл уже есть", "Уберите его или выберите другой id") from error
    except OSError as error:
        raise _unwritten(out, error) from error
    return quiz


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        problem = f"файл не читается ({error.strerror})"
        raise ContentError(path, _WHOLE, problem, "Проверьте имя файла и права на него") from error
    if len(raw) > _LARGEST_BYTES:
        problem = f"файл слишком велик: больше {_LARGEST_BYTES} байт"
        raise ContentError(path, _WHOLE, problem, "Разделите его на несколько тестов")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problem = f"файл не в кодировке UTF-8 (байт {error.start})"
        raise ContentError(path, _WHOLE, problem, "Сохраните его в UTF-8") from error


def _unwritten(path: Path, error: OSError) -> ContentError:
    remedy = "Проверьте папку и права на неё"
    return ContentError(path, _WHOLE, f"файл не записывается ({error.strerror})", remedy)
