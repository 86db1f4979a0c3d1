"""The real-data guard: the shared vectors, in Python and in its browser twin, and personas that stay made-up."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from stdnum import luhn
from stdnum.ru import inn
from test_practice_mini import PERSONAS, ROOT, anna

from ecitizen.practice.guard import REAL_KINDS, find_real, is_snils
from ecitizen.practice.persona import Persona, Personas

VECTORS: list[dict[str, Any]] = json.loads((ROOT / "tests" / "golden" / "guard.json").read_text(encoding="utf-8"))
TWIN = ROOT / "widgets" / "guard.js"
NODE = shutil.which("node")


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["note"])
def test_guard_passes_shared_vectors(vector: dict[str, Any]) -> None:
    assert find_real(vector["text"], anna()) == vector["kind"]


@pytest.mark.skipif(NODE is None, reason="no node on this machine")
def test_browser_twin_passes_shared_vectors() -> None:
    script = "const texts = JSON.parse(require('fs').readFileSync(0)); console.log(JSON.stringify(texts.map(findReal)))"
    texts = json.dumps([vector["text"] for vector in VECTORS])
    source = TWIN.read_text(encoding="utf-8") + script
    done = subprocess.run([str(NODE), "-e", source], input=texts, capture_output=True, encoding="utf-8", timeout=30)
    assert done.returncode == 0, done.stderr
    found = dict(zip(json.loads(texts), json.loads(done.stdout), strict=True))
    assert found == {vector["text"]: vector["kind"] for vector in VECTORS}


@given(st.text(alphabet="0123456789 -()+№абв", max_size=60))
def test_guard_answers_any_text(text: str) -> None:
    assert find_real(text, anna()) in {None, *REAL_KINDS}


@given(st.integers(1_001_999, 999_999_999), st.integers(0, 99))
def test_one_check_number_makes_a_snils(number: int, check: int) -> None:
    digits = f"{number:09d}"
    right = [last for last in range(100) if is_snils(f"{digits}{last:02d}")]
    assert len(right) == 1
    assert is_snils(f"{digits}{check:02d}") == (check in right)


@given(st.integers(100_000_000_000_000, 999_999_999_999_999), st.sampled_from(["", " ", "-"]))
def test_card_is_found_in_any_grouping(number: int, gap: str) -> None:
    digits = f"{number}{luhn.calc_check_digit(str(number))}"
    assert find_real(gap.join(digits[at : at + 4] for at in range(0, 16, 4)), anna()) == "card"


@given(st.integers(100_000_000, 8_999_999_999))
def test_personal_inn_is_found(number: int) -> None:
    digits = f"{number:010d}"
    whole = digits + inn.calc_personal_check_digits(digits)
    assert find_real(whole, anna()) == ("inn" if whole[:2] != "00" else None)


@given(st.integers(0, 9_999_999))
def test_telephones_of_code_000_are_free(number: int) -> None:
    digits = f"{number:07d}"
    assert find_real(f"8 (000) {digits[:3]}-{digits[3:5]}-{digits[5:]}", anna()) is None


def raw_persona() -> dict[str, Any]:
    """Give a persona of the file as plain data."""
    return dict(yaml.safe_load(PERSONAS.read_text(encoding="utf-8"))["personas"][0])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("phone", "8 (913) 555-14-07"),
        ("snils", "112-233-445 95"),
        ("card", "2200 1234 5678 9019"),
        ("passport", "52 04 123456"),
        ("email", "anna@mail.ru"),
        ("email", "anna@notexample.org"),
        ("polis", "2200 1234 5678 9019"),
        ("address", "звоните 8 913 123-45-67"),
        ("birth_date", "1953"),
        ("inn", "1"),
    ],
)
def test_persona_with_real_looking_data_is_refused(key: str, value: str) -> None:
    with pytest.raises(ValidationError):
        Persona.model_validate(raw_persona() | {key: value})


def test_every_persona_passes_its_own_guard() -> None:
    personas = Personas.model_validate(yaml.safe_load(PERSONAS.read_text(encoding="utf-8"))).personas
    for persona in personas:
        values = [str(value) for value in persona.model_dump().values()]
        assert [find_real(value, persona) for value in values] == [None] * len(values)


def test_two_personas_of_one_id_are_refused() -> None:
    with pytest.raises(ValidationError, match="повторяется id: anna, anna"):
        Personas.model_validate({"personas": [raw_persona(), raw_persona()]})


def test_absent_persona_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        Personas(personas=(anna(),)).get("absent")
