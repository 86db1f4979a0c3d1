"""A wire between a browser and a server of this machine that counts what really travels on it, headers included."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType

PIECE_BYTES = 65536


class Wire:
    """Carries TCP connections to a port of 127.0.0.1 for the length of a ``with``."""

    def __init__(self, to_port: int) -> None:
        """Listen on a free port."""
        self._to_port = to_port
        self._door = socket.create_server(("127.0.0.1", 0))
        self._ends: set[socket.socket] = set()
        self._pumps: list[threading.Thread] = []
        self._lock = threading.Lock()
        self.port = int(self._door.getsockname()[1])
        self.received_bytes = 0
        """What came from the server so far."""

    def __enter__(self) -> Wire:
        """Begin to carry."""
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Cut everything."""
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._listener.join()
        self._door.close()
        self.cut()
        for pump in self._pumps:
            pump.join()

    def cut(self) -> None:
        """Close the connections that there are, as a pulled cable does; new ones are carried again."""
        with self._lock:
            ends, self._ends = self._ends, set()
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                self._carry(self._door.accept()[0])

    def _carry(self, browser: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self._to_port))
        except OSError:
            browser.close()
            return
        for end in (browser, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._ends |= {browser, server}
        pump = threading.Thread(target=self._pump, args=(browser, server), daemon=True)
        self._pumps.append(pump)
        pump.start()

    def _pump(self, browser: socket.socket, server: socket.socket) -> None:
        """Carry both ways until one side is through, then close both."""
        back = threading.Thread(target=self._carry_on, args=(server, browser, True), daemon=True)
        back.start()
        self._carry_on(browser, server, False)
        back.join()
        with self._lock:
            self._ends -= {browser, server}
        browser.close()
        server.close()

    def _carry_on(self, source: socket.socket, sink: socket.socket, counted: bool) -> None:
        with suppress(OSError):
            while piece := source.recv(PIECE_BYTES):
                if counted:
                    with self._lock:
                        self.received_bytes += len(piece)
                sink.sendall(piece)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
