"""A segment's page in the cockpit …"""

import html
import re

import pytest
from django.urls import reverse

from accounts.cockpit import criteria
from accounts.models import Segment
from accounts.segments.criteria import all_types
from accounts.services import segment_members
from loyalty.core.models import AuditEntry
from tests.factories import StoreFactory
from tests.factories.accounts import CustomerFactory, PosFactory
from tests.factories.earning import EarningRuleFactory
from tests.support.page_forms import untouched
from tests.support.segments import criterion, make_segment

EVERYBODY = [criterion("transaction_count", min=0)]


def address(segment, view="change"):
    return reverse(f"admin:accounts_segment_{view}", args=[segment.pk])


def test_says_which_rules_are_meant_for_it(cockpit, store):
    segment = make_segment(store, EVERYBODY)
    EarningRuleFactory(store=store, segments=[segment], name="Double for regulars")

    page = cockpit("SEGMENT:VIEW").get(address(segment)).content.decode()

    assert "Double for regulars" in page
    assert address(segment, "remove") not in page


def test_deletes_it_once_that_is_confirmed(cockpit, store):
    segment = make_segment(store, EVERYBODY)
    client = cockpit()

    assert client.get(address(segment, "remove")).status_code == 200
    assert Segment.objects.filter(pk=segment.pk).exists()
    answer = client.post(address(segment, "remove"), follow=True)

    assert "Regulars was deleted." in answer.content.decode()
    assert not Segment.objects.filter(pk=segment.pk).exists()


def test_does_not_delete_it_while_a_rule_is_meant_for_it(cockpit, store):
    segment = make_segment(store, EVERYBODY)
    EarningRuleFactory(store=store, segments=[segment], name="Double for regulars")

    answer = cockpit().post(address(segment, "remove"), follow=True)

    assert "it is used by earning rule Double for regulars" in answer.content.decode()
    assert Segment.objects.filter(pk=segment.pk).exists()


def test_needs_the_right_to_delete(cockpit, store):
    segment = make_segment(store, EVERYBODY)

    answer = cockpit("SEGMENT:VIEW").post(address(segment, "remove"))

    assert answer.status_code == 403
    assert Segment.objects.filter(pk=segment.pk).exists()


# The builder


def sent(*parts, name="Regulars", **fields):
    """Return the builder's POST: each part a list of (type, {field: value})."""
    data = {"name": name, "description": "", "is_active": "on", "part": [], **fields}
    for number, rows in enumerate(parts):
        data["part"].append(str(number))
        data[f"part-{number}"] = [f"{place}:{kind}" for place, (kind, _) in enumerate(rows)]
        for place, (_kind, values) in enumerate(rows):
            data |= {f"c-{number}-{place}-{name}": value for name, value in values.items()}
    return data


ADD = "admin:accounts_segment_add"
OFTEN = ("transaction_count", {"min": "3", "max": ""})
SPENT = ("transaction_amount", {"from_amount": "100", "to_amount": "500"})


