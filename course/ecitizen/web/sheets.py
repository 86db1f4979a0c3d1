"""The page of a lesson, made once: its text for whoever opens it, and all of it where kernels hold the same widgets.

The text needs no kernel. What the cells show names widgets, and kernels that are forked after their cells were run hold
the same widgets by the same names (``kernels.rehearsed``): Voila's renderer would say of each, cell by cell, what it
said of the first. So a class that comes at once waits for one page and for its kernels, and not for thirty pages.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ecitizen.errors import CourseError
from ecitizen.web.rendering import FAILED, SILENCE_S, Renderer

T = TypeVar("T")

Start = Callable[[AsyncExitStack], Awaitable[Any]]

MOST_MAKINGS = 3
"""Of one page, for one state of the content: kernels that show something else each time have no common page."""

PATIENCE_S = 5.0
"""So long somebody waits for a page that another one makes, who may take it slowly; then one of one's own is sooner."""

WIDGET = "jupyter.widget"
"""What widgets call their comms, which have the names of the widgets."""

_MODEL = re.compile(r'"model_id": "([0-9a-f]{32})"')


class Shared(Generic[T]):
    """What one asker makes and others wait for, by lesson and by state of the content."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._made: dict[str, tuple[int, int, asyncio.Future[T | None]]] = {}

    async def known(self, lesson: str, stamp: int) -> T | None:
        """Give what was made, or is being made just now; None if nobody has begun, or has failed."""
        of_stamp, _, made = self._made.get(lesson, (0, 0, None))
        if made is None or of_stamp != stamp:
            return None
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await asyncio.shield(made)
        except TimeoutError:
            return None

    def begin(self, lesson: str, stamp: int, *, anew: bool = False) -> asyncio.Future[T | None] | None:
        """Give the future that others wait for from now on, and that the asker has to fulfil, with None for a failure.

        None if somebody else makes it, or has made it and it is not to be made ``anew``, or if that never ends.
        """
        of_stamp, times, made = self._made.get(lesson, (stamp, 0, None))
        if of_stamp != stamp:
            times, made = 0, None
        if times == MOST_MAKINGS or (made is not None and (not made.done() or (made.result() and not anew))):
            return None
        making: asyncio.Future[T | None] = asyncio.get_running_loop().create_future()
        self._made[lesson] = stamp, times + 1, making
        return making

    def give_back(self, lesson: str, making: asyncio.Future[T | None]) -> None:
        """Say that the asker has left before it was made: that says nothing about the page, and doesn't count."""
        stamp, times, made = self._made[lesson]
        if made is making:
            self._made[lesson] = stamp, times - 1, made
        making.set_result(None)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page without the number of its kernel."""

    before: str
    after: str
    models: frozenset[str]
    """Widgets that a kernel must have to show this page."""

    @classmethod
    def of(cls, page: str, kernel_id: str) -> Sheet | None:
        """Take a page apart; None where it is no page for another kernel."""
        before, *rest = page.split(kernel_id)
        models = frozenset(_MODEL.findall(page))
        return cls(before, rest[0], models) if len(rest) == 1 and models and FAILED not in page else None

    def page(self, kernel_id: str) -> str:
        """Give the page of a kernel."""
        return self.before + kernel_id + self.after

    async def fits(self, manager: Any) -> bool:
        """Ask a kernel whether it has these widgets; ``CourseError`` if it keeps silent."""
        client = manager.client()
        client.session = client.session.clone()
        client.session.session = uuid.uuid4().hex
        client.start_channels(iopub=False, stdin=False, hb=False, control=False)
        try:
            reply = await client.comm_info(WIDGET, reply=True, timeout=SILENCE_S)
        except TimeoutError as error:
            raise CourseError("kernel", f"нет ответа {SILENCE_S:.0f} с", "Откройте урок ещё раз") from error
        finally:
            client.stop_channels()
        return self.models <= set(reply["content"].get("comms", {}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A page that is wanted."""

    lesson: str
    stamp: int
    """State of the content; see ``Course.stamp``."""

    kernel_id: str
    start: Start
    ahead: Callable[[], bool]
    """Says whether kernels of the lesson have run its cells before they are forked; asked when one is to be started."""


class Sheets:
    """The pages of one server, as far as they are the same for several kernels."""

    def __init__(self, renderer: Renderer) -> None:
        """Take what makes a page."""
        self._renderer = renderer
        self._texts: Shared[str] = Shared()
        self._sheets: Shared[Sheet] = Shared()

    async def stream(self, order: Order) -> AsyncGenerator[str, None]:
        """Give the page of a kernel in pieces, its text at once; errors as of ``Renderer.stream``."""
        text = await self._texts.known(order.lesson, order.stamp) or ""
        if text:
            yield text
        making, kernel = None, None
        if text and order.ahead():
            making = self._sheets.begin(order.lesson, order.stamp)
            if making is None:
                async with AsyncExitStack() as held:
                    kernel = await order.start(held)
                sheet = await self._sheets.known(order.lesson, order.stamp)
                if sheet is not None and await sheet.fits(kernel):
                    yield sheet.page(order.kernel_id).removeprefix(text)
                    return
                making = self._sheets.begin(order.lesson, order.stamp, anew=True)
        async with aclosing(self._made(order, text, kernel, making)) as pieces:
            async for html in pieces:
                yield html

    async def _made(
        self, order: Order, text: str, kernel: Any, making: asyncio.Future[Sheet | None] | None
    ) -> AsyncGenerator[str, None]:
        """Have the page rendered, without the text that has been given, and share what can be shared."""
        writing = self._texts.begin(order.lesson, order.stamp)
        page = ""
        async with AsyncExitStack() as held:

            async def started() -> Any:
                nonlocal making
                if not text and order.ahead():
                    making = self._sheets.begin(order.lesson, order.stamp)
                if writing is not None:
                    writing.set_result(page)
                return kernel or await order.start(held)

            try:
                async with aclosing(self._renderer.stream(order.lesson, order.kernel_id, started)) as pieces:
                    async for html in pieces:
                        page += html
                        new = len(page) - len(text)
                        if new > 0:
                            yield html[-new:]
                if making is not None:
                    making.set_result(Sheet.of(page, order.kernel_id))
            except (GeneratorExit, asyncio.CancelledError):
                if writing is not None and not writing.done():
                    self._texts.give_back(order.lesson, writing)
                if making is not None and not making.done():
                    self._sheets.give_back(order.lesson, making)
                raise
            finally:
                for future in (writing, making):
                    if future is not None and not future.done():
                        future.set_result(None)
