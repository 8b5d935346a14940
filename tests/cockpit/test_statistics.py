"""The cockpit's pages over time …"""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import LevelChange
from accounts.selectors import level_statistics
from accounts.services import levels, points
from loyalty.core.actors import SYSTEM
from loyalty.core.models import AuditEntry
from tests.factories import StoreFactory
from tests.factories.accounts import CustomerFactory, LevelFactory

pytestmark = pytest.mark.django_db


def figures(page):
    """Return the table's rows as texts."""
    rows = re.findall(r"<tr>(.*?)</tr>", page.partition("<tbody>")[2], re.DOTALL)
    return [
        [re.sub(r"<[^>]+>|\s+", " ", cell).strip() for cell in re.findall(r"<td>(.*?)</td>", row)]
        for row in rows
    ]


def test_sum_points_by_day(cockpit, store):
    """PA-27."""
    alice = CustomerFactory(store)
    points.add(customer=alice, amount=Decimal(50), issuer="admin", comment="Sorry")
    points.spend(customer=alice, amount=Decimal(20), issuer="admin", comment="A coffee")

    page = cockpit().get(reverse("admin:points_over_time")).content.decode()

    [row] = [row for row in figures(page) if row[1] == "50"]
    assert row[2] == "20"


@pytest.mark.parametrize("days", ["30", "90", "365", "nonsense"])
def test_read_a_span_in_a_fixed_number_of_queries(
    cockpit, store, days, django_assert_max_num_queries
):
    client = cockpit()

    with django_assert_max_num_queries(18):
        answer = client.get(reverse("admin:points_over_time"), {"days": days})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("view", "right"), [("points_over_time", "ANALYTICS"), ("level_statistics", "LEVEL")]
)
def test_open_with_their_right_only(cockpit, store, view, right):
    assert cockpit(f"{right}:VIEW").get(reverse(f"admin:{view}")).status_code == 200
    assert cockpit("CUSTOMER").get(reverse(f"admin:{view}")).status_code == 403


def test_count_a_levels_members_back_in_time(store):
    now = timezone.now()
    bronze, silver = LevelFactory(store), LevelFactory(store, condition_value=200)
    for _ in range(3):
        alice = CustomerFactory(store, level=silver)
        LevelChange.objects.filter(customer=alice).delete()
        LevelChange.objects.create(
            customer=alice,
            old_level=bronze,
            new_level=silver,
            reason="purchase",
            changed_at=now - timedelta(weeks=2),
        )

    at_bronze, at_silver = level_statistics.list_courses(store, weeks=5, now=now)

    assert list(at_silver.members.values()) == [0, 0, 3, 3, 3]
    assert list(at_bronze.members.values()) == [3, 3, 0, 0, 0]
    assert (at_silver.came, at_silver.left, at_bronze.left) == (3, 0, 3)


def test_read_levels_in_a_fixed_number_of_queries(cockpit, store, django_assert_max_num_queries):
    for number in range(5):
        CustomerFactory(store, level=LevelFactory(store, condition_value=number))
    client = cockpit()

    with django_assert_max_num_queries(18):
        client.get(reverse("admin:level_statistics"))


# A customer


def customer_url(view, customer):
    return reverse(f"admin:accounts_customer_{view}", args=[customer.pk])


def test_put_a_customer_into_a_level_by_hand(cockpit, store):
    """LV-10."""
    LevelFactory(store)
    gold = LevelFactory(store, condition_value=1000)
    alice = CustomerFactory(store)
    client = cockpit()

    assert (
        "neither purchases nor points" in client.get(customer_url("level", alice)).content.decode()
    )
    client.post(customer_url("level", alice), {"level": gold.pk})

    alice.refresh_from_db()
    assert (alice.level, alice.manually_assigned_level) == (gold, gold)
    entries = AuditEntry.objects.filter(entity_id=str(alice.uuid))
    assert entries.filter(event_type="MoveCustomerToLevel").exists()


def test_put_nobody_into_a_level_that_is_off_or_elsewhere(cockpit, store):
    """LV-4."""
    off = LevelFactory(store, condition_value=1000, is_active=False)
    elsewhere = LevelFactory(StoreFactory())
    alice = CustomerFactory(store)
    before = alice.level

    for level in (off.pk, 0, "x", elsewhere.pk):
        assert cockpit().post(customer_url("level", alice), {"level": level}).status_code == 200

    alice.refresh_from_db()
    assert (alice.level, alice.manually_assigned_level) == (before, None)


def test_need_the_right_to_choose_a_level(cockpit, store):
    alice, gold = CustomerFactory(store), LevelFactory(store, condition_value=1000)

    answer = cockpit("CUSTOMER:VIEW").post(customer_url("level", alice), {"level": gold.pk})

    assert answer.status_code == 403
    alice.refresh_from_db()
    assert alice.manually_assigned_level is None


def test_page_through_all_that_happened_to_a_customer(cockpit, store):
    alice = CustomerFactory(store)
    for number in range(60):
        points.add(customer=alice, amount=Decimal(1), issuer="admin", comment=f"Gift {number}.")
    client = cockpit()

    newest = client.get(customer_url("events", alice)).content.decode()
    [older] = re.findall(r'href="\?before=(\d+)"', newest)
    rest = client.get(customer_url("events", alice), {"before": older}).content.decode()

    assert "Gift 59." in newest
    assert "Gift 9." not in newest
    assert "Gift 9." in rest
    assert [row[3] for row in figures(newest)][:2] == ["60", "59"]
    assert "before=" not in rest


def test_tell_of_levels_and_balances_to_who_may_see_both(cockpit, store):
    alice = CustomerFactory(store)

    assert cockpit("CUSTOMER").get(customer_url("events", alice)).status_code == 403
    assert cockpit().get(customer_url("events", CustomerFactory())).status_code == 404


def test_read_what_happened_in_a_fixed_number_of_queries(
    cockpit, store, django_assert_max_num_queries
):
    alice, gold = CustomerFactory(store), LevelFactory(store, condition_value=1000)
    levels.assign_manually(customer=alice, level=gold, actor=SYSTEM)
    client = cockpit()

    with django_assert_max_num_queries(14):
        client.get(customer_url("events", alice))
