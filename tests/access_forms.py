"""Forms as a browser sees them: found on pages, filled in, sent with cookies lost and kept."""

from __future__ import annotations

import re
import urllib.parse
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

from web_class import Answer, Browser

TEXT = "Где «взять» <b>справку</b> & копию?\r\nВторая строка"
"""What somebody types: quotes, marks, two lines."""

SESSION, PROOF = "ecitizen-session", "_xsrf"


@dataclass(slots=True)
class Form:
    """One form of a page."""

    action: str
    """Relative to the server's address."""

    method: str = "get"
    fields: list[tuple[str, str]] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    """Names of the fields into which a person writes."""

    files: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """Name what all forms of a kind share: the address without its numbers, and what is asked to be done."""
        do = next((value for name, value in self.fields if name == "do"), "")
        return re.sub(r"[0-9a-f]{16,32}|\d+", "N", self.action) + (f" {do}" if do else "")

    def filled(self, text: str = TEXT) -> Form:
        """Give the form with something written wherever that is possible."""
        return replace(self, fields=[(name, text if name in self.written else value) for name, value in self.fields])

    def with_fields(self, **values: str) -> Form:
        """Give the form with some fields filled in otherwise, or added."""
        kept = [(name, value) for name, value in self.fields if name not in values]
        return replace(self, fields=[*kept, *values.items()])

    def value(self, name: str) -> str:
        """Give the first value of a field; empty if there is none."""
        return next((value for known, value in self.fields if known == name), "")

    @property
    def typed(self) -> set[tuple[str, str]]:
        """Give what has to come back, whatever happens on the way."""
        return {(name, value) for name, value in self.fields if name not in {PROOF, "pin", "again"}}

    def send(self, browser: Browser, **more: str) -> Answer:
        """Send it with the token of the browser's own cookie."""
        fields = [(name, value) for name, value in self.fields if name != PROOF]
        return self.send_as_it_is(browser, [*fields, (PROOF, browser.xsrf()), *more.items()])

    def send_as_it_is(self, browser: Browser, fields: list[tuple[str, str]] | None = None) -> Answer:
        """Send just these fields; those of the page if none are given."""
        body = urllib.parse.urlencode(self.fields if fields is None else fields).encode()
        return browser.ask("POST", self.action, body)


class _Reader(HTMLParser):
    def __init__(self, text: str, base: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._base = base
        self._open = self._area = self._select = ""
        self._by_id: dict[str, Form] = {}
        self._loose: list[tuple[str, tuple[str, str]]] = []
        self.feed(text)
        for name, given in self._loose:
            if name in self._by_id:
                self._by_id[name].fields.append(given)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and given.get("href", "").startswith("/"):
            self.links.append(given["href"].partition("#")[0])
        elif tag == "form":
            self._open = given.get("action", "") or self._base
            form = Form(urllib.parse.urljoin(self._base, self._open).removeprefix("/"), given.get("method", "get"))
            self.forms.append(form)
            self._by_id[given.get("id", "")] = form
        elif self._open and "form" not in given:
            self._take(tag, given, self.forms[-1])

    def _take(self, tag: str, given: dict[str, str], form: Form) -> None:
        name, kind = given.get("name", ""), given.get("type", "text")
        if tag == "textarea":
            self._area = name
            form.fields.append((name, ""))
            form.written.append(name)
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            known = [one for one, _ in form.fields]
            if self._select not in known or "selected" in given:
                form.fields = [one for one in form.fields if one[0] != self._select]
                form.fields.append((self._select, given.get("value", "")))
        elif tag == "input" and kind == "file":
            form.files.append(name)
        elif tag == "input" and (kind not in {"checkbox", "radio"} or "checked" in given):
            form.fields.append((name, given.get("value", "")))
            if kind in {"text", "search"} and "pattern" not in given:
                form.written.append(name)

    def handle_data(self, data: str) -> None:
        if self._area:
            form = self.forms[-1]
            form.fields = [(name, value + data if name == self._area else value) for name, value in form.fields]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = ""
        elif tag == "textarea":
            self._area = ""
        elif tag == "select":
            self._select = ""


def forms_of(text: str, path: str = "") -> list[Form]:
    """Give the forms of a page that are posted."""
    return [form for form in _Reader(text, f"/{path}").forms if form.method == "post"]


def links_of(text: str) -> list[str]:
    """Give the addresses on this server to which a page leads."""
    return _Reader(text, "/").links


def lose(browser: Browser, *cookies: str) -> Browser:
    """Give a browser like this one without some cookies."""
    left = Browser(browser.url)
    for cookie in browser.jar:
        if cookie.name not in cookies:
            left.jar.set_cookie(cookie)
    return left
