"""
The list of all labels that lines ever had: written at the very end of a transaction.

Whoever writes a label that another transaction has just written waits for its end. Nobody waits
for anything after that, and labels are written in their order, so that no two tills, or a till and
a file, wait for each other.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from loyalty.core import sql

Pair = tuple[str, str]

_noted: ContextVar[set[Pair] | None] = ContextVar("item_labels", default=None)

_WRITE = """
insert into transactions_itemlabel (store_id, key, value)
select %(store)s::bigint, label.key, label.value
from json_to_recordset(%(labels)s) as label (key text, value text)
where not exists (
    select from transactions_itemlabel known
    where known.store_id = %(store)s and known.key = label.key and known.value = label.value
)
order by label.key, label.value
on conflict (store_id, key, value) do nothing
returning id
"""


@contextmanager
def written_last(store_id: int) -> Iterator[None]:
    """
    Write at the end what was noted meanwhile; within another of these, at the end of that one.

    What breaks off notes nothing.
    """
    outer, own = _noted.get(), set[Pair]()
    token = _noted.set(own)
    try:
        yield
    finally:
        _noted.reset(token)
    if outer is not None:
        outer |= own
    elif own:
        rows = [{"key": key, "value": value} for key, value in own]
        sql.write(_WRITE, {"store": store_id, "labels": sql.as_json(rows)})


def note(pairs: Iterable[Pair]) -> None:
    """Remember labels, which the list may have already, for the end of the transaction."""
    noted = _noted.get()
    assert noted is not None, "Documents are stored within written_last()."
    noted.update(pairs)
