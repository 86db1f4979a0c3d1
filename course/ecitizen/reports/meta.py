"""What a report must know beside the figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

from ecitizen.content import folder
from ecitizen.indicators import Organisation, TrainedRule
from ecitizen.reports.project import Project

Appendix = Literal["none", "short", "full"]
"""No records, the first of each figure, or all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """Particulars of one report."""

    made: date
    """The day it was made; a target missed by a period that still runs is not called missed."""

    version: str
    """Of the program."""

    rule: TrainedRule | None = None
    """What «обучен» means, for the footnote; None if the course has no rule."""

    lessons: Mapping[str, str] = field(default_factory=dict)
    """Titles of lessons by id, for the same footnote."""

    project: Project = field(default_factory=Project)
    """The texts of the project's passport and its road map."""

    sites: Mapping[str, str] = field(default_factory=dict)
    """Names of libraries by id, for the lists of facts and for the heading of a report on one library."""

    library: str = ""
    """Name of the library whose course folder it is."""

    inside: bool = False
    """The paper stays in the library: small figures are shown."""

    appendix: Appendix = "full"
    """How many of the records behind its figures a paper lists."""

    papers: Path | None = None
    """A folder of the library's own templates, which may be absent; they go before the shipped ones."""

    def organisation(self, given: Organisation) -> Organisation:
        """Say who hands the paper in: where a passport is everybody's, ``{library}`` stands for the library's name."""
        told = {name: text.replace("{library}", self.library) for name, text in given.model_dump().items()}
        return given.model_copy(update=told)

    def template(self, name: str) -> Path:
        """Give the template of a name: the library's own, or the shipped one."""
        own = self.papers / name if self.papers else None
        return own if own is not None and own.is_file() else folder("papers") / name
