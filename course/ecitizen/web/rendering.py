"""Voila's renderer for one page: the text of the notebook, then what its cells show in a kernel."""

from __future__ import annotations

import asyncio
import json
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

from ecitizen import content
from ecitizen.errors import CourseError
from ecitizen.web.full_page import FullPage, wants_full_page
from ecitizen.web.page_files import page_files

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

    full: FullPage
    """How to make a page that our own front end can't."""

    is_full = False

    async def load_notebook(self, path: str) -> Any:
        """Read the notebook, and choose the front end that it needs."""
        notebook = await super().load_notebook(path)
        self.is_full = wants_full_page(notebook.cells)
        if self.is_full:
            self.voila_configuration, self.template_paths = self.full.configuration, self.full.template_paths
            self.page_config = self.full.page_config({}, self.log)
        return notebook

    async def _jinja_kernel_start(self, nb: Any, kernel_id: str, kernel_future: Any) -> str:
        """Tell the kernel, before its first cell, that a slim page has the browser side of our widgets."""
        started: str = await super()._jinja_kernel_start(nb, kernel_id, kernel_future)
        if not self.is_full:
            self.executor.kc.execute(f"import os; os.environ[{content.SLIM_PAGE!r}] = '1'", silent=True)
        return started

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
        self._compiled, self._settings = CompiledTemplates(), settings
        self._full = FullPage(voila, base_url)
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
        renderer.full = self._full
        await renderer.initialize()
        renderer.exporter.environment.bytecode_cache = self._compiled
        renderer.resources["ecitizen"] = self._files(renderer.notebook)
        kernel = start()
        pieces = renderer.generate_content_generator(kernel_id, kernel)
        try:
            while True:
                async with asyncio.timeout(SILENCE_S):
                    html, _ = await anext(pieces)
                yield self._full.finish(html) if renderer.is_full else html
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            raise CourseError(f"lesson {lesson}", f"нет ответа {SILENCE_S:.0f} с", "Откройте урок ещё раз") from error
        finally:
            await pieces.aclose()
            _let_go(renderer, kernel)

    def _files(self, notebook: Any) -> dict[str, str]:
        """Give the addresses of the page's script and style, and what tells this page from one of another content."""
        script, style = (one.name for one in page_files(self._settings))
        at = f"{self._options['base_url']}course-static/"
        version = content.fingerprint(script + style + json.dumps(notebook.cells))
        return {"script": at + script, "style": at + style, "version": version}


def _let_go(renderer: PageRenderer, kernel: Any) -> None:
    executor = getattr(renderer, "executor", None)
    if executor is not None and executor.kc is not None:
        executor.kc.stop_channels()
    elif asyncio.iscoroutine(kernel):
        kernel.close()
