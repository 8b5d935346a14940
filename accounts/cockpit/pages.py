"""Plain values that the shared templates show: facts, panels and tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Fact:
    """One line of a panel."""

    label: Any
    value: Any


@dataclass(frozen=True)
class Panel:
    """A titled list of facts."""

    title: Any
    facts: Sequence[Fact]
    note: Any = ""


@dataclass(frozen=True)
class Column:
    """`is_figure`: its cells are numbers and stand right."""

    label: Any
    is_figure: bool = False


@dataclass(frozen=True)
class Table:
    """
    A titled table of cells that are written out already. `empty`: what to say when it has no row;
    `more`: (address, words) of the full list; `is_stacked`: on a phone each row is a card.
    """

    title: Any
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    empty: Any = ""
    more: tuple[str, Any] | None = None
    is_stacked: bool = False

    @property
    def labelled_rows(self) -> list[list[tuple[Any, Any]]]:
        """Return the cells with their columns' labels, for who sees no head above them."""
        labels = [column.label for column in self.columns]
        return [list(zip(labels, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Tool:
    """
    A button in a page's head. `style`: default, primary or danger.

    `is_rare`: it waits in the menu behind the others, which stay few.
    """

    label: Any
    url: str
    icon: str
    style: str = "default"
    is_rare: bool = False


@dataclass(frozen=True)
class Confirmation:
    """
    A deed that is asked about before it is done. `texts`: what will follow; `done`: what to say
    afterwards, with the subject's name in it.
    """

    title: Any
    texts: Sequence[Any]
    done: Any
    style: str = "primary"


@dataclass(frozen=True)
class EmptyState:
    """What a list says when it has nothing to show: a title, and what it is for."""

    title: Any
    text: Any
    icon: str = "inbox"
