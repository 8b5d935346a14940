"""Segments are …"""

from typing import Any

import pytest

from accounts.models import Segment, SegmentMembership
from accounts.selectors import segments as selectors
from accounts.services import segments
from loyalty.core import clock
from loyalty.core.actors import SYSTEM
from loyalty.core.errors import InvalidFields
from loyalty.core.models import AuditEntry, Event, Store
from tests.factories import CustomerFactory, StoreFactory
from tests.factories.campaigns import CampaignFactory
from tests.factories.earning import EarningRuleFactory
from tests.support.segments import criterion, make_segment, names_in

pytestmark = pytest.mark.django_db

EVERYBODY = [criterion("transaction_count", min=0)]
NOBODY = [criterion("transaction_count", min=1000)]


@pytest.fixture
def shop() -> Store:
    return StoreFactory()


def change(segment: Segment, *parts: Any, is_active: bool = True, **fields: Any) -> Segment:
    data = segments.SegmentData(parts=parts, is_active=is_active, **{"name": segment.name} | fields)
    return segments.update(segment=segment, data=data, actor=SYSTEM)


def version(store: Store) -> int:
    return Store.objects.get(pk=store.pk).rules_version


def test_sg5_filled_right_after_they_are_created(
    shop: Store, django_capture_on_commit_callbacks: Any
) -> None:
    CustomerFactory(shop, first_name="Alice")

    with django_capture_on_commit_callbacks(execute=True):
        segment = make_segment(shop, EVERYBODY)

    assert names_in(segment) == {"Alice"}


def test_sg5_filled_anew_when_an_active_one_changes(
    shop: Store, django_capture_on_commit_callbacks: Any
) -> None:
    CustomerFactory(shop, first_name="Alice")
    segment = make_segment(shop, NOBODY)

    with django_capture_on_commit_callbacks(execute=True):
        change(segment, EVERYBODY)

    assert names_in(segment) == {"Alice"}


def test_sg5_filled_when_they_are_switched_on_and_not_before(
    shop: Store, django_capture_on_commit_callbacks: Any
) -> None:
    CustomerFactory(shop, first_name="Alice")
    with django_capture_on_commit_callbacks(execute=True):
        segment = make_segment(shop, EVERYBODY, is_active=False)
    assert names_in(segment) == set()

    with django_capture_on_commit_callbacks(execute=True):
        segments.set_active(segment=segment, is_active=True, actor=SYSTEM)

    assert names_in(segment) == {"Alice"}


def test_left_as_they_were_by_a_refused_change(shop: Store) -> None:
    segment = make_segment(shop, EVERYBODY)

    with pytest.raises(InvalidFields):
        change(segment, [criterion("transaction_count", min=-1)], name="Other")

    segment.refresh_from_db()
    assert (segment.name, segment.parts[0]["criteria"][0]["min"]) == ("Regulars", 0)


def test_sg7_deleted_with_their_members_who_leave_with_a_fact(shop: Store) -> None:
    segment = make_segment(shop, EVERYBODY)
    alice = CustomerFactory(shop)

    segments.delete(segment=segment, actor=SYSTEM)

    assert not Segment.objects.filter(pk=segment.pk).exists()
    assert not SegmentMembership.objects.filter(customer=alice).exists()
    fact = Event.objects.get(type="customer.removed_from_segment")
    assert fact.customer_id == alice.pk


def test_not_deleted_while_an_earning_rule_is_meant_for_them(shop: Store) -> None:
    segment = make_segment(shop, EVERYBODY)
    rule = EarningRuleFactory(store=shop, segments=[segment])

    with pytest.raises(segments.SegmentInUse, match=rule.name):
        segments.delete(segment=segment, actor=SYSTEM)

    assert Segment.objects.filter(pk=segment.pk).exists()
    assert [use.name for use in selectors.list_uses(segment)] == [rule.name]


def test_not_deleted_while_a_reward_is_meant_for_them(shop: Store) -> None:
    """SG-7."""
    segment = make_segment(shop, EVERYBODY)
    reward = CampaignFactory(shop, name="Mug", levels=(), segments=(str(segment.uuid),))

    with pytest.raises(segments.SegmentInUse, match="reward Mug"):
        segments.delete(segment=segment, actor=SYSTEM)

    assert Segment.objects.filter(pk=segment.pk).exists()
    assert [(use.kind, use.id) for use in selectors.list_uses(segment)] == [("reward", reward.pk)]


def test_told_to_the_processes_only_when_what_counts_has_changed(shop: Store) -> None:
    before = version(shop)
    segment = make_segment(shop, EVERYBODY, is_active=False)
    change(segment, NOBODY, is_active=False)
    assert version(shop) == before

    segments.set_active(segment=segment, is_active=True, actor=SYSTEM)
    switched = version(shop)
    assert switched > before

    change(segment, NOBODY, name="Other", description="Words")
    segments.set_active(segment=segment, is_active=True, actor=SYSTEM)
    assert version(shop) == switched

    change(segment, EVERYBODY)
    assert version(shop) > switched


def test_recorded_in_the_audit_trail(shop: Store) -> None:
    segment = make_segment(shop, EVERYBODY)
    change(segment, NOBODY)
    segments.set_active(segment=segment, is_active=False, actor=SYSTEM)
    segments.delete(segment=segment, actor=SYSTEM)

    entries = AuditEntry.objects.filter(entity_type="Segment").order_by("pk")
    assert [entry.event_type for entry in entries] == [
        "CreateSegment",
        "UpdateSegment",
        "DeactivateSegment",
        "DeleteSegment",
    ]


def test_previewed_with_a_count_and_a_sample_before_they_are_saved(shop: Store) -> None:
    people = [CustomerFactory(shop) for _ in range(12)]

    found = selectors.preview(store=shop, parts=[EVERYBODY], now=clock.now())

    assert found.count == 12
    assert [customer.pk for customer in found.sample] == [p.pk for p in people[:1:-1]]
    assert not Segment.objects.in_store(shop).exists()
