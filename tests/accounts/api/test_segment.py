"""The chapter Segment, and customers as CSV …"""

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import CustomerStatus, Segment
from accounts.selectors import member_exports
from accounts.services import points
from loyalty.core.models import Store
from tests.accounts.api.conftest import Clerk
from tests.factories import CustomerFactory, LevelFactory, PosFactory
from tests.factories.earning import EarningRuleFactory
from tests.support.api import ApiClient
from tests.support.segments import criterion, make_segment

BLANK = "This value should not be blank."
FIRST = "segment[parts][0][criteria][0]"
EVERYBODY = [criterion("transaction_count", min=0)]


def form_of(**fields: str) -> dict[str, str]:
    """Write a segment of one criterion as a form."""
    named = {f"{FIRST}[{name}]": value for name, value in fields.items()}
    return {"segment[name]": "Regulars", "segment[active]": "1"} | named


def test_creates_and_writes_a_segment_sg1(sam: ApiClient, shop: Store) -> None:
    pos = PosFactory(shop)
    fields = form_of(type="transaction_percent_in_pos", posId=str(pos.uuid), percent="20") | {
        "segment[description]": "Often here",
        f"{FIRST[:-3]}[1][type]": "transaction_amount",
        f"{FIRST[:-3]}[1][fromAmount]": "10.50",
        f"{FIRST[:-3]}[1][toAmount]": "100",
        "segment[parts][1][criteria][0][type]": "customer_has_labels_with_values",
        "segment[parts][1][criteria][0][labels][0][key]": "vip",
        "segment[parts][1][criteria][0][labels][0][value]": "gold",
    }

    created = sam.form("POST", f"{shop.code}/segment", fields)
    answer = sam.get(f"{shop.code}/segment/{created.data['segmentId']}")

    assert created.status_code == 200
    segment = Segment.objects.get(uuid=created.data["segmentId"])
    [first, second] = answer.data.pop("parts")
    assert answer.data == {
        "segmentId": str(segment.uuid),
        "name": "Regulars",
        "description": "Often here",
        "active": True,
        "createdAt": answer.data["createdAt"],
        "customersCount": 0,
    }
    assert [{k: v for k, v in c.items() if k != "criterionId"} for c in first["criteria"]] == [
        {"type": "transaction_percent_in_pos", "posId": str(pos.uuid), "percent": 0.2},
        {"type": "transaction_amount", "fromAmount": 10.5, "toAmount": 100},
    ]
    assert second["criteria"][0]["type"] == "customer_with_labels_values"
    assert second["criteria"][0]["labels"] == [{"key": "vip", "value": "gold"}]
    assert first["segmentPartId"] != second["segmentPartId"]


def test_replaces_a_segment(sam: ApiClient, shop: Store) -> None:
    segment = make_segment(shop, EVERYBODY)
    fields = form_of(type="anniversary", anniversaryType="birthday", days="7")

    answer = sam.form("PUT", f"{shop.code}/segment/{segment.uuid}", fields)

    segment.refresh_from_db()
    assert (answer.status_code, answer.data) == (200, {"segmentId": str(segment.uuid)})
    assert segment.parts[0]["criteria"][0]["anniversary_type"] == "birthday"


def test_the_last_day_of_a_period_is_meant_whole_sg3(sam: ApiClient, shop: Store) -> None:
    fields = form_of(type="purchase_period", fromDate="2026-03-01", toDate="2026-03-02")

    answer = sam.form("POST", f"{shop.code}/segment", fields)

    segment = Segment.objects.get(uuid=answer.data["segmentId"])
    kept = segment.parts[0]["criteria"][0]
    assert datetime.fromisoformat(kept["from_date"]) == datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert datetime.fromisoformat(kept["to_date"]) == datetime(
        2026, 3, 2, 22, 59, 59, 999_999, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("fields", "name", "sentence"),
    [
        pytest.param({"type": "anniversary", "days": "3"}, "anniversaryType", BLANK, id="missing"),
        pytest.param(
            {"type": "transaction_count", "min": "1", "days": "3"},
            "days",
            "This form should not contain extra fields.",
            id="sg4-of-another-type",
        ),
        pytest.param(
            {"type": "nonsense"},
            "type",
            "The value you selected is not a valid choice.",
            id="unknown-type",
        ),
        pytest.param(
            {"type": "customer_list", "customers][": "nobody@example.com"},
            "customers",
            "There is no such customer: nobody@example.com.",
            id="unknown-customer",
        ),
    ],
)
def test_says_which_input_of_which_criterion_is_wrong(
    sam: ApiClient, shop: Store, fields: dict[str, str], name: str, sentence: str
) -> None:
    answer = sam.form("POST", f"{shop.code}/segment", form_of(**fields))

    assert answer.status_code == 400
    part = answer.data["form"]["children"]["parts"]["children"][0]
    row = part["children"]["criteria"]["children"][0]["children"]
    assert row[name] == {"errors": [sentence]}
    assert not Segment.objects.in_store(shop).exists()


