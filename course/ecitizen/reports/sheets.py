"""The same report as PDF by typst (ADR 11): for printing and for those who have no office program."""

from __future__ import annotations

from dataclasses import asdict

from ecitizen.indicators import Indicators
from ecitizen.notebooks.setting import pdf
from ecitizen.reports.meta import Meta
from ecitizen.reports.paper import write
from ecitizen.reports.words import Words


def as_pdf(indicators: Indicators, meta: Meta, words: Words) -> bytes:
    """Set ``papers/report.typ``; a template that can't be set is a ``CourseError``."""
    paper = write(indicators, meta, words)
    told = {name: getattr(words, name) for name in ("records", "tables", "stories", "appendix", "empty")}
    return pdf(
        "report.typ",
        {
            "paper": asdict(paper),
            "has_whole": paper.has_whole,
            "organisation": meta.organisation(indicators.passport.organisation).model_dump(),
            "columns": words.columns.model_dump(),
            "words": {**told, "none": words.target.none},
        },
    )
