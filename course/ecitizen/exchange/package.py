"""The QTI 1.2 package: a zip with a manifest and the assessment, the same bytes for the same quiz."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree as ET
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from ecitizen.errors import ContentError
from ecitizen.exchange.loss import Loss
from ecitizen.exchange.qti import assessment, legal
from ecitizen.practice.quiz import Quiz

_MANIFEST = "http://www.imsglobal.org/xsd/imscp_v1p1"
_SCHEMA = "http://www.w3.org/2001/XMLSchema-instance"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The first day that a zip knows; the day of the export would change the bytes."""


def to_qti(quiz: Quiz, path: Path) -> list[Loss]:
    """Write the package; ContentError if the file can't be written."""
    tree, lost = assessment(quiz)
    # An XML id can't begin with a digit, as our lessons do.
    name = f"quiz-{quiz.id}"
    files = {"imsmanifest.xml": _manifest(quiz, name), f"{name}/{name}.xml": tree}
    whole = BytesIO()
    with ZipFile(whole, "w") as package:
        for inside, document in files.items():
            package.writestr(_entry(inside), _bytes(document))
    try:
        path.write_bytes(whole.getvalue())
    except OSError as error:
        remedy = "Проверьте папку и права на неё"
        raise ContentError(path, "файл", f"файл не записывается ({error.strerror})", remedy) from error
    return lost


def _manifest(quiz: Quiz, name: str) -> ET.Element:
    root = ET.Element("manifest", {"xmlns": _MANIFEST, "xmlns:xsi": _SCHEMA, "identifier": f"manifest-{quiz.id}"})
    metadata = ET.SubElement(root, "metadata")
    ET.SubElement(metadata, "schema").text = "IMS Content"
    ET.SubElement(metadata, "schemaversion").text = "1.1.3"
    ET.SubElement(root, "organizations")
    resources = ET.SubElement(root, "resources")
    resource = ET.SubElement(resources, "resource", {"identifier": name, "type": "imsqti_xmlv1p2"})
    ET.SubElement(resource, "file", {"href": legal(f"{name}/{name}.xml")})
    return root


def _bytes(root: ET.Element) -> bytes:
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name, _LONG_AGO)
    # Fixed, and not packed: systems and versions of zlib differ.
    entry.create_system, entry.external_attr, entry.compress_type = 3, 0o644 << 16, ZIP_STORED
    return entry
