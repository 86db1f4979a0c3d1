"""Certificates and papers of a class from the command line, on a graded synthetic class."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pypdf import PdfReader

from ecitizen import demo
from ecitizen.cli import cli
from ecitizen.cli.who import system_user
from ecitizen.folder import CourseFolder

YEAR = ("--from", "01.01.2020", "--to", "31.12.2099")


def run(*arguments: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(cli, list(arguments), catch_exceptions=False)


def text_of(path: Path) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(path).pages).replace("\u00a0", " ").split())


def agree(place: Path, purpose: str, withdrawn: str = "") -> None:
    """Note that everybody agreed to a purpose, or has taken it back."""
    lines = [f"{number};{purpose};01.02.2026;{withdrawn}" for number in range(101, 105)]
    (place / "c.csv").write_text("\n".join(["Карточка;Цель;Дано;Отозвано", *lines]) + "\n", encoding="utf-8")
    assert run("register", "import", "consents", str(place / "c.csv"), "--data", str(place / "course")).exit_code == 0


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("data") / "course"
    demo.make(CourseFolder.create(path), learners=4, seed=3)
    assert run("grade", "--lesson", "01-gosuslugi", "--data", str(path)).exit_code == 0
    agree(path.parent, "Сертификат")
    return str(path)


def test_certificates_go_to_those_who_are_trained(data: str, tmp_path: Path) -> None:
    out = tmp_path / "certificates.pdf"
    done = run("certificate", "--group", "Г-1", "--out", str(out), "--data", data)
    assert done.exit_code == 0, done.output
    trained = json.loads(run("indicators", "omsk", *YEAR, "--json", "--data", data).output)["rows"][1]["actual"]
    numbers = re.findall(r"№ (\d+-\d{4}-[A-Z2-9]{4}-[A-Z2-9]{4})", text_of(out))
    assert len(PdfReader(out).pages) == len(numbers) == trained > 0
    again = tmp_path / "again.pdf"
    run("certificate", "--group", "Г-1", "--out", str(again), "--data", data)
    assert text_of(again) == text_of(out)
    graduates = tmp_path / "graduates.pdf"
    run("paper", "graduates", "--out", str(graduates), "--data", data)
    assert f"Выпускников: {trained}." in text_of(graduates)
    assert all(number in text_of(graduates) for number in numbers)


def test_number_is_verified_and_names_nobody(data: str, tmp_path: Path) -> None:
    out = tmp_path / "certificates.pdf"
    run("certificate", "--group", "Г-1", "--out", str(out), "--data", data)
    (number, *_) = re.findall(r"№ (\d+-\d{4}-[A-Z2-9]{4}-[A-Z2-9]{4})", text_of(out))
    told = run("certificate", "--verify", number.lower(), "--data", data)
    assert told.output == f"Номер {number} подлинный: он выдан здесь. Имя сверьте по QR-коду.\n"
    stated = json.loads(run("certificate", "--verify", number, "--json", "--data", data).output)
    assert (stated["number"], stated["name"]) == (number, None)
    forged = run("certificate", "--verify", number[:-1] + ("A" if number[-1] != "A" else "B"), "--data", data)
    assert (forged.exit_code, "подпись неверна" in forged.output) == (1, True)


def test_no_certificate_without_consent(data: str, tmp_path: Path) -> None:
    place = Path(data).parent
    agree(place, "Сертификат", withdrawn="02.02.2026")
    try:
        done = run("certificate", "--group", "Г-1", "--out", str(tmp_path / "none.pdf"), "--data", data)
        assert (done.exit_code, "печатать некого" in done.output) == (1, True)
        assert "Нет согласия на сертификат, не напечатаны: 101" in done.output
        assert not (tmp_path / "none.pdf").exists()
        asked = ("--group", "Г-1", "--without-consent", "--out", str(tmp_path / "all.pdf"), "--data", data)
        assert run("certificate", *asked).exit_code == 0
    finally:
        agree(place, "Сертификат")


def test_journal_of_looks_names_nobody(data: str, tmp_path: Path) -> None:
    run("paper", "journal", "--group", "Г-1", "--out", str(tmp_path / "j.pdf"), "--data", data)
    told = run("register", "looks", "--data", data).output
    assert f"{system_user()}  group:Г-1" in told
    assert json.loads(run("register", "looks", "--json", "--data", data).output)["looks"][0]["refused"] is False


def test_untrained_card_is_refused(data: str, tmp_path: Path) -> None:
    done = run("certificate", "999", "--out", str(tmp_path / "one.pdf"), "--data", data)
    assert done.exit_code == 1
    assert "условия курса не выполнены или карточки нет: 999" in done.output
    assert run("certificate", "--data", data).exit_code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("journal", "--group", "Г-1"),
        ("attendance", "--group", "Г-1"),
        ("consultations",),
        ("consent", "--purpose", "занятия", "--group", "Г-1"),
    ],
    ids=["journal", "attendance", "consultations", "consent"],
)
def test_every_paper_is_made(data: str, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    out = tmp_path / "paper.pdf"
    assert run("paper", *arguments, "--out", str(out), "--data", data).exit_code == 0
    assert text_of(out)


def test_codes_and_due_list_are_papers(data: str, tmp_path: Path) -> None:
    assert run("register", "codes", "3", "--out", str(tmp_path / "codes.pdf"), "--data", data).exit_code == 0
    assert len(re.findall(r"\d{5}-\d{5}", text_of(tmp_path / "codes.pdf"))) == 3
    due = run("register", "due", "--year", "2099", "--out", str(tmp_path / "due.pdf"), "--json", "--data", data)
    found = json.loads(due.output)["due"]
    assert {one["why"] for one in found} == {"ended", "idle", "withdrawn"}
    assert f"Записей: {len(found)}." in text_of(tmp_path / "due.pdf")
    assert run("register", "codes", "3", "--site", "x", "--out", "x.pdf", "--data", data).exit_code == 1


def test_explanation_comes_in_pages(data: str) -> None:
    whole = json.loads(run("indicators", "omsk", *YEAR, "--explain", "consultations", "--json", "--data", data).output)
    assert whole["total"] == len(whole["facts"]) > 5
    arguments = ("--explain", "consultations", "--skip", "2", "--limit", "3")
    part = json.loads(run("indicators", "omsk", *YEAR, *arguments, "--json", "--data", data).output)
    assert (part["total"], part["facts"]) == (whole["total"], whole["facts"][2:5])
