"""A segment's parts …"""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import CustomerStatus, Segment
from accounts.segments import criteria
from accounts.services import segments
from loyalty.core.actors import SYSTEM
from loyalty.core.errors import InvalidFields
from loyalty.core.models import Store
from tests.factories import CustomerFactory, PosFactory, StoreFactory
from tests.support.segments import criterion, make_segment

pytestmark = pytest.mark.django_db

BLANK = "This value should not be blank."
NO_CHOICE = "The value you selected is not a valid choice."


@pytest.fixture
def shop() -> Store:
    return StoreFactory()


def faults(store: Store, type: str, **values: Any) -> dict[str, list[str]]:
    with pytest.raises(InvalidFields) as refusal:
        criteria.clean([[criterion(type, **values)]], store)
    return {
        path.removeprefix("parts.0.criteria.0."): texts
        for path, texts in refusal.value.errors.items()
    }


def test_sg1_there_is_a_part_and_each_has_a_criterion(shop: Store) -> None:
    with pytest.raises(InvalidFields) as nothing:
        criteria.clean([], shop)
    with pytest.raises(InvalidFields) as empty:
        criteria.clean([[criterion("transaction_count", min=1)], []], shop)

    assert nothing.value.errors == {"parts": [BLANK]}
    assert empty.value.errors == {"parts.1.criteria": [BLANK]}


@pytest.mark.parametrize("name", ["Regulars", "  Regulars "])
def test_sg1_the_name_is_unique_in_its_store(shop: Store, name: str) -> None:
    everybody = [criterion("transaction_count", min=0)]
    make_segment(shop, everybody)
    make_segment(StoreFactory(), everybody)

    with pytest.raises(InvalidFields) as refusal:
        make_segment(shop, everybody, name=name)

    assert refusal.value.errors == {"name": ["Segment with this name already exists"]}
    assert Segment.objects.in_store(shop).count() == 1


def test_every_fault_is_told_at_once(shop: Store) -> None:
    data = segments.SegmentData(name="", parts=[[criterion("nonsense")]], is_active=True)

    with pytest.raises(InvalidFields) as refusal:
        segments.create(store=shop, data=data, actor=SYSTEM)

    assert refusal.value.errors == {"name": [BLANK], "parts.0.criteria.0.type": [NO_CHOICE]}
    assert not Segment.objects.in_store(shop).exists()


def test_sg4_inputs_of_other_types_are_forbidden(shop: Store) -> None:
    assert faults(shop, "transaction_count", min=1, days=3) == {
        "days": ["This form should not contain extra fields."]
    }


@pytest.mark.parametrize(
    ("type", "values", "expected"),
    [
        pytest.param("anniversary", {}, {"anniversary_type", "days"}, id="anniversary"),
        pytest.param("transaction_amount", {}, {"from_amount"}, id="no-end-of-the-range"),
        pytest.param("transaction_count", {}, {"min"}, id="count"),
        pytest.param("bought_in_pos", {}, {"pos_ids"}, id="pos"),
        pytest.param("transaction_percent_in_pos", {}, {"pos_id", "percent"}, id="percent"),
        pytest.param("bought_skus", {"sku_ids": []}, {"sku_ids"}, id="no-sku"),
        pytest.param("bought_makers", {"makers": [" "]}, {"makers"}, id="blank-maker"),
        pytest.param("bought_labels", {"labels": []}, {"labels"}, id="no-label"),
        pytest.param("purchase_period", {}, {"from_date"}, id="period"),
        pytest.param("last_purchase_n_days_before", {}, {"days"}, id="days"),
        pytest.param("customer_list", {"customers": []}, {"customers"}, id="nobody"),
    ],
)
def test_sg3_inputs_are_required(
    shop: Store, type: str, values: dict[str, Any], expected: set[str]
) -> None:
    found = faults(shop, type, **values)

    assert set(found) == expected
    assert all(texts == [BLANK] for texts in found.values())