def test_sg1_says_that_a_name_is_taken(sam: ApiClient, shop: Store) -> None:
    make_segment(shop, EVERYBODY)

    answer = sam.form("POST", f"{shop.code}/segment", form_of(type="transaction_count", min="0"))

    assert answer.status_code == 400
    assert answer.data["form"]["children"]["name"] == {
        "errors": ["Segment with this name already exists"]
    }


def test_needs_parts_sg1(sam: ApiClient, shop: Store) -> None:
    answer = sam.form("POST", f"{shop.code}/segment", {"segment[name]": "Nothing"})

    assert answer.data["form"]["children"]["parts"] == {"errors": [BLANK]}


def test_lists_segments_with_their_counts_by_name(sam: ApiClient, shop: Store) -> None:
    customer = CustomerFactory(shop)
    second = make_segment(shop, EVERYBODY, name="B")
    make_segment(shop, EVERYBODY, name="A", is_active=False)
    second.memberships.create(customer=customer, since=customer.created_at)

    answer = sam.get(f"{shop.code}/segment")
    active = sam.get(f"{shop.code}/segment", {"active": "true", "perPage": 1000})

    rows = [(row["name"], row["customersCount"]) for row in answer.data["segments"]]
    assert (rows, answer.data["total"]) == ([("A", 0), ("B", 1)], 2)
    assert [row["name"] for row in active.data["segments"]] == ["B"]


def test_switches_a_segment_off_and_on_sg7(sam: ApiClient, shop: Store) -> None:
    segment = make_segment(shop, EVERYBODY)

    off = sam.post(f"{shop.code}/segment/{segment.uuid}/deactivate")
    segment.refresh_from_db()
    assert (off.status_code, segment.is_active) == (204, False)

    on = sam.post(f"{shop.code}/segment/{segment.uuid}/activate")
    segment.refresh_from_db()
    assert (on.status_code, segment.is_active) == (204, True)


def test_deletes_a_segment_sg7_but_not_one_in_use(sam: ApiClient, shop: Store) -> None:
    free, used = make_segment(shop, EVERYBODY), make_segment(shop, EVERYBODY, name="Used")
    EarningRuleFactory(store=shop, segments=[used], name="For the used")

    assert sam.delete(f"{shop.code}/segment/{free.uuid}").status_code == 204
    refused = sam.delete(f"{shop.code}/segment/{used.uuid}")

    assert refused.status_code == 400
    assert "For the used" in str(refused.data)
    assert list(Segment.objects.in_store(shop)) == [used]


def test_lists_the_customers_of_a_segment(sam: ApiClient, shop: Store) -> None:
    segment = make_segment(shop, EVERYBODY, is_active=False)
    ann, bob, _other = (CustomerFactory(shop, first_name=name) for name in ("Ann", "Bob", "Cy"))
    for customer in (ann, bob):
        segment.memberships.create(customer=customer, since=customer.created_at)
    path = f"{shop.code}/segment/{segment.uuid}/customers"

    everybody = sam.get(path, {"sort": "firstName", "direction": "DESC"})
    filtered = sam.get(path, {"firstName": "an"})

    assert [row["firstName"] for row in everybody.data["customers"]] == ["Bob", "Ann"]
    assert everybody.data["total"] == 2
    [row] = filtered.data["customers"]
    assert (row["customerId"], row["segmentName"]) == (str(ann.uuid), "Regulars")


