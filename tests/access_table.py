"""Who may see and do what at every address of the server, written down by hand: `tests/test_web_access_table.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

STAFF: Final = {"i": "instructor", "c": "curator", "m": "manager", "e": "expert"}
STRANGERS: Final = ("nobody", "guest", "learner", "dismissed", "kiosk")
VISITORS: Final = (*STAFF.values(), *STRANGERS)
TOKEN, KERNEL = "0" * 32, "00000000-0000-0000-0000-000000000000"

DESK: Final = f"""
GET  instructor                                        ic    200
POST instructor/attendance                             ic    400
GET  instructor/board                                  ic    200
GET  instructor/board/events                           ic    200 stream
GET  instructor/class/999                              ic    404
POST instructor/class/999                              ic    409
GET  instructor/consultations                          icme  200
POST instructor/consultations                          ice   422
GET  instructor/consultations/999                      icme  404
POST instructor/consultations/999                      ice   404
POST instructor/consultations/999/remove               ice   409
POST instructor/consultations/999/revert               ice   400
GET  instructor/consultations/journal                  icme  200
GET  instructor/consultations/journal.pdf?site=-       icme  409
POST instructor/consultations/restore                  ice   400
POST instructor/help                                   ic    404
POST instructor/lesson                                 ic    400
GET  instructor/calls                                  e     200
GET  instructor/calls/events                           e     200 stream
GET  instructor/look/101                               ic    200
POST instructor/look/101                               ic    303
GET  instructor/look/101/events                        ic    200 stream
POST instructor/look/101/events                        ic    303
GET  instructor/grading                                i     200 slow
GET  instructor/grading/collect                        i     302
POST instructor/grading/collect                        i     303 slow
GET  instructor/grading/preview                        i     200 slow
GET  instructor/grading/11-email/agreement             i     200 slow
GET  instructor/grading/11-email                       i     200 slow
POST instructor/grading/11-email                       i     404 slow
GET  instructor/people                                 icm   200
GET  instructor/people/looks                           im    200
GET  instructor/people/new                             ic    200
POST instructor/people/new                             ic    422
GET  instructor/people/undo                            ic    200
POST instructor/people/undo                            ic    404
GET  instructor/people/cards                           ic    200
POST instructor/people/cards                           ic    422
GET  instructor/people/issued/{TOKEN}                  ic    410
POST instructor/people/issued/{TOKEN}                  ic    303
GET  instructor/people/issued/{TOKEN}/cards.pdf        ic    404
GET  instructor/people/papers                          ic    200
GET  instructor/people/papers/journal.pdf              ic    409
GET  instructor/people/papers/attendance.pdf           ic    409
GET  instructor/people/papers/consents.pdf             ic    409
GET  instructor/people/papers/graduates.pdf?group=-    i     409 slow
POST instructor/people/papers/certificates             i     409
POST instructor/people/papers/invitations              i     409
GET  instructor/people/papers/made/{TOKEN}.pdf         i     404
GET  instructor/people/roster                          i     200
POST instructor/people/roster                          i     422
GET  instructor/people/roster/sample.csv               i     200
GET  instructor/people/roster/{TOKEN}                  i     410
POST instructor/people/roster/{TOKEN}                  i     410
GET  instructor/people/102                             ic    200
GET  instructor/people/102/edit                        ic    200
POST instructor/people/102/edit                        ic    422
POST instructor/people/102/move                        ic    409
POST instructor/people/102/leave                       ic    303
GET  instructor/people/102/papers                      ic    200
POST instructor/people/102/consent                     ic    400
GET  instructor/people/102/pin                         ic    200
POST instructor/people/999/pin                         ic    409
GET  instructor/people/102/scores                      i     200 slow
GET  instructor/people/102/erase                       i     200 slow
POST instructor/people/102/erase                       i     422 slow
GET  instructor/people/102/act                         i     404
GET  instructor/people/erased/{TOKEN}                  i     302
GET  instructor/people/102/successes                   i     200 slow
GET  instructor/people/102/successes.pdf               i     404 slow
GET  instructor/results                                im    200 slow
GET  instructor/results/01-gosuslugi                   im    200 slow
GET  instructor/survey                                 icm   200
GET  instructor/survey/answers.csv                     icm   200
GET  instructor/room?group=w10                         ic    200
POST instructor/room                                   ic    404
GET  instructor/room/events?group=w10                  ic    200 stream
GET  instructor/indicators                             icm   200
GET  instructor/indicators/omsk                        icm   200 slow
GET  instructor/indicators/omsk/places                 icm   200 slow
GET  instructor/indicators/omsk/rows/no-such-row       icm   404
GET  instructor/indicators/omsk/report.exe             icm   404
GET  instructor/queue                                  icme  200
POST instructor/queue/take                             ice   409
POST instructor/queue/next                             ice   303
POST instructor/queue/sweep                            ice   303
POST instructor/queue/999/call                         ice   409
GET  instructor/announcements                          ic    200
GET  instructor/announcements/preview                  ic    200
POST instructor/announcements/preview                  ic    200
GET  instructor/announcements/done/{TOKEN}             ic    302
POST instructor/announcements/999/remove               ic    409
POST instructor/announcements/restore/999              ic    409
GET  instructor/announcements/sheet                    ic    200
GET  instructor/announcements/event.ics                ic    200
GET  instructor/forum                                  ic    200
POST instructor/forum                                  ic    409
GET  instructor/forum/999                              ic    404
POST instructor/forum/999                              ic    404
POST instructor/forum/999/close                        ic    404
POST instructor/forum/999/met/1                        ic    409
POST instructor/forum/999/met/1/1                      ic    303
POST instructor/forum/999/reopen                       ic    303
POST instructor/forum/999/drop                         ic    409
"""
"""Method, address, who may of «i c m e», what whoever may is answered to an empty form; ``slow`` ones take seconds.

