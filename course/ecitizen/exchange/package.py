"""A QTI package: a zip with a manifest and the questions, the same bytes for the same quiz.

QTI 1.2 has one file for the whole assessment, QTI 2.1 one for each question. What our reader needs besides the
questions stands in the metadata: of the assessment (1.2), of the manifest (2.1).
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from ecitizen.errors import ContentError, CourseErrors
from ecitizen.exchange import qti, qti21
from ecitizen.exchange.building import MOST_ITEMS, Place, a_quiz, as_one
from ecitizen.exchange.loss import Loss
from ecitizen.exchange.qti21_reading import from_item
from ecitizen.exchange.qti_reading import from_assessment, read_note, title_in
from ecitizen.exchange.xml_text import legal, read_xml
from ecitizen.practice.quiz import Item, Quiz

LARGEST_BYTES = 4_000_000
"""Of one file inside a package, and of all questions together."""

_MANIFEST = "http://www.imsglobal.org/xsd/imscp_v1p1"
_SCHEMA = "http://www.w3.org/2001/XMLSchema-instance"
_NOTE = "urn:ecitizen:note"
_OLD, _NEW = "imsqti_xmlv1p2", "imsqti_item_xmlv2p1"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The first day that a zip knows; the day of the export would change the bytes."""

_BROKEN = (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
"""What a spoilt, encrypted or oddly packed file in a zip raises."""

_AGAIN = "Сохраните пакет заново"


def to_qti(quiz: Quiz, path: Path) -> list[Loss]:
    """Write a QTI 1.2 package; ContentError if the file can't be written."""
    tree, lost = qti.assessment(quiz)
    # An XML id can't begin with a digit, as our lessons do.
    name = f"quiz-{quiz.id}"
    manifest, resources = _manifest(quiz, "1.1.3")
    _resource(resources, name, _OLD, f"{name}/{name}.xml")
    _write(path, {"imsmanifest.xml": manifest, f"{name}/{name}.xml": tree})
    return lost


def to_qti21(quiz: Quiz, path: Path) -> list[Loss]:
    """Write a QTI 2.1 package; ContentError if the file can't be written."""
    manifest, resources = _manifest(quiz, "2.1")
    files = {"imsmanifest.xml": manifest}
    for item in quiz.items:
        name = f"items/{item.id}.xml"
        resource = _resource(resources, f"item-{item.id}", _NEW, name)
        resource.insert(0, _noted(qti.note(item)))
        files[name] = qti21.document(item)
    _write(path, files)
    return qti.losses(quiz, qti21.losses)


def from_qti(path: Path, quiz_id: str, skill: str) -> Quiz:
    """Read a package of either version; ``skill`` is given to questions that name none.

    Raises ContentError, or CourseErrors with one ContentError a fault.
    """
    with _opened(path) as package:
        manifest = _inside(package, "imsmanifest.xml", path)
        old = [one for one in manifest.iter("resource") if one.get("type", "").startswith(_OLD)]
        new = [one for one in manifest.iter("resource") if one.get("type", "").startswith(_NEW)]
        if new and not old:
            return _from_items(package, manifest, new, quiz_id, skill, path)
        if len(old) == 1 and not new:
            return from_assessment(_inside(package, _href(old[0]), path), quiz_id, skill, path)
    problem = f"тестов QTI 1.2 в пакете {len(old)}, вопросов QTI 2.1 {len(new)}"
    raise ContentError(path, "imsmanifest.xml", problem, "Сохраните в пакет один тест")


def _from_items(
    package: ZipFile, manifest: ET.Element, resources: list[ET.Element], quiz_id: str, skill: str, path: Path
) -> Quiz:
    if len(resources) > MOST_ITEMS:
        raise ContentError(path, "файл", f"вопросов {len(resources)}, а можно не больше {MOST_ITEMS}", "Разделите тест")
    items: list[Item] = []
    faults: list[ContentError] = []
    for resource in resources:
        try:
            note = read_note(resource.findtext("metadata/note"), Place(path, resource.get("identifier", "")))
            root = _inside(package, _href(resource), path)
            items.append(from_item(root, note, skill, {item.id for item in items}, path))
        except ContentError as error:
            faults.append(error)
        except CourseErrors as error:
            faults += [one for one in error.errors if isinstance(one, ContentError)]
    if faults:
        raise as_one(faults)
    return a_quiz(quiz_id, title_in(manifest.findtext("metadata/note")) or quiz_id, items, path)


def _opened(path: Path) -> ZipFile:
    try:
        return ZipFile(path)
    except BadZipFile as error:
        raise ContentError(path, "файл", f"пакет не читается ({error})", _AGAIN) from error
    except OSError as error:
        problem = f"файл не читается ({error.strerror})"
        raise ContentError(path, "файл", problem, "Проверьте имя файла и права на него") from error


def _inside(package: ZipFile, name: str, path: Path) -> ET.Element:
    try:
        with package.open(name) as file:
            raw = file.read(LARGEST_BYTES + 1)
    except KeyError as error:
        raise ContentError(path, name[:80], "этого файла в пакете нет", _AGAIN) from error
    except _BROKEN as error:
        raise ContentError(path, name[:80], f"файл в пакете не читается ({error})", _AGAIN) from error
    if len(raw) > LARGEST_BYTES:
        raise ContentError(path, name[:80], f"файл больше {LARGEST_BYTES} байт", "Разделите тест")
    return read_xml(raw, path, name[:80])


def _href(resource: ET.Element) -> str:
    places = [resource, *resource.findall("file")]
    return next((href for place in places if (href := place.get("href", ""))), "")


def _manifest(quiz: Quiz, version: str) -> tuple[ET.Element, ET.Element]:
    """Give the manifest and its list of resources."""
    root = ET.Element("manifest", {"xmlns": _MANIFEST, "xmlns:xsi": _SCHEMA, "identifier": f"manifest-{quiz.id}"})
    metadata = _noted({"title": quiz.title}) if version == "2.1" else ET.Element("metadata")
    root.append(metadata)
    schema = ET.Element("schema")
    schema.text = "QTIv2.1 Package" if version == "2.1" else "IMS Content"
    schema_version = ET.Element("schemaversion")
    schema_version.text = "1.0.0" if version == "2.1" else version
    metadata[:0] = [schema, schema_version]
    ET.SubElement(root, "organizations")
    return root, ET.SubElement(root, "resources")


def _resource(resources: ET.Element, name: str, kind: str, href: str) -> ET.Element:
    resource = ET.SubElement(resources, "resource", {"identifier": name, "type": kind})
    if kind == _NEW:
        resource.set("href", legal(href))
    ET.SubElement(resource, "file", {"href": legal(href)})
    return resource


def _noted(note: Mapping[str, Any]) -> ET.Element:
    """Give metadata with our own note, which other systems skip."""
    metadata = ET.Element("metadata")
    # In ASCII, so that nothing of it is lost to XML.
    ET.SubElement(metadata, "note", {"xmlns": _NOTE}).text = json.dumps(note)
    return metadata


def _write(path: Path, files: Mapping[str, ET.Element]) -> None:
    whole = BytesIO()
    with ZipFile(whole, "w") as package:
        for name, document in files.items():
            package.writestr(_entry(name), _bytes(document))
    try:
        path.write_bytes(whole.getvalue())
    except OSError as error:
        remedy = "Проверьте папку и права на неё"
        raise ContentError(path, "файл", f"файл не записывается ({error.strerror})", remedy) from error


def _bytes(root: ET.Element) -> bytes:
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name, _LONG_AGO)
    # Fixed, and not packed: systems and versions of zlib differ.
    entry.create_system, entry.external_attr, entry.compress_type = 3, 0o644 << 16, ZIP_STORED
    return entry