@pytest.mark.parametrize("end", ["", "/customers"])
def test_what_is_not_there_is_not_found(sam: ApiClient, shop: Store, end: str) -> None:
    assert sam.get(f"{shop.code}/segment/{uuid4()}{end}").status_code == 404


@pytest.mark.parametrize(
    ("permissions", "expected"),
    [
        pytest.param({"SEGMENT": ["VIEW"]}, 403, id="segments-only"),
        pytest.param({"SEGMENT": ["VIEW"], "CUSTOMER": ["VIEW"]}, 200, id="both"),
    ],
)
def test_the_customers_need_both_rights(
    shop: Store, clerk: Clerk, permissions: Any, expected: int
) -> None:
    segment = make_segment(shop, EVERYBODY)

    answer = clerk(**permissions).get(f"{shop.code}/segment/{segment.uuid}/customers")

    assert answer.status_code == expected


# CSV


def rows_of(client: ApiClient, path: str) -> tuple[list[list[str]], str]:
    answer = client.http.get(f"/api/{path}", **client.headers)  # type: ignore[arg-type]
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.reader(io.StringIO(text))), answer["Content-Disposition"]


def test_sg8_takes_a_segment_out_as_csv(sam: ApiClient, shop: Store) -> None:
    """UTL-2."""
    segment = make_segment(shop, EVERYBODY, name="Best of all", is_active=False)
    ann = CustomerFactory(shop, first_name="=1+1", last_name="A", phone="+48601234567")
    gone = CustomerFactory(shop, status=CustomerStatus.DELETED)
    for customer in (ann, gone):
        segment.memberships.create(customer=customer, since=customer.created_at)

    [header, row], name = rows_of(sam, f"{shop.code}/csv/segment/{segment.uuid}")

    assert header == list(member_exports.SEGMENT_COLUMNS)
    assert row[:6] == [str(ann.uuid), "'=1+1", "A", ann.email, "not_disclosed", "+48601234567"]
    assert row[9:12] == ["1", "0", "0"]
    assert name.startswith('attachment; filename="Best-of-all-20')


def test_lv18_takes_a_level_out_as_csv_with_points(sam: ApiClient, shop: Store) -> None:
    """UTL-1."""
    level = LevelFactory(shop, name="Gold", condition_value=100)
    ann = CustomerFactory(shop, level=level)
    CustomerFactory(shop)
    points.add(customer=ann, amount=Decimal("12.5"), issuer="admin")
    points.spend(customer=ann, amount=Decimal(2), issuer="admin")

    [header, row], _name = rows_of(sam, f"{shop.code}/csv/level/{level.uuid}")

    assert header == list(member_exports.LEVEL_COLUMNS)
    assert (row[0], row[12], row[13]) == (str(ann.uuid), "10.5", "2")


@pytest.mark.parametrize(
    ("permissions", "expected"),
    [
        pytest.param({"SEGMENT_EXPORT": ["VIEW"]}, 403, id="without-customers"),
        pytest.param({"SEGMENT": ["VIEW"], "CUSTOMER": ["VIEW"]}, 403, id="without-export"),
        pytest.param({"SEGMENT_EXPORT": ["VIEW"], "CUSTOMER": ["VIEW"]}, 404, id="both"),
    ],
)
def test_exports_need_both_rights(
    shop: Store, clerk: Clerk, permissions: Any, expected: int
) -> None:
    answer = clerk(**permissions).get(f"{shop.code}/csv/segment/{uuid4()}")

    assert answer.status_code == expected


def test_exports_read_as_often_for_many_as_for_few(
    shop: Store, django_assert_num_queries: Any
) -> None:
    level = LevelFactory(shop, condition_value=100)
    for _ in range(5):
        CustomerFactory(shop, level=level)

    with django_assert_num_queries(4):
        rows = list(member_exports.level_rows(shop, level.pk, now=datetime(2026, 3, 1, tzinfo=UTC)))

    assert len(rows) == 5
