"""The command ``ecitizen``: one function of a room per command.

Russian for librarians on stdout, or one JSON document with ``--json``; progress and warnings on stderr. Exit 0 done,
1 a ``CourseError`` in one line, 2 wrong usage. Rooms are imported where they are used: ``ecitizen --help`` must not
wait for Jupyter.
"""

from __future__ import annotations

import sys

import click

from ecitizen import __version__
from ecitizen.cli import authors, chaos, class_papers, erasure, outcomes, paper, register, results, teaching
from ecitizen.cli.common import Group

COMMANDS = (
    *(teaching.init, teaching.serve_course, teaching.demo, teaching.register, teaching.cards),
    *(results.grade, results.indicators, results.report, results.lab, chaos.bench, results.gain, results.survey),
    *(outcomes.results, outcomes.feedback),
    *(paper.handout, paper.book, paper.slides),
    *(class_papers.certificate, class_papers.paper),
    *(erasure.erase, register.backup, register.restore),
    *(authors.check, authors.new, authors.preview, authors.quiz, authors.schemas),
)


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="ecitizen")
def cli() -> None:
    """«Компетентный е-гражданин»: курс для библиотек."""


for command in COMMANDS:
    cli.add_command(command)


def main() -> None:
    """Run the command; the texts are UTF-8 wherever they go."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    cli(prog_name="ecitizen")
