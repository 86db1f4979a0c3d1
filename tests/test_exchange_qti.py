"""QTI of both versions: what we write comes back, what others write is read or refused, danger is refused."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from exchange_quizzes import FEW, KINDS, quizzes
from hypothesis import given
from hypothesis import strategies as st
from test_exchange_gift import ALL_KINDS, same_as_golden

from ecitizen.content.loading import load_model
from ecitizen.errors import CourseError
from ecitizen.exchange import from_qti, to_qti, to_qti21, to_yaml
from ecitizen.exchange.xml_text import read_xml
from ecitizen.practice.items import check
from ecitizen.practice.quiz import Quiz

VERSIONS = {"1.2": to_qti, "2.1": to_qti21}
Q21 = "{http://www.imsglobal.org/xsd/imsqti_v2p1}"


@pytest.fixture(scope="module")
def sample() -> Quiz:
    return load_model(ALL_KINDS, Quiz)


def repacked(source: Path, out: Path, change: dict[str, str], drop: tuple[str, ...] = ()) -> Path:
    """Copy a package with pieces of its files replaced."""
    with ZipFile(source) as old, ZipFile(out, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = old.read(name).decode("utf-8")
            for before, after in change.items():
                text = text.replace(before, after)
            if name not in drop:
                new.writestr(name, text)
    return out


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", KINDS)
@FEW
@given(data=st.data())
def test_our_own_package_returns_the_quiz(
    kind: str, version: str, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    quiz = data.draw(quizzes(kind))
    path = tmp_path_factory.mktemp("qti") / "quiz.zip"
    lost = VERSIONS[version](quiz, path)
    assert all(loss.kept for loss in lost)
    assert from_qti(path, quiz.id, "other-skill") == quiz


@pytest.mark.parametrize("version", VERSIONS)
def test_quiz_survives_without_our_notes(version: str, sample: Quiz, tmp_path: Path) -> None:
    checked = sample.model_copy(update={"items": sample.items[:-1]})
    VERSIONS[version](checked, tmp_path / "whole.zip")
    path = tmp_path / "bare.zip"
    with ZipFile(tmp_path / "whole.zip") as old, ZipFile(path, "w") as new:
        for name in old.namelist():
            text = re.sub("<note.*?</note>", "", old.read(name).decode("utf-8"))
            new.writestr(name, text.replace("<fieldlabel>ecitizen</fieldlabel>", "<fieldlabel>x</fieldlabel>"))
    read = from_qti(path, "bare", "log-out")
    assert read.title == ("bare" if version == "2.1" else sample.title)
    kinds = {"q-truefalse": "single", "q-mark": "several", "q-find": "single"}
    kinds |= {"q-order": "match"} if version == "1.2" else {}
    for item in checked.items:
        back = read.item(item.id)
        assert back.kind == kinds.get(item.id, item.kind)
        assert (back.skill, back.points) == ("log-out", item.points)
    assert check(read.item("q-text"), "файл черновики").share == 1
    assert check(read.item("q-number"), "10,7").share == 1
    assert check(read.item("q-number"), "-10,5").notes == ["Цена: не меньше нуля."]
    assert check(read.item("q-find"), "o2").share == 1


def test_items_of_all_kinds_are_golden(sample: Quiz, tmp_path: Path) -> None:
    to_qti21(sample, tmp_path / "quiz.zip")
    with ZipFile(tmp_path / "quiz.zip") as opened:
        whole = "".join(f"<!-- {name} -->\n{opened.read(name).decode('utf-8')}" for name in opened.namelist())
    assert same_as_golden(whole, "all-kinds.qti21.txt")


def test_same_quiz_gives_same_package(sample: Quiz, tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        to_qti21(sample, tmp_path / name)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_manifest_names_every_item(sample: Quiz, tmp_path: Path) -> None:
    to_qti21(sample, tmp_path / "quiz.zip")
    with ZipFile(tmp_path / "quiz.zip") as opened:
        manifest = ET.fromstring(opened.read("imsmanifest.xml"))
        named = {one.get("href") for one in manifest.iter() if one.tag.endswith("}resource")}
        assert {*named, "imsmanifest.xml"} == set(opened.namelist())
        for name in sorted(named, key=str):
            item = ET.fromstring(opened.read(str(name)))
            assert item.tag == f"{Q21}assessmentItem"
            said = {one.get("identifier") for one in item.iter(f"{Q21}modalFeedback")}
            chosen = {one.get("identifier") for one in item.iter(f"{Q21}simpleChoice")}
            named_in = {one.text for one in item.iter(f"{Q21}baseValue")}
            assert said <= chosen | named_in, name


def test_losses_differ_by_version(sample: Quiz, tmp_path: Path) -> None:
    old, new = ([str(loss) for loss in write(sample, tmp_path / "quiz.zip")] for write in (to_qti, to_qti21))
    assert [line for line in old if "частичные баллы" in line and "q-several" in line]
    assert not [line for line in new if "q-several" in line or "q-match" in line]
    assert [line for line in new if "q-order" in line and "частичные баллы за порядок" in line]
    for told in (old, new):
        assert all("вернётся при импорте" in line for line in told)
        assert [line for line in told if "q-find" in line and "экран" in line]
        assert [line for line in told if "q-written" in line and "образец" in line]


CANVAS = """<?xml version="1.0"?>
<questestinterop xmlns="http://www.imsglobal.org/xsd/ims_qtiasiv1p2"><assessment ident="g1" title="Чужой тест">
<section ident="root_section"><item ident="g2f" title="Вопрос">
<itemmetadata><qtimetadata>
<qtimetadatafield><fieldlabel>question_type</fieldlabel><fieldentry>KIND</fieldentry></qtimetadatafield>
<qtimetadatafield><fieldlabel>points_possible</fieldlabel><fieldentry>2.0</fieldentry></qtimetadatafield>
</qtimetadata></itemmetadata>
<presentation><material>
<mattext texttype="text/html">&lt;p&gt;Какой &lt;b&gt;адрес&lt;/b&gt; верный?&lt;/p&gt;</mattext>
</material><response_lid ident="response1" rcardinality="Single"><render_choice>
<response_label ident="8"><material><mattext texttype="text/plain">gosuslugi.ru</mattext></material></response_label>
<response_label ident="9"><material><mattext texttype="text/plain">gosuslugi.example</mattext></material>
</response_label>
</render_choice></response_lid></presentation>
<resprocessing><outcomes><decvar maxvalue="100" minvalue="0" varname="SCORE" vartype="Decimal"/></outcomes>
<respcondition continue="Yes"><conditionvar><varequal respident="response1">9</varequal></conditionvar>
<displayfeedback feedbacktype="Response" linkrefid="9_fb"/></respcondition>
<respcondition continue="No"><conditionvar><varequal respident="response1">8</varequal></conditionvar>
<setvar action="Set" varname="SCORE">100</setvar></respcondition></resprocessing>
<itemfeedback ident="9_fb"><flow_mat><material><mattext texttype="text/html">Это чужой сайт.</mattext></material>
</flow_mat></itemfeedback></item></section></assessment></questestinterop>"""

STANDARD = """<?xml version="1.0"?>
<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="choice" title="Багаж" adaptive="false"
 timeDependent="false"><responseDeclaration identifier="RESPONSE" cardinality="single" baseType="identifier">