Strangers are led to the desk's door, or asked for a PIN beside what they sent. A helper from elsewhere sees the screen
only of who calls: ``tests/test_web_board_live.py``.
"""

HOME: Final = {"manager": "/instructor/people", "expert": "/instructor/consultations"}
"""Where «Сегодня», the first address behind the door, leads those who have no class to see."""

EVERYBODY: Final = f"""
GET  lessons                               302  200  200  302
GET  me                                    404  200  200  404
GET  successes                             302  302  200  302
GET  survey                                302  302  200  302
GET  survey/code                           200  200  200  200
POST survey/code                           422  422  422  422 guess
GET  verify                                200  200  200  200
POST verify                                422  422  422  422
GET  instructor/login                      200  200  200  200
GET  room/events                           403  200  200  403 stream
POST room/look                             403  400  400  403
GET  forum/1/{TOKEN[:16]}                  404  404  404  404
GET  kiosk/main/{TOKEN[:16]}               404  404  404  404
POST kiosk/main/{TOKEN[:16]}               404  404  404  404
GET  kiosk/main/{TOKEN[:16]}/1             404  404  404  404
POST kiosk/main/{TOKEN[:16]}/1             404  404  404  404
GET  hall/main/{TOKEN[:16]}                404  404  404  404
GET  health                                200  200  200  200
GET  journal                               403  403  403  403
POST journal                               403  403  403  403
GET  lesson/no-such-lesson                 302  404  404  302
GET  lesson/no-such-lesson/place           403  200  200  403
GET  api/kernels/{KERNEL}                  403  403  403  403
DELETE api/kernels/{KERNEL}                405  405  405  405
GET  api/kernels/{KERNEL}/channels         403  403  403  403
POST voila/api/shutdown/{KERNEL}           403  403  403  403
GET  voila/templates/ecitizen/static/no    404  404  404  404
GET  full/static/no.js                     404  404  404  404
GET  full/labextensions/no.js              404  404  404  404
GET  full/themes/no.js                     404  404  404  404
GET  course-static/lesson-{TOKEN[:16]}.js  404  404  404  404
GET  course-static/pages.css               200  200  200  200
GET  no-such-page                          404  404  404  404
POST help                                  403  303  303  403
POST survey                                403  403  422  403
GET                                        200  302  302  200
POST instructor/login                      403  403  403  403 guess
POST                                       403  403  403  403 guess
POST guest                                 303  303  303  303
POST logout                                303  303  303  303
"""
"""What nobody, a guest, a learner and the staff are answered; whoever works here no more is as the staff.

The last two end the session they come from.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One address with one method, and what each visitor is answered."""

    method: str
    path: str
    statuses: dict[str, int]
    refused: frozenset[str] = frozenset()
    """Of the staff, those whose role does not allow it."""

    desk: bool = False
    stream: bool = False
    guess: bool = False
    """A door, which closes for a while after some guesses."""

    slow: frozenset[str] = frozenset()
    """Visitors to whom the answer takes seconds."""

    @property
    def name(self) -> str:
        return f"{self.method} /{self.path}"


def rows() -> list[Row]:
    """Read both tables."""
    return [*map(_of_desk, DESK.split("\n")[1:-1]), *map(_of_everybody, EVERYBODY.split("\n")[1:-1])]


def _of_desk(line: str) -> Row:
    method, path, letters, status, *marks = line.split()
    may = {STAFF[letter] for letter in letters}
    refused = set(STAFF.values()) - may
    statuses = {one: int(status) if one in may else 403 for one in STAFF.values()}
    statuses |= dict.fromkeys(STRANGERS, 403 if method == "POST" or path.startswith("instructor/board") else 302)
    if path == "instructor":
        statuses |= dict.fromkeys(refused, 302)
        refused = set()
    slow = frozenset(may) if "slow" in marks else frozenset[str]()
    return Row(method, path, statuses, frozenset(refused), desk=True, stream="stream" in marks, slow=slow)


def _of_everybody(line: str) -> Row:
    words = line.split()
    method, path = words[0], "" if words[1].isdecimal() else words[1]
    nobody, guest, learner, staff = (int(word) for word in words[1 + bool(path) :][:4])
    statuses = {"nobody": nobody, "kiosk": nobody, "guest": guest, "learner": learner, "dismissed": staff}
    statuses |= dict.fromkeys(STAFF.values(), staff)
    return Row(method, path, statuses, stream=words[-1] == "stream", guess=words[-1] == "guess")
