"""The parts that a screen is put together from: pydantic models of ``screens.*.parts`` in a scenario.

A part says what it shows and which controls it holds, never what it looks like: ``widgets/portal.js`` draws it. Each
part tells its controls by ``held``, so that conditions, guides and checks need not know the kinds.
"""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ecitizen.practice.fields import FormField
from ecitizen.practice.flow import Control, Id, Outcome, Ref, Short, Strict, Text, Tone, When
from ecitizen.practice.quiz import fault

Held = Iterator[tuple[When | None, Control]]
"""Controls, each with the condition of the entry that it stands in."""

Pair = tuple[str, str]
"""Label and value."""


class PairRow(Strict):
    """Label and value, perhaps only now and then; one that is always there is written as ``[label, value]``."""

    row: Pair
    when: When | None = None


Row = Annotated[PairRow, Short(pair="row")]


class PartBase(Strict):
    """What all parts have in common."""

    when: When | None = None
    """The part is shown only if it holds."""

    def held(self) -> Held:
        """Give the controls of the part in reading order."""
        yield from ()


class Picking(PartBase):
    """A part of many like controls: one is ``right``, and what follows need not be written at each of them.

    A control with a ``then`` of its own keeps to it.
    """

    right: Ref | None = None
    """Id of the right control, maybe ``{visit.slot}``."""
    then: tuple[Outcome, ...] = ()
    """Outcomes of the right one; of each control, if there is no ``right``."""
    wrong: tuple[Outcome, ...] = ()
    """Outcomes of any other."""

    @model_validator(mode="after")
    def _right_or_nothing(self) -> Self:
        if self.right is None and self.wrong:
            raise fault("есть wrong, но нет right", "Назовите в right верную кнопку")
        if self.right is not None and not (self.then and self.wrong):
            raise fault("есть right, но нет then или wrong", "Напишите, что будет после верной и после другой кнопки")
        return self


class TextPart(PartBase):
    """A paragraph."""

    kind: Literal["text"]
    text: Text


class NoticePart(PartBase):
    """A framed message of the portal."""

    kind: Literal["notice"]
    text: Text
    tone: Literal["info", "good", "amber", "red"] = "info"


class MenuPart(Picking):
    """A group of controls."""

    kind: Literal["menu"]
    style: Literal["buttons", "tiles", "links"] = "buttons"
    controls: tuple[Control, ...] = Field(min_length=1)

    def held(self) -> Held:
        """Give the controls of the menu."""
        return ((None, control) for control in self.controls)


class FormPart(PartBase):
    """Fields and the button that sends them."""

    kind: Literal["form"]
    id: Id
    fields: tuple[FormField, ...] = Field(min_length=1)
    submit: Control
    """Its outcomes apply when every field is right."""
    failed: tuple[Outcome, ...] = ()
    """Outcomes when a field is wrong or empty, after the fields' own errors."""

    def held(self) -> Held:
        """Give the button."""
        yield None, self.submit


class Result(Control):
    """A line that a search may find."""

    words: tuple[Text, ...] = Field(min_length=1)
    """Stems; the result is found if any of them stands in the query (case and ё do not matter)."""


FOUND = "{n}"
"""Stands for the number of results in ``found`` of a search."""


class SearchPart(PartBase):
    """A search line with the results it can find."""

    kind: Literal["search"]
    id: Id
    label: Text
    suggest: tuple[Text, ...] = ()
    """Words that a button under the line types for the learner."""
    submit: Control
    results: tuple[Result, ...] = Field(min_length=1)
    forgiving: bool = False
    """Whether a query may have one wrong letter, or two swapped, in each word of five letters and more."""
    found: Text | None = None
    """Said over the results, such as «Найдено книг: {n}»; without it the page has words of its own."""
    nothing: Text
    """Said when nothing was found."""

    def held(self) -> Held:
        """Give the button and all results, found or not."""
        return ((None, control) for control in (self.submit, *self.results))


class RowsPart(PartBase):
    """A table of label and value."""

    kind: Literal["rows"]
    title: str = ""
    rows: tuple[Row, ...] = Field(min_length=1)


class Card(Strict):
    """One entry of a list or one card: words and what can be done with it."""

    title: Text
    lines: tuple[Text, ...] = ()
    mark: str = ""
    """A badge, in words."""
    when: When | None = None
    controls: tuple[Control, ...] = ()


class CardsPart(Picking):
    """A list or a group of cards."""

    kind: Literal["cards"]
    style: Literal["list", "cards"] = "cards"
    items: tuple[Card, ...] = Field(min_length=1)

    def held(self) -> Held:
        """Give the controls of all cards."""
        return ((item.when, control) for item in self.items for control in item.controls)


class Slot(Control):
    """A time of a day."""

    taken: bool = False
    """Drawn, but not to be pressed."""


class Day(Strict):
    """A day of a calendar with its times."""

    id: Id
    label: Text
    """Such as «Понедельник, 14 декабря»."""
    short: Text
    """Such as «14 дек»."""
    slots: tuple[Slot, ...] = ()


class CalendarPart(Picking):
    """Days with times; which day is open is the page's own affair."""

    kind: Literal["calendar"]
    id: Id
    label: Text
    days: tuple[Day, ...] = Field(min_length=1)

    def held(self) -> Held:
        """Give the times that are free."""
        return ((None, slot) for day in self.days for slot in day.slots if not slot.taken)


class TableRow(Strict):
    """A line of a table."""

    cells: tuple[str, ...] = Field(min_length=1)
    when: When | None = None
    controls: tuple[Control, ...] = ()


