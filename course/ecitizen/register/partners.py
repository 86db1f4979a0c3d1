"""Facts of one library carried to another in a signed file: the project's manager counts all libraries together.

A file holds every fact of the library that sends it and replaces all that it sent before, so that the same file twice
changes nothing. It is signed with a key that the manager gives each library; a file that is torn, forged or older than
the last one is refused.
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import hmac
import json
import secrets
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from ecitizen.errors import CourseError
from ecitizen.facts import Fact
from ecitizen.register.changes import change_row
from ecitizen.register.partner_sources import LASTING
from ecitizen.register.tables import Change, Partner, PartnerFact

FORMAT = 1
OWN_SITE = "main"
"""The site of a library that has one: at the manager's it is called as the manager calls the library."""

LARGEST_BYTES = 300 * 1024 * 1024
_PEOPLE = 1_000_000
"""More learners than a library has: partner n has the numbers from n million on."""

_FOREVER = dt.date(9999, 12, 31)


def add_partner(engine: Engine, code: str, who: str = "", *, replace: bool = False) -> str:
    """Give a library a code and a key, to be told to it once.

    A known library is a ``CourseError`` unless its key is to be replaced: files signed with the old one are refused
    from then on.
    """
    if not code or ":" in code or "/" in code:
        raise CourseError("библиотека", f"код {code!r} не годится", "Возьмите код места, например f01")
    key = secrets.token_hex(16)
    with engine.begin() as connection:
        known = connection.execute(select(Partner.code).where(Partner.code == code)).first()
        if known is None:
            last = connection.execute(select(func.max(Partner.number))).scalar() or 0
            connection.execute(insert(Partner).values(code=code, number=last + 1, key=key, made=""))
        elif replace:
            connection.execute(update(Partner).where(Partner.code == code).values(key=key))
        else:
            remedy = "Ключ потерян — повторите с --replace: прежний ключ перестанет действовать"
            raise CourseError("библиотека", f"{code!r} уже заведена, ключ у неё есть", remedy)
        before = None if known is None else {"key": key}
        connection.execute(insert(Change).values(change_row(who, "partner", code, before, {"key": key})))
    return f"{code}:{key}"


def send(facts: Iterable[Fact], credential: str, out: Path, made: dt.datetime | None = None) -> int:
    """Write a library's facts to a signed file; ``credential`` is what ``add_partner`` gave. Gives their number."""
    code, _, key = credential.partition(":")
    if not code or not key:
        raise CourseError("ключ", "это не ключ библиотеки", "Возьмите у менеджера проекта строку вида f01:0123…")
    rows = [_row(fact) for fact in facts]
    stamp = (made or dt.datetime.now(dt.UTC)).strftime("%Y-%m-%dT%H:%M:%S.%f")
    body = json.dumps({"format": FORMAT, "partner": code, "made": stamp, "facts": rows}, ensure_ascii=False)
    document = json.dumps({"body": body, "signature": _signature(body, key)}, ensure_ascii=False)
    try:
        out.write_bytes(gzip.compress(document.encode()))
    except OSError as error:
        problem = f"файл не записывается ({error.strerror})"
        raise CourseError(str(out), problem, "Проверьте папку и место на диске") from error
    return len(rows)


def merge(engine: Engine, file: Path) -> tuple[str, int]:
    """Take the facts of another library in place of those it sent before; gives its code and their number."""
    body, signature = _opened(file)
    with engine.begin() as connection:
        partner = _sender(connection, file, body, signature)
        content = json.loads(body)
        if content.get("format") != FORMAT:
            raise CourseError(str(file), "файл сделан более новой программой", "Обновите программу")
        if content["made"] < partner.made:
            raise CourseError(str(file), "уже принят более новый файл этой библиотеки", "Возьмите её последний файл")
        rows = [_stored(partner, row) for row in content["facts"]]
        connection.execute(delete(PartnerFact).where(PartnerFact.partner == partner.code))
        if rows:
            connection.execute(insert(PartnerFact), rows)
        connection.execute(update(Partner).where(Partner.code == partner.code).values(made=content["made"]))
    return partner.code, len(rows)


def _row(fact: Fact) -> list[Any]:
    about = [fact.kind, fact.date.isoformat(), fact.key, fact.site, fact.text, fact.amount, fact.person]
    return [*about, dict(fact.tags)]


def _stored(partner: Any, row: list[Any]) -> dict[str, Any]:
    kind, date, key, site, text, amount, person, tags = row
    day = dt.date.fromisoformat(date)
    ends = day
    if kind in LASTING:
        ends = dt.date.fromisoformat(tags["until"]) if tags.get("until") else _FOREVER
    place = partner.code if site == OWN_SITE else f"{partner.code}/{site}" if site else ""
    return {
        "partner": partner.code,
        "key": key,
        "kind": kind,
        "date": day,
        "ends": ends,
        "site": place,
        "person": None if person is None else partner.number * _PEOPLE + person,
        "amount": amount,
        "text": text,
        "tags": json.dumps(tags, ensure_ascii=False),
    }


def _opened(file: Path) -> tuple[str, str]:
    try:
        with gzip.open(file) as packed:
            data = packed.read(LARGEST_BYTES + 1)
        if len(data) > LARGEST_BYTES:
            raise CourseError(str(file), "файл слишком велик", "Это не файл библиотеки: не открывайте его")
        document = json.loads(data)
        return str(document["body"]), str(document["signature"])
    except FileNotFoundError as error:
        raise CourseError(str(file), "файла нет", "Проверьте имя файла и папку") from error
    except (gzip.BadGzipFile, zlib.error, EOFError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise CourseError(
            str(file), "это не файл библиотеки или он повреждён", "Попросите прислать его снова"
        ) from error


def _sender(connection: Connection, file: Path, body: str, signature: str) -> Any:
    """Find whose signature it is before anything in the file is believed."""
    for partner in connection.execute(select(Partner)):
        right = hmac.compare_digest(_signature(body, partner.key).encode(), signature.encode("utf-8", "replace"))
        if right and json.loads(body).get("partner") == partner.code:
            return partner
    problem = "подпись неверна: файл подделан, испорчен или ключ заменён"
    raise CourseError(str(file), problem, "Попросите библиотеку прислать его снова")


def _signature(body: str, key: str) -> str:
    return hmac.new(key.encode(), body.encode(), hashlib.sha256).hexdigest()
