"""The wire between one page and the server: a proxy that can be cut, loudly or in silence."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Literal

CHUNK_BYTES = 64 * 1024

Manner = Literal["reset", "silent"]
"""``reset``: connections break and none is made; ``silent``: nothing comes through until the wire is whole again."""


class Link:
    """One learner's wire; everything goes through while it is whole."""

    def __init__(self, server_port: int) -> None:
        """Lead to a port of this machine."""
        self._server_port = server_port
        self._flows, self._whole = asyncio.Event(), True
        self._flows.set()
        self._ends: set[asyncio.StreamWriter] = set()
        self._listening: asyncio.Server | None = None
        self.port = 0

    async def open(self) -> None:
        """Listen on a free port."""
        self._listening = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = self._listening.sockets[0].getsockname()[1]

    async def cut(self, manner: Manner, seconds: float) -> None:
        """Cut the wire for so long."""
        if manner == "silent":
            self._flows.clear()
        else:
            self._whole = False
            for end in list(self._ends):
                end.transport.abort()
        await asyncio.sleep(seconds)
        self._whole = True
        self._flows.set()

    async def close(self) -> None:
        """Listen no more."""
        if self._listening is not None:
            self._listening.close()
        for end in list(self._ends):
            end.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if not self._whole:
                raise ConnectionResetError
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        except OSError:
            writer.transport.abort()
            return
        self._ends |= {writer, far_writer}
        try:
            await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))
        except (OSError, asyncio.CancelledError):
            # Cancelled when the loop ends: asyncio's own callback can't take a cancelled handler.
            writer.transport.abort()
            far_writer.transport.abort()
        finally:
            self._ends -= {writer, far_writer}
            writer.close()
            far_writer.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK_BYTES):
            await self._flows.wait()
            writer.write(data)
            await writer.drain()
        with contextlib.suppress(OSError):
            writer.write_eof()