@pytest.mark.parametrize(
    ("kind", "values", "kept", "sentence"),
    [
        pytest.param(*case, id=case[0])
        for case in (
            (
                "transaction_amount",
                {"from_amount": "100", "to_amount": "500"},
                {"from_amount": "100", "to_amount": "500"},
                "have spent 100 to 500 EUR in all",
            ),
            (
                "average_transaction_amount",
                {"from_amount": "", "to_amount": "12.50"},
                {"to_amount": "12.50"},
                "spend at most 12.5 EUR on average",
            ),
            (
                "transaction_count",
                {"min": "3", "max": "3"},
                {"min": 3, "max": 3},
                "have bought this often: exactly 3",
            ),
            (
                "anniversary",
                {"anniversary_type": "birthday", "days": "7"},
                {"anniversary_type": "birthday", "days": 7},
                "have their birthday within 7 days",
            ),
            (
                "purchase_period",
                {"from_date": "2026-03-01T00:00", "to_date": ""},
                {"from_date": "2026-03-01T00:00:00+01:00"},
                "have bought since 1 Mar 2026, 00:00",
            ),
            (
                "last_purchase_n_days_before",
                {"days": "30"},
                {"days": 30},
                "have bought in the last 30 days",
            ),
            ("bought_in_pos", {"pos_ids": ["POS"]}, {"pos_ids": ["POS"]}, "have bought at Rynek"),
            (
                "transaction_percent_in_pos",
                {"pos_id": "POS", "percent": "20"},
                {"pos_id": "POS", "percent": "0.2"},
                "make at least 20% of their purchases at Rynek",
            ),
            (
                "bought_skus",
                {"sku_ids": "A\nB"},
                {"sku_ids": ["A", "B"]},
                "have bought A or B",
            ),
            (
                "bought_makers",
                {"makers": "Hario"},
                {"makers": ["Hario"]},
                "have bought something by Hario",
            ),
            (
                "bought_labels",
                {"labels": "origin: fair"},
                {"labels": [{"key": "origin", "value": "fair"}]},
                "have bought something labelled origin: fair",
            ),
            (
                "customer_has_labels",
                {"labels": "vip\npress"},
                {"labels": [{"key": "vip"}, {"key": "press"}]},
                "have the label vip or press",
            ),
            (
                "customer_with_labels_values",
                {"labels": "vip: yes"},
                {"labels": [{"key": "vip", "value": "yes"}]},
                "have the label vip: yes",
            ),
            (
                "customer_list",
                {"customers": "alice@example.com\n+48 600 100 200"},
                {"customers": ["ALICE"]},
                "are on a list of 1 customer",
            ),
        )
    ],
)
def test_builds_every_criterion_and_shows_it_again(cockpit, store, kind, values, kept, sentence):
    """SG-3."""
    pos = PosFactory(store, name="Rynek")
    alice = CustomerFactory(store, email="alice@example.com", phone="+48600100200")
    ids = {"POS": str(pos.uuid), "ALICE": str(alice.uuid)}

    def filled(value):
        if isinstance(value, list):
            return [filled(each) for each in value]
        return ids.get(value, value) if isinstance(value, str) else value

    client = cockpit()
    answer = client.post(
        reverse(ADD), sent([(kind, {name: filled(value) for name, value in values.items()})])
    )

    assert answer.status_code == 302
    [part] = Segment.objects.get(store=store).parts
    [criterion] = part["criteria"]
    assert {k: v for k, v in criterion.items() if k != "id"} == {"type": kind} | {
        name: filled(value) for name, value in kept.items()
    }
    segment = Segment.objects.get(store=store)
    page = client.get(address(segment)).content.decode()
    assert f"Customers who {sentence}." in html.unescape(page)
    again = client.post(address(segment), untouched(page, "data-live"))
    assert again.status_code == 302
    segment.refresh_from_db()
    [[same]] = [part["criteria"] for part in segment.parts]
    assert {k: v for k, v in same.items() if k != "id"} == {
        k: v for k, v in criterion.items() if k != "id"
    }


def test_has_a_form_and_a_sentence_for_every_criterion():
    """SG-3."""
    assert set(criteria.FORMS) == set(criteria.SENTENCES) == set(all_types())


def test_joins_parts_by_and_and_criteria_by_or(cockpit, store):
    """SG-2."""
    recently = ("last_purchase_n_days_before", {"days": "30"})

    cockpit().post(reverse(ADD), sent([OFTEN, SPENT], [recently]))

    segment = Segment.objects.get(store=store)
    assert [len(part["criteria"]) for part in segment.parts] == [2, 1]
    assert criteria.summary_of(segment.parts, criteria.Words({}, "EUR")) == (
        "Customers who either have bought this often: at least 3 or have spent 100 to 500 EUR in"
        " all, and have bought in the last 30 days."
    )


def test_records_who_made_it(cockpit, store):
    cockpit().post(reverse(ADD), sent([OFTEN]))

    segment = Segment.objects.get(store=store)
    assert AuditEntry.objects.get(entity_id=str(segment.uuid)).event_type == "CreateSegment"


