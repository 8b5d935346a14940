"""At the till, for a customer, a seller …"""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.services import customers
from campaigns.models import Coupon
from campaigns.services import rewards
from loyalty.core.actors import SYSTEM
from loyalty.core.models import AuditEntry
from tests.campaigns.conftest import STAFF, points_of
from tests.factories.accounts import CustomerFactory, LevelFactory
from tests.factories.campaigns import CampaignFactory, give_points
from tests.factories.transactions import UnmatchedSaleFactory


def text_of(response) -> str:
    return re.sub(r"[\s\xa0]+", " ", response.content.decode())


@pytest.fixture
def address(alice) -> str:
    return f"/pos/customers/{alice.uuid}/"


@pytest.fixture
def cup(alice):
    give_points(alice, 100)
    return CampaignFactory(
        alice.store, name="Cup", coupons=("CUP-1", "CUP-2"), cost_in_points=Decimal(20)
    )


@pytest.fixture
def coupon(alice, cup) -> Coupon:
    [coupon] = rewards.buy(campaign=cup, customer=alice, actor=STAFF)
    return coupon


def key_of(page: str) -> str:
    return re.findall(r'name="key" value="([^"]+)"', page)[0]


def test_sees_balance_level_and_what_is_missing(till, alice, address):
    give_points(alice, "12.5")
    LevelFactory(alice.store, name="Gold", condition_value=300)

    page = text_of(till.get(address))

    assert "12.5 points" in page
    assert "Bronze" in page
    assert "€300.00 to Gold" in page
    assert "alice@example.com" not in page


def test_sells_a_reward_once_however_often_the_form_is_sent(till, alice, address, cup):
    """BUY-3."""
    page = text_of(till.get(address))
    assert "Yes, sell it for 20 points" in page
    form = {"deed": "sell", "reward": str(cup.uuid), "key": key_of(page)}

    first, second = till.post(address, form), till.post(address, form)

    assert first["Location"] == f"{address}?said=sold"
    assert second["Location"] == f"{address}?said=twice"
    assert Coupon.objects.get().customer == alice
    assert points_of(alice) == 80


def test_cannot_sell_what_the_customer_cannot_afford(till, alice, address):
    dear = CampaignFactory(alice.store, name="Dear", cost_in_points=Decimal(900))
    page = text_of(till.get(address))
    assert "Dear" not in page

    answer = till.post(address, {"deed": "sell", "reward": str(dear.uuid), "key": "k"})

    assert answer.status_code == 422
    assert "does not have enough points" in text_of(answer)
    assert not Coupon.objects.exists()


def test_uses_a_coupon_and_undoes_it(till, mona, address, coupon):
    """USE-5."""
    form = {"coupon": str(coupon.uuid)}

    used = till.post(address, form | {"deed": "use"}, follow=True)
    coupon.refresh_from_db()
    assert (coupon.is_used, coupon.used_by_seller_uuid) == (True, mona.uuid)
    assert "For ten minutes you can undo it." in text_of(used)
    assert 'value="undo"' in text_of(used)

    till.post(address, form | {"deed": "undo"})
    coupon.refresh_from_db()
    assert not coupon.is_used


def test_cannot_undo_later(till, address, coupon):
    form = {"coupon": str(coupon.uuid)}
    till.post(address, form | {"deed": "use"})
    Coupon.objects.update(used_at=timezone.now() - timedelta(minutes=11))

    answer = till.post(address, form | {"deed": "undo"})

    assert answer.status_code == 422
    assert "too late" in text_of(answer)
    assert 'value="undo"' not in text_of(answer)
    coupon.refresh_from_db()
    assert coupon.is_used


def test_gives_a_forgotten_receipt_to_them(till, alice, address):
    sale = UnmatchedSaleFactory(alice.store, "35.00", number="R-77")

    wrong = till.post(address, {"deed": "match", "number": "R-78"})
    right = till.post(address, {"deed": "match", "number": "R-77"})

    assert "There is no purchase with this number." in text_of(wrong)
    assert 'value="R-78"' in text_of(wrong)
    assert right["Location"] == f"{address}?said=matched"
    sale.refresh_from_db()
    assert sale.customer == alice


def test_adds_points_only_with_the_right_to(till, alice, address):
    """PA-20."""
    assert "Add points" not in text_of(till.get(address))

    answer = till.post(address, {"deed": "add", "points": "50", "reason": "x", "key": "k"})

    assert answer.status_code == 404
    assert points_of(alice) == 0


@pytest.mark.parametrize(
    ("points", "reason", "says"),
    [
        pytest.param("-5", "Sorry", "how many points", id="negative"),
        pytest.param("many", "Sorry", "how many points", id="no number"),
        pytest.param("5", " ", "say why", id="no reason"),
    ],
)
def test_adds_points_with_a_reason(till, mona, alice, address, points, reason, says):
    mona.may_transfer_points = True
    mona.save(update_fields=["may_transfer_points"])
    key = key_of(text_of(till.get(address)))

    wrong = till.post(address, {"deed": "add", "points": points, "reason": reason, "key": key})
    right = till.post(address, {"deed": "add", "points": "7,5", "reason": "Sorry", "key": key})

    assert (wrong.status_code, right["Location"]) == (422, f"{address}?said=added")
    assert says in text_of(wrong)
    assert points_of(alice) == Decimal("7.5")
    entry = AuditEntry.objects.get(event_type="AddPoints")
    assert (entry.username, entry.data["comment"]) == ("mona@example.com", "Sorry")


def test_does_nothing_else(till, address):
    assert till.post(address, {"deed": "delete"}).status_code == 404


def test_does_not_find_who_was_deleted(till, alice, address):
    customers.delete(customer=alice, actor=SYSTEM)

    assert till.get(address).status_code == 404


def test_cannot_use_anothers_coupon(till, alice, coupon):
    bob = CustomerFactory(alice.store)

    answer = till.post(f"/pos/customers/{bob.uuid}/", {"deed": "use", "coupon": str(coupon.uuid)})

    assert answer.status_code == 422
    coupon.refresh_from_db()
    assert not coupon.is_used
