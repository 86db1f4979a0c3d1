"""What the tests of forked kernels share: kernelspecs, a running kernel, code run in it, and who is left behind."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager

READY_S = 60
ARGUMENTS = ["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
METADATA = {"debugger": True, "supported_encryption": ["curve"]}


def write_spec(root: Path, name: str, config: dict[str, Any] | None = None, **other: Any) -> None:
    """Write a kernelspec under a Jupyter data folder; with a ``config`` for the provisioner it is a forked one."""
    metadata: dict[str, Any] = dict(METADATA)
    if config is not None:
        metadata["kernel_provisioner"] = {"provisioner_name": "ecitizen-forked", "config": config}
    spec = {"argv": ARGUMENTS, "display_name": name, "language": "python", "metadata": metadata} | other
    folder = root / "kernels" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")


class Kernel:
    """A running kernel and a client of it."""

    def __init__(self, manager: AsyncKernelManager, client: AsyncKernelClient) -> None:
        self.manager = manager
        self.client = client

    @property
    def pid(self) -> int:
        return int(self.manager.provisioner.pid)

    async def run(self, code: str) -> str:
        """Run code and give what it printed; a failure fails the test."""
        printed: list[str] = []

        def hear(message: dict[str, Any]) -> None:
            if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
                printed.append(message["content"]["text"])

        reply = await self.client.execute_interactive(code, output_hook=hear, timeout=READY_S)
        assert reply["content"]["status"] == "ok", reply["content"].get("traceback")
        return "".join(printed)

    async def ask(self, expression: str, imports: str = "os, sys") -> Any:
        """Evaluate an expression whose value JSON can hold."""
        return json.loads(await self.run(f"import json, {imports}\nprint(json.dumps({expression}))"))


@asynccontextmanager
async def kernel(name: str, *, wait: bool = True, **options: Any) -> AsyncIterator[Kernel]:
    """Start a kernel by the name of its spec for the length of a ``with``."""
    with tempfile.TemporaryDirectory(prefix="k-") as folder:
        manager = AsyncKernelManager(
            kernel_name=name, transport="ipc", connection_file=str(Path(folder) / "kernel.json")
        )
        try:
            await manager.start_kernel(**options)
            async with _client(manager, wait) as client:
                yield Kernel(manager, client)
        finally:
            # A start that is given up in its last moment leaves a kernel with the manager.
            await manager.shutdown_kernel(now=True)


@asynccontextmanager
async def _client(manager: AsyncKernelManager, wait: bool) -> AsyncIterator[AsyncKernelClient]:
    client = manager.client()
    client.start_channels()
    try:
        if wait:
            await client.wait_for_ready(timeout=READY_S)
        yield client
    finally:
        client.stop_channels()


def lives(pid: int) -> bool:
    """Say whether a process lives; a zombie does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def soon(true: Callable[[], bool], seconds: float = 15) -> bool:
    """Wait until something is true."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.05)
    return False