@pytest.mark.parametrize(
    ("type", "values", "field", "sentence"),
    [
        pytest.param(
            "last_purchase_n_days_before",
            {"days": 0},
            "days",
            "This value should be 1 or more.",
            id="no-day",
        ),
        pytest.param(
            "last_purchase_n_days_before",
            {"days": 10**9},
            "days",
            "This value should be 36525 or less.",
            id="before-the-calendar",
        ),
        pytest.param(
            "transaction_count",
            {"min": -1},
            "min",
            "This value should be 0 or more.",
            id="negative",
        ),
        pytest.param(
            "transaction_count",
            {"min": 1.5},
            "min",
            "This value should be a whole number.",
            id="half",
        ),
        pytest.param(
            "transaction_count",
            {"min": 3, "max": 2},
            "max",
            "The range ends before it begins.",
            id="backwards",
        ),
        pytest.param(
            "transaction_amount",
            {"from_amount": "-1"},
            "from_amount",
            "This value should be 0 or more.",
            id="below-nothing",
        ),
        pytest.param(
            "transaction_amount",
            {"to_amount": "1e16"},
            "to_amount",
            "This value is too high.",
            id="too-high",
        ),
        pytest.param(
            "transaction_amount",
            {"to_amount": "1e308"},
            "to_amount",
            "This value is not a valid number.",
            id="astronomic",
        ),
        pytest.param(
            "transaction_amount",
            {"to_amount": "NaN"},
            "to_amount",
            "This value is not a valid number.",
            id="not-a-number",
        ),
        pytest.param(
            "bought_labels",
            {"labels": [{"key": "color", "value": ""}]},
            "labels",
            "Every label needs a value.",
            id="label-without-value",
        ),
        pytest.param(
            "customer_has_labels",
            {"labels": [{"key": " "}]},
            "labels",
            "Every label needs a key.",
            id="label-without-key",
        ),
        pytest.param(
            "purchase_period",
            {
                "from_date": datetime(2026, 3, 2, tzinfo=UTC),
                "to_date": datetime(2026, 3, 1, tzinfo=UTC),
            },
            "to_date",
            "The range ends before it begins.",
            id="period-backwards",
        ),
        pytest.param(
            "bought_skus",
            {"sku_ids": ["x" * 256]},
            "sku_ids",
            "This value is longer than 255 characters.",
            id="long-sku",
        ),
        pytest.param("bought_in_pos", {"pos_ids": ["shop-1"]}, "pos_ids", NO_CHOICE, id="no-uuid"),
    ],
)
def test_sg3_bounds(
    shop: Store, type: str, values: dict[str, Any], field: str, sentence: str
) -> None:
    assert faults(shop, type, **values)[field] == [sentence]


def test_sg3_points_of_sale_are_the_stores_own(shop: Store) -> None:
    other = str(PosFactory(StoreFactory()).uuid)

    assert faults(shop, "bought_in_pos", pos_ids=[other]) == {"pos_ids": [NO_CHOICE]}
    assert faults(shop, "transaction_percent_in_pos", pos_id=other, percent=5) == {
        "pos_id": [NO_CHOICE]
    }


@pytest.mark.parametrize("percent", [-1, "100.01"])
def test_sg3_percent_is_at_most_all(shop: Store, percent: object) -> None:
    pos = str(PosFactory(shop).uuid)

    assert faults(shop, "transaction_percent_in_pos", pos_id=pos, percent=percent) == {
        "percent": ["This value should be between 0 and 100."]
    }


def test_sg3_20_percent_are_kept_as_a_fraction(shop: Store) -> None:
    pos = str(PosFactory(shop).uuid)

    [part] = criteria.clean(
        [[criterion("transaction_percent_in_pos", pos_id=pos, percent=20)]], shop
    )

    assert part["criteria"][0]["percent"] == "0.2"


def test_sg3_the_documents_name_for_labels_is_kept_under_the_cockpits(shop: Store) -> None:
    alias = criterion("customer_has_labels_with_values", labels=[{"key": "a", "value": "b"}])

    [part] = criteria.clean([[alias]], shop)

    assert part["criteria"][0]["type"] == "customer_with_labels_values"


def test_sg3_customers_are_kept_by_id_each_once(shop: Store) -> None:
    alice = CustomerFactory(shop, email="a@example.com", phone="601234567")
    names = ["A@example.com", "601 234 567", str(alice.uuid)]

    [part] = criteria.clean([[criterion("customer_list", customers=names)]], shop)

    assert part["criteria"][0]["customers"] == [str(alice.uuid)]


def test_sg3_an_unknown_customer_is_refused(shop: Store) -> None:
    CustomerFactory(StoreFactory(), email="eve@example.com")
    CustomerFactory(shop, email="gone@example.com", status=CustomerStatus.DELETED)
    stranger = str(uuid4())

    found = faults(
        shop, "customer_list", customers=["eve@example.com", "gone@example.com", stranger]
    )

    assert found == {
        "customers": [f"There is no such customer: eve@example.com, gone@example.com, {stranger}."]
    }


def test_sg3_a_name_of_two_customers_is_refused(shop: Store) -> None:
    CustomerFactory(shop, phone="601234567")
    CustomerFactory(shop, loyalty_card_number="601234567")

    assert faults(shop, "customer_list", customers=["601234567"]) == {
        "customers": ["This names more than one customer: 601234567."]
    }


def test_a_segment_cannot_list_a_segment_itself_included(shop: Store) -> None:
    segment = make_segment(shop, [criterion("transaction_count", min=0)])
    own_id = str(segment.uuid)

    assert faults(shop, "customer_list", customers=[own_id]) == {
        "customers": [f"There is no such customer: {own_id}."]
    }
