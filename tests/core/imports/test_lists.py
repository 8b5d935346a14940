"""Coupon codes and the lists of segments, out of files of every format."""

import io
import json

import openpyxl
import pytest
from django.utils import timezone

from accounts.models import SegmentMembership
from accounts.segments.criteria import CriterionData
from accounts.services import segments
from campaigns.models import CouponCode
from loyalty.core.actors import SYSTEM
from loyalty.core.imports import drafts, running
from loyalty.core.models import AuditEntry, ImportState, RowOutcome
from tests.factories import CustomerFactory
from tests.factories.campaigns import CampaignFactory

pytestmark = pytest.mark.django_db


def as_csv(root, element, rows):
    return "\n".join(";".join(cells) for cells in [rows[0], *(row.values() for row in rows)]) + "\n"


def as_json_lines(root, element, rows):
    return "\n".join(json.dumps(row) for row in rows)


def as_xml(root, element, rows):
    cells = ["".join(f"<{name}>{text}</{name}>" for name, text in row.items()) for row in rows]
    inner = "".join(f"<{element}>{each}</{element}>" for each in cells)
    return f"<{root}>{inner}</{root}>"


def as_workbook(root, element, rows):
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for cells in [list(rows[0]), *(list(row.values()) for row in rows)]:
        sheet.append(cells)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


FORMATS = [
    pytest.param(as_csv, id="csv"),
    pytest.param(as_workbook, id="xlsx"),
    pytest.param(as_json_lines, id="jsonl"),
    pytest.param(as_xml, id="xml"),
]


def outcomes(job):
    rows = job.rows.order_by("number")
    return [(row.number, row.outcome, row.message) for row in rows]


@pytest.fixture
def friends(shop):
    data = segments.SegmentData(
        name="Friends",
        is_active=True,
        parts=[[CriterionData("customer_list", {"customers": [member(shop, 0)]})]],
    )
    return segments.create(store=shop, data=data, actor=SYSTEM)


def member(shop, number):
    return str(CustomerFactory(shop, email=f"friend{number}@example.com").uuid)


@pytest.mark.parametrize("write", FORMATS)
def test_adds_codes_to_pools_in_their_order(bring_in, shop, write):
    campaign = CampaignFactory(shop, coupons=("OLD",))
    rows = [
        {"campaignId": str(campaign.uuid), "code": code} for code in ("B", "A", "OLD", "B", "")
    ] + [{"campaignId": "x", "code": "C"}]

    job = bring_in(write("couponCodes", "couponCode", rows), "coupon-codes")

    assert job.state == ImportState.DONE
    pool = CouponCode.objects.filter(campaign=campaign).order_by("position")
    assert [code.code for code in pool] == ["OLD", "B", "A"]
    in_pool = "Processing exception: The pool has this code already."
    assert outcomes(job) == [
        (3, RowOutcome.DUPLICATE, in_pool),
        (4, RowOutcome.DUPLICATE, in_pool),
        (5, RowOutcome.BAD, "Convert exception: code is required node"),
        (6, RowOutcome.BAD, "Convert exception: campaignId should be UUID"),
    ]


def test_names_a_reward_by_its_name_where_one_has_it(bring_in, shop):
    one = CampaignFactory(shop, name="Mug", coupons=("OLD",))
    CampaignFactory(shop, name="Cap", coupons=("OLD",))
    CampaignFactory(shop, name="Cap", coupons=("OLD",))

    job = bring_in("campaignName;code\nMug;A\nCap;B\nHat;C\n", "coupon-codes")

    assert CouponCode.objects.filter(campaign=one, code="A").exists()
    assert [message for _number, _outcome, message in outcomes(job)] == [
        "Processing exception: More than one campaign has this name; give its id.",
        "Processing exception: There is no such campaign.",
    ]


@pytest.mark.parametrize("write", FORMATS)
def test_adds_customers_to_the_list_of_a_segment(
    bring_in, shop, friends, write, django_capture_on_commit_callbacks
):
    for number in (1, 2):
        member(shop, number)
    rows = [
        {"segmentName": "Friends", "customerEmail": f"friend{number}@example.com"}
        for number in (1, 0, 2, 1, 9)
    ] + [{"segmentName": "Foes", "customerEmail": "friend1@example.com"}]

    with django_capture_on_commit_callbacks(execute=True):
        job = bring_in(write("segmentCustomers", "segmentCustomer", rows), "segment-customers")

    friends.refresh_from_db()
    [[criterion]] = [part["criteria"] for part in friends.parts]
    assert len(criterion["customers"]) == 3
    assert SegmentMembership.objects.filter(segment=friends).count() == 3
    listed = "Processing exception: This customer is in the list already."
    assert outcomes(job) == [
        (2, RowOutcome.DUPLICATE, listed),
        (4, RowOutcome.DUPLICATE, listed),
        (5, RowOutcome.BAD, "Processing exception: There is no such customer."),
        (6, RowOutcome.BAD, "Processing exception: There is no such segment."),
    ]
    assert AuditEntry.objects.filter(event_type="UpdateSegment").count() == 1


def test_refuses_a_segment_without_a_list(bring_in, shop):
    member(shop, 1)
    parts = [[CriterionData("transaction_count", {"min": 1})]]
    data = segments.SegmentData(name="Buyers", parts=parts)
    segments.create(store=shop, data=data, actor=SYSTEM, now=timezone.now())

    job = bring_in("segmentName;customerEmail\nBuyers;friend1@example.com\n", "segment-customers")

    [(_number, outcome, message)] = outcomes(job)
    assert outcome == RowOutcome.BAD
    assert message.endswith("None of the segment's criteria is a list of customers.")


def test_a_check_changes_no_list_and_no_pool(keep, shop, friends, mona):
    campaign = CampaignFactory(shop, coupons=("OLD",))
    member(shop, 1)

    for data, kind in (
        (f"campaignId;code\n{campaign.uuid};A\n", "coupon-codes"),
        ("segmentName;customerEmail\nFriends;friend1@example.com\n", "segment-customers"),
    ):
        job = drafts.check(job=keep(data, kind))
        running.run(job.pk)
        job.refresh_from_db()
        assert (job.state, job.rows_ok) == (ImportState.CHECKED, 1)

    friends.refresh_from_db()
    assert len(friends.parts[0]["criteria"][0]["customers"]) == 1
    assert CouponCode.objects.filter(campaign=campaign).count() == 1