class TablePart(Picking):
    """A table with headings; a row may carry controls."""

    kind: Literal["table"]
    title: str = ""
    head: tuple[Text, ...] = Field(min_length=1)
    rows: tuple[TableRow, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _rows_fit(self) -> Self:
        for row in self.rows:
            if len(row.cells) != len(self.head):
                problem = f"в строке {', '.join(row.cells)!r} клеток {len(row.cells)}, а столбцов {len(self.head)}"
                raise fault(problem, "Дайте каждой строке столько клеток, сколько слов в head")
        return self

    def held(self) -> Held:
        """Give the controls of all rows."""
        return ((row.when, control) for row in self.rows for control in row.controls)


class BillPart(PartBase):
    """A bill, or a receipt if it has a stamp."""

    kind: Literal["bill"]
    title: Text
    payee: Text
    lines: tuple[Row, ...] = Field(min_length=1)
    """What is paid for and how much."""
    total: Pair
    stamp: str = ""
    """Such as «Оплачено»."""
    tone: Tone = "info"


class Link(Control):
    """A link in a letter."""

    target: Text
    """The address it leads to; the page keeps it hidden until it is asked for."""


class Attachment(Control):
    """A file that came with a letter."""

    size: str = ""


class LetterPart(PartBase):
    """An opened letter."""

    kind: Literal["letter"]
    sender: Text = Field(alias="from")
    """The name that the sender gave."""
    address: Text
    """The sender's address; the page keeps it hidden until it is asked for."""
    to: str = ""
    subject: Text
    date: Text
    body: tuple[Text, ...] = Field(min_length=1)
    """Paragraphs."""
    links: tuple[Link, ...] = ()
    files: tuple[Attachment, ...] = ()

    def held(self) -> Held:
        """Give the links and the files."""
        return ((None, control) for control in (*self.links, *self.files))


class Envelope(Control):
    """A letter in the list of a mailbox; its label is the subject."""

    sender: Text = Field(alias="from")
    date: Text
    unread: bool | When = False
    """Whether it is drawn as new; a condition makes it go by itself, such as ``{lacks: [bill-read]}``."""
    clip: bool | When = False
    """Whether it has a file, maybe only while a condition holds."""


class MailboxPart(Picking):
    """The list of letters."""

    kind: Literal["mailbox"]
    letters: tuple[Envelope, ...] = Field(min_length=1)

    def held(self) -> Held:
        """Give the letters."""
        return ((None, letter) for letter in self.letters)


class ChatMessage(Strict):
    """One message of a chat."""

    who: Literal["me", "them"]
    name: str = ""
    text: Text
    time: str = ""
    when: When | None = None


class ChatPart(PartBase):
    """A conversation in a messenger with the answers to choose from."""

    kind: Literal["chat"]
    title: Text
    members: str = ""
    messages: tuple[ChatMessage, ...] = ()
    replies: tuple[Control, ...] = ()
    """Controls, pressed like any other."""

    def held(self) -> Held:
        """Give the answers."""
        return ((None, reply) for reply in self.replies)


Percent = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
"""Place on a map, from its left or upper edge."""


class Stop(Strict):
    """A stop on a map."""

    id: Id
    x: Percent
    y: Percent
    label: Text


class Route(Strict):
    """A line on a map."""

    label: Text
    tone: Literal["blue", "green", "amber"] = "blue"
    stops: tuple[Id, ...] = Field(min_length=2)
    when: When | None = None


class MapPart(PartBase):
    """A map without controls; the page gives the same in words."""

    kind: Literal["map"]
    label: Text
    stops: tuple[Stop, ...] = Field(min_length=2)
    routes: tuple[Route, ...] = ()
    here: Ref | None = None
    """Stop where the learner is."""
    to: Ref | None = None
    """Stop to come to."""


class BoardRow(Strict):
    """One line of a board."""

    ticket: Text
    place: str
    state: str
    when: When | None = None


class BoardPart(PartBase):
    """A board of a queue or of seats."""

    kind: Literal["board"]
    title: Text
    rows: tuple[BoardRow, ...] = Field(min_length=1)
    own: Text | None = None
    """The learner's own ticket."""


class ScannerPart(PartBase):
    """A scanner or a camera: a picture of the sheet, and buttons."""

    kind: Literal["scanner"]
    label: Text
    sheet: Literal["none", "up", "down", "face-down"] = "none"
    """No sheet; head up; head down; with the text on the wrong side."""
    controls: tuple[Control, ...] = ()

    def held(self) -> Held:
        """Give the buttons."""
        return ((None, control) for control in self.controls)


class QrPart(PartBase):
    """A made-up square that no telephone can read; what to do with it stands in a menu beside."""

    kind: Literal["qr"]
    label: Text
    note: str = ""


class PaperLine(Strict):
    """One line of a sheet; one that is always there is written as a bare text, or as ``[label, value]``."""

    row: Pair | None = None
    """Label and value."""
    text: Text | None = None
    """A line of text."""
    when: When | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.row is None) == (self.text is None):
            raise fault("в строке нужно одно из двух: row или text", "Оставьте одно из двух")
        return self


class PaperPart(PartBase):
    """A sheet as it will be printed, or as it lies on the table."""

    kind: Literal["paper"]
    title: Text
    note: str | None = None
    """What stands over the sheet; an empty one is none, and without it the page says that it will be printed so."""
    lines: tuple[Annotated[PaperLine, Short(text="text", pair="row")], ...] = Field(min_length=1)
    foot: str = ""


Part = Annotated[
    TextPart
    | NoticePart
    | MenuPart
    | FormPart
    | SearchPart
    | RowsPart
    | CardsPart
    | CalendarPart
    | TablePart
    | BillPart
    | LetterPart
    | MailboxPart
    | ChatPart
    | MapPart
    | BoardPart
    | ScannerPart
    | QrPart
    | PaperPart,
    Field(discriminator="kind"),
]
