"""Is this certificate genuine? A page for anybody: it knows a key and a text, and no list of people.

The QR code of a certificate leads here with its signed line behind ``#``, which a browser keeps to itself: the line
holds a name, and an address that was sent would stand in the logs.
"""

from __future__ import annotations

from jupyter_server.auth.decorator import allow_unauthenticated

from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder
from ecitizen.register.certificates import KEY_FILE, Stated, signing_key, verify
from ecitizen.web.pages import PageHandler

LONGEST = 4000
"""Letters of the longest line of a QR code, with room to spare."""


def stated(folder: CourseFolder, text: str) -> Stated:
    """Tell what a number or a line states; raises ``CourseError`` for anything that wasn't issued here."""
    if not (folder.path / KEY_FILE).exists():
        # Asking must not make a key.
        raise CourseError("сертификат", "эта библиотека сертификатов не выдавала", "Проверьте, чей это сертификат")
    return verify(signing_key(folder.path), text[:LONGEST])


class VerifyHandler(PageHandler):
    """``/verify``."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Ask for a number; ``verify.js`` fills in what the QR code brought and sends it."""
        self.finish(self.page("verify.html", asked="", found=None, fault=None))

    @allow_unauthenticated
    async def post(self) -> None:
        """Say whether it is genuine."""
        asked = self.get_body_argument("text", "").strip()
        found = fault = None
        try:
            found = await self.classroom.aside(stated, self.classroom.folder, asked)
        except CourseError as error:
            fault = error
            self.set_status(422)
        self.finish(self.page("verify.html", asked=asked if len(asked) < 40 else "", found=found, fault=fault))