@pytest.mark.parametrize(
    ("parts", "fault"),
    [
        pytest.param([], "This value should not be blank.", id="no-part"),
        pytest.param([[]], "Add a criterion, or remove this part.", id="empty-part"),
        pytest.param(
            [[("transaction_amount", {"from_amount": "9", "to_amount": "3"})]],
            "The range ends before it begins.",
            id="range-backwards",
        ),
        pytest.param(
            [[("transaction_amount", {"from_amount": "", "to_amount": ""})]],
            "This value should not be blank.",
            id="no-end",
        ),
        pytest.param(
            [[("transaction_amount", {"from_amount": "1e308"})]],
            "Ensure that there are no more than",
            id="beyond-money",
        ),
        pytest.param(
            [[("customer_list", {"customers": "nobody@example.com"})]],
            "There is no such customer: nobody@example.com.",
            id="unknown-customer",
        ),
        pytest.param(
            [[("customer_list", {"customers": "4711"})]],
            "This names more than one customer: 4711.",
            id="ambiguous-customer",
        ),
        pytest.param(
            [[("bought_in_pos", {"pos_ids": "11111111-1111-1111-1111-111111111111"})]],
            "is not one of the available choices",
            id="unknown-place",
        ),
        pytest.param(
            [[("bought_labels", {"labels": "no colon"})]],
            "Write each line as key: value.",
            id="half-a-label",
        ),
    ],
)
def test_says_next_to_the_field_what_is_wrong_and_keeps_nothing(cockpit, store, parts, fault):
    """SG-4."""
    CustomerFactory(store, phone="4711")
    CustomerFactory(store, loyalty_card_number="4711")

    answer = cockpit().post(reverse(ADD), sent(*parts))

    assert answer.status_code == 200
    assert fault in html.unescape(answer.content.decode())
    assert not Segment.objects.exists()


def test_refuses_a_name_twice(cockpit, store):
    """SG-1."""
    make_segment(store, EVERYBODY, name="Regulars")

    answer = cockpit().post(reverse(ADD), sent([OFTEN], name="Regulars"))

    assert "Segment with this name already exists" in answer.content.decode()
    assert Segment.objects.count() == 1


@pytest.mark.parametrize(
    ("deed", "shown"),
    [
        ("add", [["transaction_count"], []]),
        ("add-0", [["transaction_count", "bought_skus"]]),
        ("remove-0-0", [[]]),
        ("remove-0", [[]]),
        ("remove-9-9", [["transaction_count"]]),
        ("count", [["transaction_count"]]),
        ("nonsense", [["transaction_count"]]),
    ],
)
@pytest.mark.parametrize("is_live", [True, False], ids=["script", "no-script"])
def test_adds_and_removes_with_and_without_a_script(cockpit, store, deed, shown, is_live):
    view = "admin:accounts_segment_preview" if is_live else ADD
    data = sent([OFTEN]) | {"do": deed, "type-0": "bought_skus"}

    page = cockpit().post(reverse(view), data).content.decode()

    found = [
        [kind for _number, kind in re.findall(rf'name="part-{number}"\s+value="(\d+):(\w+)"', page)]
        for number in re.findall(r'name="part"\s+value="(\d+)"', page)
    ]
    assert found == shown
    assert not Segment.objects.exists()


def test_counts_and_samples_while_it_is_edited(cockpit, store):
    for number in range(12):
        CustomerFactory(store, last_name=f"Often{number}", transactions_count=3 + number)
    CustomerFactory(store, last_name="Seldom", transactions_count=2)
    CustomerFactory(last_name="Elsewhere", transactions_count=9)

    page = cockpit().post(reverse("admin:accounts_segment_preview"), sent([OFTEN])).content.decode()

    assert "12 customers fit" in page
    assert page.count('class="sample__row"') == 10
    assert "Seldom" not in page
    assert "Elsewhere" not in page


def test_samples_nobody_for_who_may_not_see_customers(cockpit, store):
    CustomerFactory(store, last_name="Often", transactions_count=3)

    page = (
        cockpit("SEGMENT")
        .post(reverse("admin:accounts_segment_preview"), sent([OFTEN]))
        .content.decode()
    )

    assert "1 customer fits" in page
    assert "Often" not in page


def test_previews_for_who_may_modify_and_posts(cockpit, store):
    view = reverse("admin:accounts_segment_preview")

    assert cockpit("SEGMENT:VIEW", "CUSTOMER").post(view, sent([OFTEN])).status_code == 403
    assert cockpit().get(view).status_code == 405


