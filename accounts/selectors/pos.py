"""What points of sale have sold: counted in a room above, asked for here."""

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Protocol


class Counters(Protocol):
    """Sum and number of the documents of a point of sale (POS-3)."""

    @property
    def amount(self) -> Decimal: ...
    @property
    def count(self) -> int: ...


CountByPos = Callable[[Collection[int]], Mapping[int, Counters]]

_count_by_pos: CountByPos | None = None


def install_counter(count_by_pos: CountByPos) -> None:
    """Take the function that counts purchases; their room calls this when it is ready."""
    global _count_by_pos
    _count_by_pos = count_by_pos


def count_documents(pos_ids: Collection[int]) -> Mapping[int, Counters]:
    """Return the counters by primary key; points of sale that sold nothing are missing."""
    assert _count_by_pos is not None, "No room has said how purchases are counted."
    return _count_by_pos(pos_ids)
