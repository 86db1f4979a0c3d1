"""Who is to come, and what is made ready once for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, ExitStack
from types import SimpleNamespace
from typing import Any

import pytest
import zmq.asyncio
from tornado.web import HTTPError

from ecitizen.web.coming import CLASS, EXPECTED_S, Coming
from ecitizen.web.launches import Launches, LessonKernel, LessonKernels
from ecitizen.web.sheets import MOST_MAKINGS, Order, Sheet, Sheets
from ecitizen.web.standby import Standby
from ecitizen.web.visitor import Visitor

LESSON = "01-gosuslugi"
MODELS = ["a" * 32, "b" * 32]


class Clock:
    """Tells the seconds that a test says."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_who_looks_at_the_list_is_expected_for_a_while() -> None:
    clock = Clock()
    coming = Coming(0, clock)
    coming.expect("anna", LESSON)
    coming.expect("boris", "02-doctor")
    coming.expect("boris", LESSON)
    coming.expect("vera", None)
    assert coming.wanted([("anna", LESSON)]) == {LESSON: 1}
    coming.came("boris", LESSON)
    assert coming.wanted([]) == {LESSON: 1}
    clock.now_s = EXPECTED_S + 1
    assert +coming.wanted([]) == {}


def test_a_class_that_came_is_expected_no_more() -> None:
    coming = Coming(1)
    coming.announce(LESSON, 3)
    for session in ("anna", "anna", "boris"):
        coming.came(session, LESSON)
    assert coming.wanted([]) == {LESSON: 1}


def test_so_many_at_one_lesson_are_a_class() -> None:
    coming = Coming(0)
    with ExitStack() as waiting:
        for number in range(1, CLASS + 1):
            waiting.enter_context(coming.opening(LESSON))
            assert coming.is_staged(LESSON) == (number == CLASS)
    assert coming.is_staged(LESSON)
    for session in range(CLASS):
        coming.expect(str(session), "02-doctor")
    coming.wanted([])
    assert coming.is_staged("02-doctor")
    coming.announce("03-one-stop", 12)
    assert [lesson for lesson in (LESSON, "02-doctor", "03-one-stop") if coming.is_staged(lesson)] == [
        "02-doctor",
        "03-one-stop",
    ]


def test_guests_do_not_take_the_kernels_of_an_announced_class() -> None:
    coming = Coming(0)
    coming.announce(LESSON, 30)
    for lesson in ("02-doctor", "03-one-stop"):
        for session in range(CLASS):
            coming.expect(f"{lesson}-{session}", lesson)
    coming.wanted([])
    assert coming.is_staged(LESSON)


class Press:
    """Renders as Voila does: the text, then the kernel, then what its cells show."""

    def __init__(self, models: Callable[[], list[str]]) -> None:
        self.pages, self._models = 0, models

    async def stream(self, lesson: str, kernel_id: str, start: Callable[[], Any]) -> AsyncGenerator[str, None]:
        self.pages += 1
        yield f"<h1>{lesson}</h1>"
        await start()
        await asyncio.sleep(0.01)
        yield f'<script id="kernel">{kernel_id}</script>'
        yield "".join(f'{{"model_id": "{model}"}}' for model in self._models())


class Kernel:
    """Has widgets, and says so."""

    def __init__(self, models: list[str]) -> None:
        self.models = models
        self.session = self
        self.stopped = False

    def client(self) -> Kernel:
        return self

    def clone(self) -> Kernel:
        return self

    def start_channels(self, **_channels: bool) -> None: ...

    def stop_channels(self) -> None:
        self.stopped = True

    async def comm_info(self, _target: str, **_options: Any) -> dict[str, Any]:
        return {"content": {"status": "ok", "comms": {model: {} for model in self.models}}}


async def opened(sheets: Sheets, kernel_id: str, kernel: Kernel, *, ahead: bool = True, stamp: int = 1) -> str:
    async def start(_held: AsyncExitStack) -> Kernel:
        await asyncio.sleep(0)
        return kernel

    order = Order(lesson=LESSON, stamp=stamp, kernel_id=kernel_id, start=start, ahead=lambda: ahead)
    return "".join([html async for html in sheets.stream(order)])


def whole(kernel_id: str, models: list[str]) -> str:
    shown = "".join(f'{{"model_id": "{model}"}}' for model in models)
    return f'<h1>{LESSON}</h1><script id="kernel">{kernel_id}</script>{shown}'


def test_a_class_waits_for_one_page() -> None:
    press = Press(lambda: MODELS)
    sheets: Any = Sheets(press)  # type: ignore[arg-type]

    async def together() -> list[str]:
        return list(await asyncio.gather(*(opened(sheets, f"k{n}", Kernel(MODELS)) for n in range(12))))

    assert asyncio.run(together()) == [whole(f"k{n}", MODELS) for n in range(12)]
    assert press.pages == 1


