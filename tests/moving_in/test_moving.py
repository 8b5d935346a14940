"""A move …"""

from uuid import uuid4

import pytest

from accounts.models import Seller
from loyalty.core import clock
from loyalty.core.models import Store
from loyalty.models import MoveIn, MoveInRow
from loyalty.moving_in import building, moving
from tests.factories import CustomerFactory, StoreFactory
from tests.moving_in.answers import Answers


@pytest.fixture
def move(store: Store) -> MoveIn:
    return MoveIn.objects.create(source="http://there", store=store, begun_at=clock.now())


def build(move: MoveIn) -> None:
    building.build(move, figures_of=lambda _id: {}, now=clock.now(), tell=lambda *told: None)


def test_names_what_cannot_be_built_and_builds_the_rest(move):
    place, homeless, lost = uuid4(), uuid4(), uuid4()
    for resource, uuid, content in (
        ("sellers", homeless, {"sellerId": str(homeless)}),
        ("pos", place, {"posId": str(place), "name": "Shop", "identifier": "shop"}),
        (
            "sellers",
            lost,
            {"sellerId": str(lost), "posId": str(place), "email": "lost@example.com"},
        ),
    ):
        MoveInRow.objects.create(move=move, resource=resource, uuid=uuid, content=content)

    build(move)

    assert move.notes == [f"sellers: {homeless}: a seller needs a point of sale."]
    assert [seller.uuid for seller in Seller.objects.all()] == [lost]


def test_brings_no_staff_to_where_other_merchants_have_customers(move):
    CustomerFactory(StoreFactory())
    there = Answers({})

    moving.move_installation([move], there, size=100)

    assert there.asked == []
    assert move.notes == [
        "staff, roles and languages: not moved, for other stores are here.",
    ]


def test_names_rewards_whose_codes_were_not_all_told(move):
    big, small = uuid4(), uuid4()
    for uuid, content in (
        (big, {"couponsCount": 12_000, "coupons": []}),
        (small, {"couponsCount": 1, "coupons": ["A"]}),
    ):
        MoveInRow.objects.create(move=move, resource="campaigns", uuid=uuid, content=content)

    moving._note_pools(move)

    [note] = move.notes
    assert note.startswith(f"codes: {big}: 12000 there, 0 told.")
