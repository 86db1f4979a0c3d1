"""PINs of cards: four digits, kept only as a salted scrypt hash."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import random
import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

LENGTH = 4
_COST = {"n": 2**14, "r": 8, "p": 1}
_MAX_MEMORY_BYTES = 64 * 1024 * 1024
_SALT_BYTES = 16
_WORKERS = 2

Hashed = str
"""``scrypt$<salt hex>$<key hex>``."""


def new_pin(rng: random.Random | None = None, length: int = LENGTH) -> str:
    """Draw a PIN that isn't trivial; pass a seeded ``rng`` only for synthetic classes."""
    chance = rng or secrets.SystemRandom()
    while True:
        pin = "".join(str(chance.randrange(10)) for _ in range(length))
        if not is_trivial(pin):
            return pin


def is_trivial(pin: str) -> bool:
    """Say whether a PIN is among the first anyone would try: 0000, 1234, 4321, 1212, 1122, 1953, 2024."""
    digits = [int(digit) for digit in pin]
    steps = {(after - before) % 10 for before, after in itertools.pairwise(digits)}
    half = len(pin) // 2
    return (
        len(steps) == 1
        or pin[:half] == pin[half:]
        or (len(pin) == LENGTH and pin[0] == pin[1] and pin[2] == pin[3])
        or (len(pin) == LENGTH and pin[:2] in {"19", "20"})
    )


def hash_pin(pin: str) -> Hashed:
    """Hash a PIN with a fresh salt; about 40 ms on purpose, so keep it off the event loop."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return f"scrypt${salt.hex()}${_key(pin, salt).hex()}"


def hash_pins(pins: Sequence[str]) -> list[Hashed]:
    """Hash a class's PINs; scrypt lets go of the interpreter, so two run at once."""
    with ThreadPoolExecutor(_WORKERS) as pool:
        return list(pool.map(hash_pin, pins))


def verify_pin(pin: str, hashed: Hashed | None) -> bool:
    """Compare in constant time; None (an unknown card) costs the same time and is never right."""
    scheme, salt, key = (hashed or _NOBODY).split("$")
    if scheme != "scrypt":
        raise ValueError(f"expected a scrypt hash, got {scheme!r}")
    same = hmac.compare_digest(_key(pin, bytes.fromhex(salt)), bytes.fromhex(key))
    return same and hashed is not None


def _key(pin: str, salt: bytes) -> bytes:
    return hashlib.scrypt(
        pin.encode("utf-8", "replace"),
        salt=salt,
        n=_COST["n"],
        r=_COST["r"],
        p=_COST["p"],
        maxmem=_MAX_MEMORY_BYTES,
    )


_NOBODY = f"scrypt${'00' * _SALT_BYTES}${'00' * 64}"
