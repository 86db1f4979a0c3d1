"""The Russian words of handouts and slides, from ``papers/handout.yaml``; the rest stands in the templates."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ecitizen.content import folder
from ecitizen.content.loading import load_model


def _with(*names: str) -> AfterValidator:
    """Accept a text in which every place in braces is one of the names."""

    def check(text: str) -> str:
        try:
            text.format_map(dict.fromkeys(names, ""))
        except (KeyError, ValueError, IndexError, AttributeError) as error:
            can = ", ".join(f"{{{name}}}" for name in names) or "никаких"
            raise ValueError(f"место в фигурных скобках не подходит. Здесь можно: {can}") from error
        return text

    return AfterValidator(check)


_Filled = Field(min_length=1)
Label = Annotated[str, _Filled, _with()]


class Words(BaseModel):
    """All of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    press_here: Label
    """Over the thick frame of a picture."""
    more_above: Label
    """In a picture of a page that is too long for its place."""
    more_below: Label
    can: Label
    """Heading of the list that gets boxes to tick."""
    letters: Annotated[str, Field(min_length=12)]
    """Letters of the options of a question, in order."""
    alt_screen: Annotated[str, _Filled, _with("title", "address")]
    alt_place: Annotated[str, _Filled, _with("title")]
    """A place without an address bar."""
    alt_fields: Annotated[str, _Filled, _with("fields")]
    alt_field: Annotated[str, _Filled, _with("label", "value")]
    alt_ticked: Label
    alt_press: Annotated[str, _Filled, _with("label")]
    alt_message: Annotated[str, _Filled, _with("sender", "text")]
    alt_call: Annotated[str, _Filled, _with("sender", "says")]
    option: Annotated[str, _Filled, _with("letter", "text")]
    """An option in the key."""
    place: Annotated[str, _Filled, _with("n", "text")]
    """A step with its place in the key."""
    pair: Annotated[str, _Filled, _with("n", "left", "letter", "right")]
    number: Annotated[str, _Filled, _with("number", "unit")]
    tolerance: Annotated[str, _Filled, _with("number", "unit", "tolerance")]
    also: Annotated[str, _Filled, _with("others")]
    """What else is right where a word is to be written."""
    sample: Annotated[str, _Filled, _with("text")]
    scheme: Annotated[str, _Filled, _with("text", "points")]
    any_number: Label
    any_text: Label
    statement: Label
    fact: Annotated[str, _Filled, _with("says", "source", "checked")]
    """A fact of the register in the presenter's notes."""
    press: Annotated[str, _Filled, _with("label")]
    """What to press, in the presenter's notes."""
    slides_title: Annotated[str, _Filled, _with("course")]

    def of_pictures(self) -> dict[str, str]:
        """Give those that stand in the pictures."""
        return self.model_dump(include={"press_here", "more_above", "more_below"})


def words() -> Words:
    """Read the words; ContentError or CourseErrors if the file breaks its rules."""
    return load_model(folder("papers") / "handout.yaml", Words)
