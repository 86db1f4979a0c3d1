"""The whole of it: a class, its faults, and the verdict."""

from __future__ import annotations

import asyncio
import csv
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from tornado.httpclient import AsyncHTTPClient

from ecitizen import content
from ecitizen.chaos.faults import Fault, draw
from ecitizen.chaos.learner import LESSON, Learner
from ecitizen.chaos.links import Link
from ecitizen.chaos.page import Browser
from ecitizen.chaos.server import Victim
from ecitizen.demo.people import people
from ecitizen.folder import CourseFolder
from ecitizen.journal.store import Store
from ecitizen.opening import OWN_SITE, begin, connect
from ecitizen.register.importing import import_table

PAUSE_S = 1.0

Say = Callable[[str], None]


def play(
    learners: int, faults: int, seed: int, *, presses: int = 40, scale: float = 10.0, say: Say = lambda _line: None
) -> dict[str, Any]:
    """Let a class of cards practise while faults strike; gives the document of ``ecitizen bench chaos``.

    The same seed gives the same presses and the same faults at the same presses; only the moments differ. How long a
    wire is cut (1 to 90 s) is divided by ``scale``; everything that a page waits for takes as long as on the page.
    """
    with tempfile.TemporaryDirectory(prefix="ecitizen-chaos-") as place:
        folder, pins = course(Path(place), learners, seed)
        lesson = _Lesson(folder, Path(place), pins, draw(seed, faults, learners, presses), scale, say)
        return asyncio.run(lesson.run(seed, presses))


def course(place: Path, learners: int, seed: int) -> tuple[CourseFolder, dict[int, str]]:
    """Make a course folder with so many cards; gives their PINs by number."""
    folder = CourseFolder.create(place / "course", "Библиотека")
    begin(folder)
    path = place / "learners.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, delimiter=";")
        table.writerow(["Номер карточки", "Фамилия", "Имя", "Группа", "Место", "ПИН"])
        table.writerows([one.number, one.surname, one.given, "Г-1", OWN_SITE, ""] for one in people(learners, seed))
    engine = connect(folder)
    pins = import_table(engine, "learners", path, rng=Random(seed)).pins
    engine.dispose()
    return folder, pins


class _Lesson:
    def __init__(
        self, folder: CourseFolder, place: Path, pins: dict[int, str], faults: list[Fault], scale: float, say: Say
    ) -> None:
        self._folder, self._faults, self._scale, self._say = folder, faults, scale, say
        self._victim = Victim(folder, place, len(pins))
        self._pins, self._links = pins, [Link(self._victim.port) for _ in pins]
        self._class: list[Learner] = []
        self._strikes: set[asyncio.Task[None]] = set()

    async def run(self, seed: int, presses: int) -> dict[str, Any]:
        """Play, look and judge."""
        begun, load = time.monotonic(), os.getloadavg()[0]
        await self._victim.start()
        try:
            await self._meet(seed)
            await asyncio.gather(*(learner.study(presses, PAUSE_S) for learner in self._class))
            await asyncio.gather(*self._strikes)
            astray = await asyncio.gather(*(learner.look() for learner in self._class))
        finally:
            for learner in self._class:
                learner.close()
            for link in self._links:
                await link.close()
            self._victim.stop()
        counts = [learner.counts for learner in self._class]
        return {
            "what": "chaos",
            "seed": seed,
            "learners": len(self._class),
            "faults": dict(Counter(fault.kind for fault in self._faults)),
            "cut_scale": self._scale,
            "minutes": round((time.monotonic() - begun) / 60, 1),
            "load": round(load, 1),
            "sent": sum(one.sent for one in counts),
            "acknowledged": sum(len(learner.told) for learner in self._class),
            "refused": sum(one.refused for one in counts),
            "transmissions": sum(one.transmissions for one in counts),
            "reloads": sum(one.reloads for one in counts),
            "reattached": sum(one.reattached for one in counts),
            "logins": sum(one.logins for one in counts),
            **self._verdict(),
            "surprises": [text for one in counts for text in one.surprises],
            "wrong_step": [
                f"card {learner.number}, {name}"
                for learner, names in zip(self._class, astray, strict=True)
                for name in names
            ],
        }

    async def _meet(self, seed: int) -> None:
        lesson = content.lesson(LESSON)
        for place, ((card, pin), link) in enumerate(zip(self._pins.items(), self._links, strict=True)):
            await link.open()
            browser = Browser(f"http://127.0.0.1:{link.port}/", AsyncHTTPClient(force_instance=True))

            def strike(press: int, place: int = place) -> None:
                for fault in self._faults:
                    if (fault.learner, fault.press) == (place, press):
                        self._strikes.add(asyncio.create_task(self._befall(fault)))

            self._class.append(Learner(card, pin, lesson, browser, f"chaos:{seed}:{place}", strike))

    async def _befall(self, fault: Fault) -> None:
        await asyncio.sleep(fault.delay_s)
        self._say(str(fault))
        learner, link = self._class[fault.learner], self._links[fault.learner]
        match fault.kind:
            case "kernel":
                if learner.kernel_id is not None:
                    await asyncio.to_thread(self._victim.kill_kernel, learner.kernel_id)
            case "server":
                await self._victim.kill()
            case "cut":
                await link.cut("reset", fault.amount / self._scale)
            case "silence":
                await link.cut("silent", fault.amount / self._scale)
            case "disk":
                await self._victim.fill_disk(fault.amount)
            case "clock":
                await self._victim.move_clock(fault.amount)
            case "tab" | "device":
                learner.open_second_tab(other_device=fault.kind == "device")

    def _verdict(self) -> dict[str, list[str]]:
        """Compare the journal with what was acknowledged; every list must be empty."""
        engine = connect(self._folder)
        store = Store(engine)
        found: dict[str, list[str]] = {"lost": [], "doubled": [], "changed": [], "disordered": []}
        for learner in self._class:
            kept = {event.id: event for event in store.read(learner.number)}
            told = {one.key: one for one in learner.told}
            found["lost"] += [f"card {learner.number}, {one}" for one in told.values() if one.key not in kept]
            found["doubled"] += [f"card {learner.number}, {event}" for key, event in kept.items() if key not in told]
            if [key for key in told if key in kept] != [key for key in kept if key in told]:
                found["disordered"].append(f"card {learner.number}")
            for key in told.keys() & kept.keys():
                event, one = kept[key], told[key]
                if (event.activity, event.run, event.body) != (one.activity, one.run, one.body):
                    found["changed"].append(f"card {learner.number}, told {one}, kept {event}")
        engine.dispose()
        return found
