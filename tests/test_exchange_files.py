"""QTI packages, YAML files and the two commands."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import pytest
from exchange_quizzes import ANY_QUIZ, MANY
from hypothesis import given
from test_exchange_gift import ALL_KINDS, same_as_golden

from ecitizen import content
from ecitizen.content.loading import load_model
from ecitizen.errors import CourseError
from ecitizen.exchange import export_file, import_file, to_qti, to_yaml
from ecitizen.exchange.qti import assessment
from ecitizen.practice.quiz import Quiz

Q = "{http://www.imsglobal.org/xsd/ims_qtiasiv1p2}"
P = "{http://www.imsglobal.org/xsd/imscp_v1p1}"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("qti") / "quiz.zip"
    to_qti(load_model(ALL_KINDS, Quiz), path)
    return path


def inside(package: Path, name: str) -> ET.Element:
    with ZipFile(package) as opened:
        return ET.fromstring(opened.read(name))


def items(package: Path) -> dict[str, ET.Element]:
    root = inside(package, "quiz-all-kinds/quiz-all-kinds.xml")
    return {item.get("ident", ""): item for item in root.iter(f"{Q}item")}


def score(item: ET.Element, answer: dict[str, set[str]]) -> float:
    """Mark an answer as the QTI standard says: conditions in order, the first that is not to continue ends it."""
    points = 0.0
    for case in item.iter(f"{Q}respcondition"):
        condition = case.find(f"{Q}conditionvar")
        assert condition is not None
        # Several conditions side by side mean "any of them" in Canvas, and each of ours holds but one or synonyms.
        if not any(holds(one, answer) for one in condition):
            continue
        change = case.find(f"{Q}setvar")
        if change is not None:
            points = float(change.text or 0) + (points if change.get("action") == "Add" else 0)
        if case.get("continue") == "No":
            break
    return points


def holds(test: ET.Element, answer: dict[str, set[str]]) -> bool:
    given_here = answer.get(test.get("respident", ""), set())
    match test.tag.removeprefix(Q):
        case "varequal":
            return test.text in given_here
        case "vargte":
            return any(float(one) >= float(test.text or 0) for one in given_here)
        case "varlte":
            return any(float(one) <= float(test.text or 0) for one in given_here)
        case "not":
            return not holds(test[0], answer)
        case "and":
            return all(holds(one, answer) for one in test)
        case "or":
            return any(holds(one, answer) for one in test)
    return test.tag == f"{Q}other"


ANSWERS = {
    "single right": ("q-single", {"response1": {"o1"}}, 100),
    "single wrong": ("q-single", {"response1": {"o2"}}, 0),
    "several all": ("q-several", {"response1": {"o1", "o2", "o3"}}, 100),
    "several some": ("q-several", {"response1": {"o1", "o2"}}, 0),
    "several too many": ("q-several", {"response1": {"o1", "o2", "o3", "o4"}}, 0),
    "statement": ("q-truefalse", {"response1": {"o2"}}, 100),
    "statement wrong": ("q-truefalse", {"response1": {"o1"}}, 0),
    "order": ("q-order", {f"response_l{n}": {f"r{n}"} for n in (1, 2, 3)}, 99.99),
    "one pair": ("q-match", {"response_l1": {"r1"}, "response_l2": {"r3"}}, 33.33),
    "number near": ("q-number", {"response1": {"10.7"}}, 100),
    "number far": ("q-number", {"response1": {"-10.5"}}, 0),
    "text": ("q-text", {"response1": {"черновики"}}, 100),
    "text wrong": ("q-text", {"response1": {"входящие"}}, 0),
    "marks": ("q-mark", {"response1": {"o3", "o4"}}, 100),
    "button": ("q-find", {"response1": {"o2"}}, 100),
    "another button": ("q-find", {"response1": {"o3"}}, 0),
    "written": ("q-written", {"response1": {"Положу трубку"}}, 0),
}


@pytest.mark.parametrize(("item", "answer", "points"), ANSWERS.values(), ids=ANSWERS)
def test_package_marks_as_we_do(package: Path, item: str, answer: dict[str, set[str]], points: float) -> None:
    assert score(items(package)[item], answer) == pytest.approx(points)


def test_manifest_names_every_file(package: Path) -> None:
    manifest = inside(package, "imsmanifest.xml")
    resource = manifest.find(f"{P}resources/{P}resource")
    assert resource is not None
    assert resource.get("type") == "imsqti_xmlv1p2"
    named = {file.get("href") for file in manifest.iter(f"{P}file")}
    with ZipFile(package) as opened:
        assert {*named, "imsmanifest.xml"} == set(opened.namelist())
        assert opened.testzip() is None


def test_every_item_has_its_bones(package: Path) -> None:
    quiz = load_model(ALL_KINDS, Quiz)
    for ident, item in items(package).items():
        bones = [part.tag.removeprefix(Q) for part in item]
        assert bones[:3] == ["itemmetadata", "presentation", "resprocessing"], ident
        assert set(bones[3:]) <= {"itemfeedback"}, ident
        said = [part.get("ident") for part in item.iter(f"{Q}itemfeedback")]
        assert {link.get("linkrefid") for link in item.iter(f"{Q}displayfeedback")} == set(said), ident
        assert len(said) == len(set(said)), ident
        entries = [entry.text for entry in item.iter(f"{Q}fieldentry")]
        assert float(entries[1] or 0) == quiz.item(ident).points


def test_no_text_becomes_markup(package: Path) -> None:
    texts = [text.text or "" for text in items(package)["q-single"].iter(f"{Q}mattext")]
    assert texts[0] == "Что значит «a &lt;b&gt; &amp; c = {d}»: шаг #1 ~ 50%?"
    assert "Первая строка.<br/>Вторая строка." in texts


def test_assessment_of_all_kinds_is_golden(package: Path) -> None:
    with ZipFile(package) as opened:
        for name in opened.namelist():
            assert same_as_golden(opened.read(name).decode("utf-8"), Path(name).name), name


def test_same_quiz_gives_same_bytes(package: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.zip"
    to_qti(load_model(ALL_KINDS, Quiz), again)
    assert again.read_bytes() == package.read_bytes()


@MANY
@given(ANY_QUIZ)
def test_any_quiz_makes_wellformed_xml(quiz: Quiz) -> None:
    tree, lost = assessment(quiz)
    read = ET.fromstring(ET.tostring(tree, encoding="utf-8"))
    assert [item.get("ident") for item in read.iter(f"{Q}item")] == [item.id for item in quiz.items]
    assert all(loss.kept for loss in lost)


@MANY
@given(ANY_QUIZ)
def test_yaml_file_returns_the_quiz(tmp_path_factory: pytest.TempPathFactory, quiz: Quiz) -> None:
    path = tmp_path_factory.mktemp("yaml") / f"{quiz.id}.yaml"
    path.write_text(to_yaml(quiz), "utf-8", newline="\n")
    assert load_model(path, Quiz) == quiz


def test_every_lesson_goes_and_returns(tmp_path: Path) -> None:
    for quiz_id in content.lesson_ids():
        gift, out = tmp_path / f"{quiz_id}.gift", tmp_path / f"{quiz_id}.yaml"
        assert export_file(quiz_id, gift)
        assert import_file(gift, quiz_id, "other-skill", out) == content.quiz(quiz_id)
        assert load_model(out, Quiz) == content.quiz(quiz_id)
        for ending in ("zip", "qti21.zip"):
            package, again = tmp_path / f"{quiz_id}.{ending}", tmp_path / ending / f"{quiz_id}.yaml"
            again.parent.mkdir(exist_ok=True)
            assert export_file(quiz_id, package)
            assert import_file(package, quiz_id, "other-skill", again) == content.quiz(quiz_id)


@pytest.mark.parametrize(
    ("name", "words"),
    [("quiz.docx", ".gift"), ("no/such/quiz.gift", "не записывается"), ("no/such/quiz.zip", "не записывается")],
    ids=["unknown ending", "no folder for gift", "no folder for package"],
)
def test_export_that_fails_says_why(name: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=words):
        export_file("01-gosuslugi", tmp_path / name)


GOOD = "Кто? {=я =%0%*#нет}".encode()
IMPORTS = {
    "other program": ("quiz.docx", GOOD, "fresh.yaml", "только GIFT"),
    "no package": ("quiz.zip", GOOD, "fresh.yaml", "пакет не читается"),
    "absent package": ("absent.zip", None, "fresh.yaml", "не читается"),
    "absent": ("absent.gift", None, "fresh.yaml", "не читается"),
    "other coding": ("quiz.gift", "Кто? {=я}".encode("cp1251"), "fresh.yaml", "UTF-8"),
    "too large": ("quiz.gift", b"/" * 4_000_001, "fresh.yaml", "слишком велик"),
    "other name": ("quiz.gift", GOOD, "other.yaml", "Назовите его fresh.yaml"),
    "other ending": ("quiz.gift", GOOD, "fresh.txt", "Назовите его fresh.yaml"),
    "no folder": ("quiz.gift", GOOD, "no/fresh.yaml", "не записывается"),
    "broken": ("quiz.gift", "Кто? {}".encode(), "fresh.yaml", "строка 1"),
}


@pytest.mark.parametrize(("name", "raw", "out", "words"), IMPORTS.values(), ids=IMPORTS)
def test_import_that_fails_writes_nothing(name: str, raw: bytes | None, out: str, words: str, tmp_path: Path) -> None:
    if raw is not None:
        (tmp_path / name).write_bytes(raw)
    with pytest.raises(CourseError, match=words):
        import_file(tmp_path / name, "fresh", "log-out", tmp_path / out)
    assert not (tmp_path / out).exists()


def test_import_never_overwrites_a_quiz(tmp_path: Path) -> None:
    (tmp_path / "quiz.gift").write_bytes(GOOD)
    (tmp_path / "fresh.yaml").write_text("мой труд", "utf-8")
    with pytest.raises(CourseError, match="уже есть"):
        import_file(tmp_path / "quiz.gift", "fresh", "log-out", tmp_path / "fresh.yaml")
    assert (tmp_path / "fresh.yaml").read_text("utf-8") == "мой труд"
