"""One process, one port: entry, catalogue, lesson pages (Voila composed), the kernels' journal, the instructor's desk.

``app`` says which addresses there are, ``server`` starts and stops; ``visitor`` knows who somebody is, ``launches``
whose a kernel is, ``classroom`` is what handlers share; ``lockout``, ``presence``, ``progress`` and ``words`` are pure.
"""

from ecitizen.web.app import EcitizenApp
from ecitizen.web.server import Running, running, serve

__all__ = ["EcitizenApp", "Running", "running", "serve"]


def _jupyter_server_extension_points() -> list[dict[str, object]]:
    """Tell Jupyter Server where the extension is."""
    return [{"module": "ecitizen.web.app", "app": EcitizenApp}]
