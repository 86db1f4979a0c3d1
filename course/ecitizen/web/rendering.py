"""Voila's renderer for one page: the text of the notebook, then what its cells show in a kernel."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from types import CodeType
from typing import Any

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from nbclient.exceptions import CellExecutionError
from nbconvert.preprocessors.clearoutput import ClearOutputPreprocessor
from voila.configuration import VoilaConfiguration
from voila.execute import strip_code_cell_warnings
from voila.notebook_renderer import NotebookRenderer

from ecitizen.errors import CourseError

SILENCE_S = 60.0
"""After so long without a word from the kernel it is not going to come."""

FAILED = '"output_type": "error"'
"""Stands in a page one of whose cells failed; Voila has taken the traceback out."""

Start = Callable[[], Awaitable[Any]]
"""Starts a kernel and gives its manager."""


class CompiledTemplates(BytecodeCache):
    """Keeps compiled templates: Voila compiles all of them for every page, which takes half of its time."""

    def __init__(self) -> None:
        """Begin empty."""
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give the code of a template whose source is the same."""
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of a template."""
        if bucket.code is not None:
            self._codes[bucket.key, bucket.checksum] = bucket.code


class PageRenderer(NotebookRenderer):
    """Voila's renderer, but it ends when it is told to, and with its kernel.

    Voila's own yields inside of a ``finally``, which swallows a cancellation, and asks a dead kernel cell by cell.
    """

    async def _jinja_cell_generator(self, nb: Any, kernel_id: str) -> AsyncGenerator[Any, None]:  # noqa: ARG002
        """Run the cells one by one, up to the first that fails; what the template calls ``cell_generator``."""
        nb, _ = ClearOutputPreprocessor().preprocess(nb, {"metadata": {"path": self.cwd}})
        for index, cell in enumerate(nb.cells):
            try:
                yield await self.executor.execute_cell(cell, None, index, store_history=False)
            except CellExecutionError as error:
                self.log.error("A cell of %s failed: %s", self.notebook_path, error)
                strip_code_cell_warnings(cell)
                self.executor.strip_code_cell_errors(cell)
                yield cell
                break


class Renderer:
    """Renders lesson pages with the settings of one server."""

    def __init__(
        self,
        settings: Mapping[str, Any],
        base_url: str,
        voila: VoilaConfiguration,
        template_paths: list[str],
        config: Any,
    ) -> None:
        """Take what Voila's renderer wants; ``settings`` are those of the web application."""
        self._compiled = CompiledTemplates()
        self._options = {
            "voila_configuration": voila,
            "traitlet_config": config,
            "template_paths": template_paths,
            "config_manager": settings["config_manager"],
            "contents_manager": settings["contents_manager"],
            "kernel_spec_manager": settings["kernel_spec_manager"],
            "base_url": base_url,
            "page_config": {},
        }

    async def stream(self, lesson: str, kernel_id: str, start: Start) -> AsyncGenerator[str, None]:
        """Give the page in pieces; ``start`` gives the kernel manager and is called when the text has been given.

        A ``CourseError`` says that the kernel keeps silent.
        """
        renderer = PageRenderer(notebook_path=f"{lesson}.ipynb", **self._options)
        await renderer.initialize()
        renderer.exporter.environment.bytecode_cache = self._compiled
        kernel = start()
        pieces = renderer.generate_content_generator(kernel_id, kernel)
        try:
            while True:
                async with asyncio.timeout(SILENCE_S):
                    html, _ = await anext(pieces)
                yield html
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            raise CourseError(f"lesson {lesson}", f"нет ответа {SILENCE_S:.0f} с", "Откройте урок ещё раз") from error
        finally:
            await pieces.aclose()
            _let_go(renderer, kernel)


def _let_go(renderer: PageRenderer, kernel: Any) -> None:
    executor = getattr(renderer, "executor", None)
    if executor is not None and executor.kc is not None:
        executor.kc.stop_channels()
    elif asyncio.iscoroutine(kernel):
        kernel.close()