<correctResponse><value>ChoiceA</value></correctResponse></responseDeclaration>
<outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"/>
<itemBody><p>Посмотрите на
 надпись:</p><choiceInteraction responseIdentifier="RESPONSE" shuffle="false" maxChoices="1">
<prompt>Что она значит?</prompt>
<simpleChoice identifier="ChoiceA">Следите за вещами.</simpleChoice>
<simpleChoice identifier="ChoiceB">Вещи можно оставить.<feedbackInline outcomeIdentifier="FEEDBACK" identifier="ChoiceB"
 showHide="show">Нет, оставлять нельзя.</feedbackInline></simpleChoice>
</choiceInteraction></itemBody></assessmentItem>"""


def package(path: Path, kind: str, document: str | bytes) -> Path:
    """Put one document into a package."""
    manifest = f'<manifest><resources><resource identifier="r" type="{kind}" href="a.xml"/></resources></manifest>'
    with ZipFile(path, "w") as opened:
        opened.writestr("imsmanifest.xml", manifest)
        opened.writestr("a.xml", document)
    return path


def test_package_of_canvas_is_read(tmp_path: Path) -> None:
    text = CANVAS.replace("KIND", "multiple_choice_question")
    quiz = from_qti(package(tmp_path / "quiz.zip", "imsqti_xmlv1p2", text), "canvas", "read-address")
    assert to_yaml(quiz).split("items:\n")[1] == (
        "  - id: g2f\n    kind: single\n    skill: read-address\n    difficulty: 2\n    points: 2\n"
        "    text: Какой адрес верный?\n    options:\n      - {text: gosuslugi.ru, right: true}\n"
        "      - {text: gosuslugi.example, why: Это чужой сайт.}\n"
    )
    assert quiz.title == "Чужой тест"


def test_item_of_the_standard_is_read(tmp_path: Path) -> None:
    quiz = from_qti(package(tmp_path / "quiz.zip", "imsqti_item_xmlv2p1", STANDARD), "standard", "log-out")
    (item,) = quiz.items
    assert item.text == "Посмотрите на надпись:\nЧто она значит?"
    assert check(item, "o1").share == 1
    assert check(item, "o2").notes == ["Нет, оставлять нельзя."]


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ха"><!ENTITY b "&a;&a;&a;&a;">]>'
FOREIGN = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
REFUSED = {
    "entities": (CANVAS.replace("<questestinterop", f"{LAUGHS}<questestinterop", 1), "DOCTYPE"),
    "foreign file": (CANVAS.replace("<questestinterop", f"{FOREIGN}<questestinterop", 1), "DOCTYPE"),
    "plain doctype": (CANVAS.replace("<questestinterop", "<!DOCTYPE html><questestinterop", 1), "DOCTYPE"),
    "no xml": ("Кто? {=я}", "это не XML"),
    "nothing": ("", "это не XML"),
    "cut": (CANVAS[:900], "это не XML"),
    "unknown entity": (CANVAS.replace("gosuslugi.ru", "&beep;"), "это не XML"),
    "odd encoding": (b'<?xml version="1.0" encoding="made-up"?><a/>', "это не XML"),
    "deep": ("<a>" * 100_000 + "</a>" * 100_000, "слишком много вложенных"),
    "long": (b"<a>" + b" " * 4_000_001 + b"</a>", "больше 4000000 байт"),
    "no questions": ("<questestinterop/>", "вопросов 0"),
    "many questions": ("<questestinterop>" + "<item/>" * 61 + "</questestinterop>", "вопросов 61"),
    "another kind": (CANVAS.replace("KIND", "file_upload_question"), "вида вопросов 'file_upload_question' у нас нет"),
    "essay": (CANVAS.replace("KIND", "essay_question"), "без образца"),
    "part of the points": (
        CANVAS.replace("KIND", "multiple_choice_question").replace(">100<", ">50<"),
        "оценена частично",
    ),
    "picture": (
        CANVAS.replace("KIND", "multiple_choice_question").replace("&lt;b&gt;", "&lt;img src=x&gt;"),
        "тег <img>",
    ),
    "word for points": (CANVAS.replace(">2.0<", ">два<").replace("KIND", "multiple_choice_question"), "не число"),
    "no why": (CANVAS.replace("KIND", "multiple_choice_question").replace("9_fb", "0_fb"), "нет why"),
}


@pytest.mark.parametrize(("document", "words"), REFUSED.values(), ids=REFUSED)
def test_broken_and_dangerous_documents_are_refused(document: str | bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=words) as caught:
        from_qti(package(tmp_path / "quiz.zip", "imsqti_xmlv1p2", document), "bad", "log-out")
    assert str(caught.value).startswith(str(tmp_path / "quiz.zip"))
    assert len(str(caught.value)) < 1000


REFUSED_ITEMS = {
    "two interactions": ("</itemBody>", "<extendedTextInteraction/></itemBody>", "в вопросе choiceInteraction"),
    "picture to press": ("choiceInteraction", "hotspotInteraction", "в вопросе hotspotInteraction"),
    "no answer": ("responseDeclaration", "templateDeclaration", "responseDeclaration в вопросе 0"),
    "lost answer": (">ChoiceA<", ">ChoiceZ<", "нет why"),
    "table": ("<p>", "<table><tr/></table><p>", "тег <table>"),
}


@pytest.mark.parametrize(("before", "after", "words"), REFUSED_ITEMS.values(), ids=REFUSED_ITEMS)
def test_items_we_cannot_hold_are_refused(before: str, after: str, words: str, tmp_path: Path) -> None:
    text = STANDARD.replace(before, after)
    with pytest.raises(CourseError, match=re.escape(words)):
        from_qti(package(tmp_path / "quiz.zip", "imsqti_item_xmlv2p1", text), "bad", "log-out")


def test_package_without_a_test_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"тестов QTI 1\.2 в пакете 0"):
        from_qti(package(tmp_path / "quiz.zip", "webcontent", "<a/>"), "bad", "log-out")


def test_package_without_its_file_is_refused(sample: Quiz, tmp_path: Path) -> None:
    to_qti21(sample, tmp_path / "whole.zip")
    path = repacked(tmp_path / "whole.zip", tmp_path / "part.zip", {}, drop=("items/q-match.xml",))
    with pytest.raises(CourseError, match=r"items/q-match.xml: этого файла в пакете нет"):
        from_qti(path, "bad", "log-out")


def test_spoilt_package_is_refused(sample: Quiz, tmp_path: Path) -> None:
    path = tmp_path / "quiz.zip"
    to_qti(sample, path)
    raw = bytearray(path.read_bytes())
    place = raw.index(b"questestinterop")
    raw[place : place + 4] = b"xxxx"
    path.write_bytes(bytes(raw))
    with pytest.raises(CourseError, match="не читается"):
        from_qti(path, "bad", "log-out")


def test_edited_question_rules_over_the_note(sample: Quiz, tmp_path: Path) -> None:
    to_qti(sample, tmp_path / "whole.zip")
    path = repacked(tmp_path / "whole.zip", tmp_path / "edited.zip", {"Сколько стоит?": "Какая цена?"})
    read = from_qti(path, sample.id, "log-out")
    assert read.item("q-number").text == "Какая цена?"
    assert read.item("q-number").skill == sample.item("q-number").skill


def test_ordinary_document_is_read() -> None:
    assert read_xml(b'<a xmlns="urn:x"><b/></a>', "x", "y").find("b") is not None
