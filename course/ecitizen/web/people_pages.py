"""The addresses of all pages about people, in one list for ``app``."""

from __future__ import annotations

from typing import Final

from ecitizen.web import cards, enrolment, erasure, looks, papers, people, person, roster
from ecitizen.web.access import StaffHandler

_CARD = "([1-9][0-9]{0,5})"
_TOKEN = "([0-9a-f]{32})"  # noqa: S105 - a pattern

ADDRESSES: Final[list[tuple[str, type[StaffHandler]]]] = [
    (r"/instructor/people", people.PeopleHandler),
    (r"/instructor/people/looks", looks.LooksHandler),
    (r"/instructor/people/new", enrolment.NewPersonHandler),
    (r"/instructor/people/undo", people.UndoHandler),
    (r"/instructor/people/cards", cards.CardsHandler),
    (rf"/instructor/people/issued/{_TOKEN}", cards.IssuedHandler),
    (rf"/instructor/people/issued/{_TOKEN}/cards\.pdf", cards.SheetHandler),
    (r"/instructor/people/roster", roster.RosterHandler),
    (r"/instructor/people/roster/sample\.csv", roster.SampleHandler),
    (rf"/instructor/people/roster/{_TOKEN}", roster.ReviewHandler),
    (rf"/instructor/people/{_CARD}", person.PersonHandler),
    (rf"/instructor/people/{_CARD}/edit", enrolment.EditHandler),
    (rf"/instructor/people/{_CARD}/move", person.MoveHandler),
    (rf"/instructor/people/{_CARD}/leave", person.LeaveHandler),
    (rf"/instructor/people/{_CARD}/consent", person.ConsentHandler),
    (rf"/instructor/people/{_CARD}/pin", person.PinHandler),
    (rf"/instructor/people/{_CARD}/scores", person.ScoresHandler),
    (rf"/instructor/people/{_CARD}/erase", erasure.EraseHandler),
    (rf"/instructor/people/{_CARD}/act", erasure.ActHandler),
    (rf"/instructor/people/erased/{_TOKEN}", erasure.ErasedHandler),
    *papers.ADDRESSES,
]
