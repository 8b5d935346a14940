"""Lists of the other server are read …"""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import pytest

from loyalty.core import clock
from loyalty.core.models import Store
from loyalty.models import MoveIn, MoveInRow
from loyalty.moving_in import fetching
from loyalty.moving_in.fetching import RESOURCES
from tests.moving_in.answers import Answers

WINDOW = 4


@pytest.fixture
def move(store: Store, monkeypatch: pytest.MonkeyPatch) -> MoveIn:
    monkeypatch.setattr(fetching, "WINDOW", WINDOW)
    return MoveIn.objects.create(source="http://there", store=store, begun_at=clock.now())


def ids(count: int) -> list[str]:
    return [str(UUID(int=number)) for number in range(1, count + 1)]


def listed(key: str, rows: list[dict[str, Any]]) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Answer pages as the vendor does: none past the window; a customer's, and a day's, alone."""

    def answer(query: Mapping[str, Any]) -> dict[str, Any]:
        if "scrollId" in query:
            begin = int(query["scrollId"] or 0)
            end = begin + int(query["perPage"])
            return {key: rows[begin:end], "total": len(rows), "scrollId": str(end)}
        chosen = [
            row
            for row in rows
            if query.get("customerId", row.get("customerId")) == row.get("customerId")
            and query.get("purchaseDateFrom", "") <= row.get("purchaseDate", "")
            and row.get("purchaseDate", "") <= query.get("purchaseDateTo", "9")
        ]
        end = int(query["page"]) * int(query["perPage"])
        assert end <= WINDOW, "Past the window."
        return {key: chosen[end - int(query["perPage"]) : end], "total": len(chosen)}

    return answer


def fetch(move: MoveIn, **lists: Any) -> Answers:
    empty = {
        resource.path: {resource.key: [], "total": 0}
        for resource in RESOURCES
        if not resource.optional
    }
    answers = Answers(empty | {path.replace("__", "/"): each for path, each in lists.items()})
    fetching.fetch(move, answers, "", size=2, tell=lambda *told: None)
    return answers


def read(resource: str) -> list[str]:
    rows = MoveInRow.objects.filter(resource=resource).order_by("uuid")
    return [str(uuid) for uuid in rows.values_list("uuid", flat=True)]


def test_by_pages(move):
    fetch(move, pos=listed("pos", [{"posId": each} for each in ids(3)]))

    assert read("pos") == ids(3)
    assert move.pages["pos"] == fetching.DONE


def test_past_the_window_by_scrolling(move):
    fetch(move, customer=listed("customers", [{"customerId": each} for each in ids(7)]))

    assert read("customers") == ids(7)
    assert not [note for note in move.notes if note.startswith("customer:")]


def test_past_the_window_by_customer(move):
    ann, bob = ids(2)
    transfers = [
        {"pointsTransferId": each, "customerId": (ann, bob)[number % 2]}
        for number, each in enumerate(ids(7))
    ]

    fetch(
        move,
        customer=listed("customers", [{"customerId": ann}, {"customerId": bob}]),
        points__transfer=listed("transfers", transfers),
    )

    assert read("transfers") == ids(7)


def test_past_the_window_by_days(move):
    sales = [
        {"transactionId": each, "purchaseDate": f"2020-01-0{number + 1}T10:00:00+0000"}
        for number, each in enumerate(ids(7))
    ]

    answers = fetch(move, transaction=listed("transactions", sales))

    assert read("transactions") == ids(7)
    # Halving finds the week in some sixty years.
    assert answers.asked.count("transaction") < 60


def test_again_where_a_deletion_moved_rows_to_a_page_before(move):
    first, second, third = [{"posId": each} for each in ids(3)]
    pages = iter(
        [
            {"pos": [first, second], "total": 3},
            # The first one is gone, and the third has moved to page one.
            {"pos": [], "total": 3},
            {"pos": [second, third], "total": 2},
        ]
    )

    fetch(move, pos=lambda _query: next(pages))

    assert read("pos") == ids(3)
    assert not [note for note in move.notes if note.startswith("pos:")]


def test_and_noted_where_they_never_come_whole(move):
    fetch(move, pos=lambda _query: {"pos": [{"posId": ids(1)[0]}], "total": 2})

    assert "pos: the other server counts 2, and 1 could be read." in move.notes


def test_of_ids_that_are_wrapped(move):
    [wrapped] = ids(1)

    fetch(move, pos=listed("pos", [{"posId": {"id": wrapped}}]))

    assert read("pos") == [wrapped]


def test_or_left_out_where_an_older_release_has_none(move):
    fetch(move)

    assert "invitations: the other server has no such list." in move.notes
