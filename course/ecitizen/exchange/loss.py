"""What an export had to leave behind."""

from __future__ import annotations

from dataclasses import dataclass

from ecitizen.exchange import words


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """One thing that another system will not show."""

    item: str = ""
    """Id of the item; empty if it concerns the whole quiz."""

    what: str
    """What is lost, and what stands in its place."""

    kept: bool
    """Whether our own reader gets it back, from a comment line that other systems skip."""

    def __str__(self) -> str:
        """Give one line for a librarian."""
        place = words.ITEM.format(item=self.item) if self.item else words.WHOLE
        return f"{place}: {self.what} ({words.KEPT if self.kept else words.GONE})"


@dataclass(frozen=True, slots=True)
class Exported:
    """A quiz as the text of another format."""

    text: str
    lost: list[Loss]
