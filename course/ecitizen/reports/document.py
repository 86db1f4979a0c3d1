"""The paper that is signed: a .docx from a template that the library may replace."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, time
from pathlib import Path

from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from ecitizen.errors import ContentError
from ecitizen.indicators import Indicators
from ecitizen.notebooks.setting import png
from ecitizen.reports.lines import Chart
from ecitizen.reports.meta import Meta
from ecitizen.reports.paper import write
from ecitizen.reports.project import in_edition
from ecitizen.reports.roadmap import road
from ecitizen.reports.russian import number
from ecitizen.reports.words import Words

_TEXTS = frozenset({"practice", "plan", "road"})
"""Fields that come from ``project.yaml``."""


def as_docx(indicators: Indicators, meta: Meta, words: Words) -> bytes:
    """Fill the template of the passport; a template that can't be filled is a ``ContentError``."""
    path = meta.template(f"{indicators.passport.paper}.docx")
    paper = write(indicators, meta, words)
    context = {
        "paper": paper,
        "passport": indicators.passport,
        "organisation": meta.organisation(indicators.passport.organisation),
        "words": words,
        "columns": words.columns,
        "practice": in_edition(meta.project.practice, indicators.passport.id),
        "plan": meta.project.plan,
        "road": road(meta.project.plan, meta.made, words),
    }
    return fill(path, context, title=paper.heading, made=meta.made, charts=paper.charts)


def fill(path: Path, context: Mapping[str, object], title: str, made: date, charts: Sequence[Chart] = ()) -> bytes:
    """Fill the fields of a .docx template; title and day go into the properties of the file.

    A template that loops over ``charts`` gets them as pictures, each with its text as the description.
    """
    filled = io.BytesIO()
    try:
        template = DocxTemplate(path)
        drawn = {chart.text: png("chart.typ", asdict(chart)) for chart in charts} if _draws(path) else {}
        pictures = [InlineImage(template, io.BytesIO(data), width=Mm(165)) for data in drawn.values()]
        template.render({**context, "charts": pictures}, jinja_env=_environment())
        _describe(template, drawn)
        about = template.docx.core_properties
        about.title, about.created, about.modified = title, *[datetime.combine(made, time())] * 2
        template.save(filled)
    except (FileNotFoundError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise ContentError(path, "файл", "это не шаблон .docx", "Верните шаблон из поставки программы") from error
    except (TemplateError, TypeError, ArithmeticError) as error:  # the last two: sums in a field of the template
        problem = f"шаблон не заполняется: {error}"
        raise ContentError(path, "поля", problem, "Сверьте имена полей с papers/README.md") from error
    return filled.getvalue()


def asks_for_texts(path: Path) -> bool:
    """Tell whether a template prints what stands in ``project.yaml``; one that can't be read is refused when filled."""
    try:
        return bool(_TEXTS & DocxTemplate(path).get_undeclared_template_variables(_environment()))
    except (FileNotFoundError, zipfile.BadZipFile, KeyError, ValueError, TemplateError):
        return False


def _environment() -> SandboxedEnvironment:
    # A template may come from a stranger: the sandbox lets it print and loop, and nothing else.
    environment = SandboxedEnvironment(autoescape=True, undefined=StrictUndefined)
    environment.filters["number"] = number
    return environment


def _draws(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        return b"in charts" in archive.read("word/document.xml")


def _describe(template: DocxTemplate, drawn: Mapping[str, bytes]) -> None:
    """Give each chart its description; pictures that the library has put into its template are left alone."""
    texts = {data: text for text, data in drawn.items()}
    for shape in template.docx.inline_shapes:
        place = shape._inline.graphic.graphicData.pic.blipFill.blip.embed
        if (text := texts.get(template.docx.part.related_parts[place].blob)) is not None:
            shape._inline.docPr.set("descr", text)
