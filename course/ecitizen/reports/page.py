"""The same report as one printable page without anything from elsewhere."""

from __future__ import annotations

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from ecitizen.errors import ContentError
from ecitizen.indicators import Indicators
from ecitizen.reports.meta import Meta
from ecitizen.reports.paper import write
from ecitizen.reports.words import Words


def as_html(indicators: Indicators, meta: Meta, words: Words) -> bytes:
    """Fill ``papers/report.html``; a template that can't be filled is a ``ContentError``."""
    template = meta.template("report.html")
    environment = SandboxedEnvironment(
        loader=FileSystemLoader(template.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    try:
        filled = environment.get_template("report.html").render(
            paper=write(indicators, meta, words),
            passport=indicators.passport,
            organisation=meta.organisation(indicators.passport.organisation),
            words=words,
            columns=words.columns,
        )
    except (TemplateError, TypeError, ArithmeticError) as error:  # the last two: sums in a field of the template
        problem = f"шаблон не заполняется: {error}"
        raise ContentError(template, "поля", problem, "Сверьте имена полей с papers/README.md") from error
    return filled.encode()