def test_reads_the_form_in_a_fixed_number_of_queries(cockpit, store, django_assert_max_num_queries):
    for number in range(4):
        PosFactory(store, name=f"Place {number}")
        CustomerFactory(store, transactions_count=5)
    client = cockpit()
    parts = [[OFTEN, SPENT, OFTEN], [OFTEN], [SPENT]]

    with django_assert_max_num_queries(12):
        client.post(reverse("admin:accounts_segment_preview"), sent(*parts))


def test_shows_it_without_a_form_to_who_may_only_view(cockpit, store):
    segment = make_segment(store, EVERYBODY)
    client = cockpit("SEGMENT:VIEW")

    page = client.get(address(segment)).content.decode()

    assert "Customers who have bought this often: at least 0." in page
    assert "data-live" not in page
    client.post(address(segment), sent([OFTEN], name="Changed"))
    segment.refresh_from_db()
    assert segment.name == "Regulars"


# Deeds


def test_switches_it_off_and_on_once_that_is_confirmed(cockpit, store):
    """SG-7."""
    segment = make_segment(store, EVERYBODY)
    EarningRuleFactory(store=store, segments=[segment], name="Double for regulars")
    client = cockpit()

    assert "Double for regulars" in client.get(address(segment, "switch")).content.decode()
    segment.refresh_from_db()
    assert segment.is_active
    client.post(address(segment, "switch"))
    segment.refresh_from_db()
    assert not segment.is_active
    client.post(address(segment, "switch"))
    segment.refresh_from_db()
    assert segment.is_active


def test_needs_the_right_to_switch(cockpit, store):
    segment = make_segment(store, EVERYBODY)

    assert cockpit("SEGMENT:VIEW").post(address(segment, "switch")).status_code == 403
    segment.refresh_from_db()
    assert segment.is_active


def test_offers_no_deletion_while_a_rule_is_meant_for_it(cockpit, store):
    segment = make_segment(store, EVERYBODY)
    rule = EarningRuleFactory(store=store, segments=[segment], name="Double for regulars")

    page = cockpit().get(address(segment, "remove")).content.decode()

    assert reverse("admin:earning_earningrule_change", args=[rule.pk]) in page
    assert 'class="button button--danger"' not in page


def test_hands_its_members_out_as_a_file(cockpit, store):
    """SG-8."""
    segment = make_segment(store, EVERYBODY)
    CustomerFactory(store, email="alice@example.com")

    answer = cockpit("SEGMENT:VIEW", "SEGMENT_EXPORT:VIEW", "CUSTOMER:VIEW").get(
        address(segment, "csv")
    )

    assert answer["Content-Disposition"].startswith('attachment; filename="Regulars-')
    assert b"alice@example.com" in b"".join(answer.streaming_content)


@pytest.mark.parametrize("missing", ["SEGMENT_EXPORT", "CUSTOMER"])
def test_needs_both_rights_for_the_file(cockpit, store, missing):
    segment = make_segment(store, EVERYBODY)
    rights = {"SEGMENT", "SEGMENT_EXPORT", "CUSTOMER"} - {missing}

    assert cockpit(*rights).get(address(segment, "csv")).status_code == 403


def test_lists_its_members_among_all_customers(cockpit, store):
    segment = make_segment(store, [criterion("transaction_count", min=1)])
    CustomerFactory(store, last_name="Insider", transactions_count=1)
    CustomerFactory(store, last_name="Stranger")
    segment_members.recalculate(segment.pk)
    url = reverse("admin:accounts_customer_changelist")

    page = cockpit().get(f"{url}?segment__id__exact={segment.pk}").content.decode()

    assert "Insider" in page
    assert "Stranger" not in page


@pytest.mark.parametrize("view", ["change", "switch", "remove", "csv"])
def test_is_not_there_in_another_store(cockpit, store, view):
    elsewhere = make_segment(StoreFactory(), EVERYBODY)

    assert cockpit().post(address(elsewhere, view)).status_code == 404
    assert Segment.objects.filter(pk=elsewhere.pk, is_active=True).exists()
