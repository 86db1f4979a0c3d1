"""formgrader as a server extension that works on every system; ``ecitizen lab`` enables it in the place of nbgrader's.

nbgrader's own does nothing about its exchange on Windows, since there its exchange cannot work; ours (``inbox``) can.
The pages, the handlers and their code are nbgrader's.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from nbgrader.apps.api import NbGraderAPI
from nbgrader.server_extensions.formgrader import formgrader
from nbgrader.server_extensions.formgrader.base import BaseHandler
from nbgrader.server_extensions.formgrader.formgrader import FormgradeExtension

from ecitizen.gradebook.borrowing import renamed

_ANY_SYSTEM = SimpleNamespace(platform="any")
"""Stands where nbgrader's code asks ``sys`` for Windows, and for nothing else."""


class PortableAPI(NbGraderAPI):
    """nbgrader's API with the exchange of the settings, whatever the system."""

    __init__ = renamed(NbGraderAPI.__init__, sys=_ANY_SYSTEM)
    unrelease = renamed(NbGraderAPI.unrelease, sys=_ANY_SYSTEM)
    release_assignment = renamed(NbGraderAPI.release_assignment, sys=_ANY_SYSTEM)
    collect = renamed(NbGraderAPI.collect, sys=_ANY_SYSTEM)
    exchange_is_functional = property(renamed(NbGraderAPI.exchange_is_functional.fget, sys=_ANY_SYSTEM))


class PortableHandler:
    """What every handler of formgrader gets."""

    api = property(renamed(BaseHandler.api.fget, NbGraderAPI=PortableAPI))


class Formgrader(FormgradeExtension):
    """nbgrader's extension with those handlers."""

    def init_handlers(self, webapp: Any) -> None:
        """Add nbgrader's handlers, each as a subclass with our API."""

        def add(host: str, rules: list[Any]) -> None:
            webapp.add_handlers(host, [_portable(rule) for rule in rules])

        super().init_handlers(SimpleNamespace(settings=webapp.settings, add_handlers=add))


def _portable(rule: Any) -> Any:
    pattern, handler, *rest = rule
    if issubclass(handler, BaseHandler):
        handler = type(handler.__name__, (PortableHandler, handler), {"__module__": handler.__module__})
    return (pattern, handler, *rest)


_load_jupyter_server_extension = renamed(formgrader.load_jupyter_server_extension, FormgradeExtension=Formgrader)


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]
