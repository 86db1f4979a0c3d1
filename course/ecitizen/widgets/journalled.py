"""The rule that every widget keeps: an event is on the disk before its effect is shown.

A synced trait is public and writable by the browser; so no key stands in one, what the browser writes into one is
never read, and only custom messages are judged.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

import anywidget
import traitlets

from ecitizen import content
from ecitizen.errors import JournalError
from ecitizen.journal.event import Event, Journal, JournalOffline
from ecitizen.practice.refusal import Refused
from ecitizen.widgets.awaited import AwaitedJournal

KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""What the browser names a message by: a UUID, so that the same message sent twice is kept once."""


class JournalledWidget(anywidget.AnyWidget):
    """A widget whose state is a fold over the events of one activity of one lesson."""

    view = traitlets.Dict().tag(sync=True)
    """What the browser draws; see the class for its shape."""

    answered = traitlets.Unicode().tag(sync=True)
    """Key of the message whose effect ``view`` shows; both travel as one, so that no press falls between them."""

    texts = traitlets.Dict().tag(sync=True)
    """Russian words of the browser side, from ``widgets/texts.yaml``; empty where the page has them."""

    _esm: str
    """The browser side: an ES module, or its fingerprint where the page has the module."""

    _css = ""

    def __init__(self, lesson: str, activity: str, journal: Journal, texts: Mapping[str, Any]) -> None:
        """Read what the journal holds of the activity; the newest run is the one that goes on."""
        self._lesson, self._activity, self._journal = lesson, activity, journal
        self._begin()
        if os.environ.get(content.SLIM_PAGE):
            self._esm, self._css, texts = content.fingerprint(self._esm), "", {}
        super().__init__(view=self._draw(), texts=dict(texts))
        self.on_msg(self._receive)
        if isinstance(journal, AwaitedJournal):
            journal.when_open(self._begin_anew)

    def _begin(self) -> None:
        """Take everything up that comes from the journal; called again when the learner becomes known."""
        past = self._journal.read(self._lesson, self._activity)
        self._known = {event.id for event in past}
        self._run_number = max((event.run for event in past), default=1)
        self._resume([event.body for event in past if event.run == self._run_number])

    def _begin_anew(self) -> None:
        self._begin()
        with self.hold_sync():
            self._draw_anew()
            # There is no page yet, and a page begins by asking for everything.
            self._states_to_send.clear()

    def _draw_anew(self) -> None:
        self.view = self._draw()

    def _resume(self, bodies: list[dict[str, Any]]) -> None:
        """Take up the run that these events began; an empty list begins a new one."""
        raise NotImplementedError

    def _judge(self, message: dict[str, Any]) -> dict[str, Any] | None:
        """Turn a message into the body of an event, or None where there is nothing to keep; may raise ``Refused``."""
        raise NotImplementedError

    def _apply(self, body: dict[str, Any]) -> None:
        """Let an event that is on the disk have its effect."""
        raise NotImplementedError

    def _draw(self) -> dict[str, Any]:
        """Give the present ``view``."""
        raise NotImplementedError

    def _receive(self, _widget: object, message: object, _buffers: object) -> None:
        key = message.get("key") if isinstance(message, dict) else None
        if not isinstance(message, dict) or not isinstance(key, str) or not KEY.fullmatch(key):
            return
        try:
            self._take(key, {name: value for name, value in message.items() if name != "key"})
        except JournalError as error:
            self.send({"nack": key, "reason": getattr(error, "reason", JournalOffline.reason), "text": error.problem})
        except Refused as error:
            self.send({"nack": key, "reason": "refused", "text": error.problem})
        else:
            self.send({"ack": key})

    def _take(self, key: str, message: dict[str, Any]) -> None:
        if key not in self._known:
            begins = message == {"do": "restart"}
            body = {"do": "begin"} if begins else self._judge(message)
            if body is not None:
                run = self._run_number + begins
                event = Event(id=key, learner=None, lesson=self._lesson, activity=self._activity, run=run, body=body)
                self._journal.append(event)
                self._known.add(key)
                if begins:
                    self._run_number = run
                    self._resume([])
                else:
                    self._apply(body)
        with self.hold_sync():
            self.answered = key
            self.view = self._draw()


def whole(value: object, most: int) -> int | None:
    """Give a whole number from 1 to ``most`` as it came, or None; ``True`` is no number here."""
    return value if type(value) is int and 1 <= value <= most else None