def test_each_gets_the_page_of_its_own_widgets() -> None:
    """Kernels that were not run ahead after all: nobody is shown the widgets of another one."""
    models = iter([f"{n:032x}"] for n in range(100))
    press = Press(lambda: next(models))
    sheets: Any = Sheets(press)  # type: ignore[arg-type]

    async def one_by_one() -> list[str]:
        return [await opened(sheets, f"k{n}", Kernel([f"{n:032x}"])) for n in range(2 * MOST_MAKINGS)]

    pages = asyncio.run(one_by_one())
    assert pages == [whole(f"k{n}", [f"{n:032x}"]) for n in range(2 * MOST_MAKINGS)]


def test_changed_content_makes_another_page() -> None:
    press = Press(lambda: MODELS)
    sheets: Any = Sheets(press)  # type: ignore[arg-type]

    async def before_and_after() -> None:
        for stamp in (1, 1, 2, 2):
            assert await opened(sheets, "k0", Kernel(MODELS), stamp=stamp) == whole("k0", MODELS)

    asyncio.run(before_and_after())
    assert press.pages == 2


def test_a_page_that_breaks_off_holds_nobody_up() -> None:
    press = Press(lambda: MODELS)
    sheets: Any = Sheets(press)  # type: ignore[arg-type]

    async def first_leaves() -> str:
        first = asyncio.create_task(opened(sheets, "first", Kernel(MODELS)))
        await asyncio.sleep(0.001)
        others = asyncio.gather(*(opened(sheets, f"k{n}", Kernel(MODELS)) for n in range(3)))
        await asyncio.sleep(0)
        first.cancel()
        return (await others)[2]

    assert asyncio.run(first_leaves()) == whole("k2", MODELS)


def test_who_leaves_says_nothing_about_the_page() -> None:
    press = Press(lambda: MODELS)
    sheets: Any = Sheets(press)  # type: ignore[arg-type]

    async def some_leave_and_a_class_comes() -> int:
        for number in range(MOST_MAKINGS + 1):
            leaver = asyncio.create_task(opened(sheets, f"leaver{number}", Kernel(MODELS)))
            await asyncio.sleep(0.001)
            leaver.cancel()
            await asyncio.wait([leaver])
        before = press.pages
        await asyncio.gather(*(opened(sheets, f"k{n}", Kernel(MODELS)) for n in range(12)))
        return press.pages - before

    assert asyncio.run(some_leave_and_a_class_comes()) == 1


@pytest.mark.parametrize("page", ["no kernel", "k and k", 'k "output_type": "error"', "k"])
def test_no_sheet_is_made_of_other_pages(page: str) -> None:
    assert Sheet.of(page, "k") is None


def test_clients_of_kernels_share_the_servers_sockets() -> None:
    """A context of one's own is closed by waiting for its threads: 30 s for a class on a busy machine."""
    kernel = LessonKernel(context=zmq.asyncio.Context())
    client = kernel.client()
    client.stop_channels()
    assert client.context is kernel.context
    assert not kernel.context.closed
    kernel.context.destroy()


def test_guests_leave_room_for_who_has_a_card() -> None:
    launches = Launches()
    kernels: Any = SimpleNamespace(launches=launches)

    async def places() -> tuple[int, ...]:
        standby = Standby(kernels, None, str, int, max_kernels=12, grace_s=1, spare=0)  # type: ignore[arg-type]
        guests = [Visitor(username=f"g{n}", role="guest") for n in range(12)]
        came = 0
        for guest in guests:
            if standby.place(guest) == 0:
                launches.open(guest, LESSON)
                came += 1
        cards = [Visitor(username=f"c{n}", role="learner", learner=104 + n) for n in range(3)]
        told = [came, standby.place(guests[-1]), standby.place(cards[0])]
        for card in cards[:2]:
            launches.open(card, LESSON)
        # Who has a card goes first, and a guest is told so.
        return *told, standby.place(cards[2]), standby.place(guests[-1])

    assert asyncio.run(places()) == (10, 2, 0, 1, 3)


def test_a_kernel_that_is_just_starting_keeps_no_server_alive() -> None:
    async def ended() -> list[str]:
        kernels = LessonKernels()
        kernels._kernels, kernels._pending_kernels = {"a": None, "b": None}, {"c": None}
        gone: list[str] = []

        async def shutdown(kernel_id: str, now: bool = False) -> None:
            gone.append(kernel_id)
            if kernel_id == "b":
                raise HTTPError(404)

        kernels.shutdown_kernel = shutdown
        await kernels.shutdown_all()
        return sorted(gone)

    assert asyncio.run(ended()) == ["a", "b", "c"]
