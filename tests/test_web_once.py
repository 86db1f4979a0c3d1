"""A form sent twice is done once; what is shown once is gone in time, and only its own session sees it."""

from __future__ import annotations

import asyncio

import pytest

from ecitizen.web.once import LASTS_S, MOST_KEPT, Kept, Once, Sent, SentForms, digest_of, new_token


def test_two_presses_at_once_are_one() -> None:
    done: list[str] = []

    async def press(once: Once, token: str) -> str:
        async def work() -> str:
            await asyncio.sleep(0)
            done.append(token)
            return f"page-{len(done)}"

        return await once.do(token, work)

    async def both() -> list[str]:
        once, token = Once(), new_token()
        first = await asyncio.gather(press(once, token), press(once, token))
        return [*first, await press(once, token), await press(once, new_token()), await press(once, "no token")]

    assert asyncio.run(both()) == ["page-1", "page-1", "page-1", "page-2", "page-3"]


def test_failed_form_may_be_sent_again() -> None:
    tries: list[int] = []

    async def work() -> str:
        tries.append(1)
        if len(tries) == 1:
            raise ValueError("disk full")
        return "page"

    async def twice() -> str:
        once, token = Once(), new_token()
        with pytest.raises(ValueError, match="disk full"):
            await once.do(token, work)
        return await once.do(token, work)

    assert asyncio.run(twice()) == "page"


def test_kept_thing_has_its_session_its_kind_and_its_time() -> None:
    now_s = [0.0]
    kept = Kept(lambda: now_s[0])
    token = kept.put("Ольга", "4821")
    assert kept.get("Ольга", token, str) == "4821"
    assert kept.get("Пётр", token, str) is None
    assert kept.get("Ольга", token, int) is None
    kept.drop("Пётр", token)
    now_s[0] = LASTS_S - 1
    assert kept.get("Ольга", token, str) == "4821"
    now_s[0] = LASTS_S
    assert kept.get("Ольга", token, str) is None


def test_oldest_things_make_room() -> None:
    kept = Kept()
    tokens = [kept.put("Ольга", number) for number in range(MOST_KEPT + 1)]
    assert kept.get("Ольга", tokens[0], int) is None
    assert kept.get("Ольга", tokens[1], int) == 1
    kept.clear()
    assert kept.get("Ольга", tokens[-1], int) is None


def test_a_form_that_came_to_nothing_may_be_tried_again() -> None:
    async def run() -> list[Sent | None]:
        forms, token = SentForms(), new_token()
        assert await forms.begin(token, "a") is None
        waiting = asyncio.ensure_future(forms.begin(token, "a"))
        await asyncio.sleep(0)
        forms.end(token, "")
        second = await waiting
        forms.end(token, "/page")
        return [second, await forms.begin(token, "a"), await forms.begin(token, "b")]

    second, same, other = asyncio.run(run())
    assert second is None
    assert (same, other) == (Sent("/page", same=True), Sent("/page", same=False))
    assert digest_of([("a", b"bc")]) != digest_of([("ab", b"c")])
