"""The cockpit's lists …"""

import re
from decimal import Decimal

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from accounts.cockpit.paginator import EstimatingPaginator
from accounts.cockpit.vocabulary import word
from accounts.models import Customer, Segment
from accounts.services import points
from campaigns.services import categories, rewards
from campaigns.services.categories import CategoryData
from earning.services import invitations
from loyalty.core.actors import SYSTEM
from tests.campaigns.conftest import STAFF
from tests.factories.accounts import (
    CustomerFactory,
    LevelFactory,
    PosFactory,
    SellerFactory,
)
from tests.factories.campaigns import CampaignFactory
from tests.factories.earning import EarningRuleFactory
from tests.factories.staff import RoleFactory, StaffFactory
from tests.factories.transactions import SaleFactory


def fill(store, count):
    """Add so many rows of everything that a list shows."""
    for number in range(count):
        level = LevelFactory(store, condition_value=1000 + Customer.objects.count())
        shop = PosFactory(store)
        SellerFactory(store, pos=shop)
        customer = CustomerFactory(store, pos=shop)
        EarningRuleFactory(store=store, levels=[level])
        SaleFactory(customer, "10.00", pos_uuid=shop.uuid)
        points.add(customer=customer, amount=Decimal(5), issuer="admin")
        points.spend(customer=customer, amount=Decimal(1), issuer="admin")
        Segment.objects.create(store=store, name=f"Segment {level.pk} {number}")
        category = CategoryData(names={"en": f"Category {number}"}, sort_order=number)
        categories.create(store=store, data=category, actor=SYSTEM)
        invitations.invite(referrer=customer, email=f"friend-{customer.pk}@example.com")
        reward = CampaignFactory(store, level=customer.level, cost_in_points=Decimal(1))
        rewards.buy(campaign=reward, customer=customer, actor=STAFF)
        StaffFactory("CUSTOMER:VIEW")
        RoleFactory("LEVEL:VIEW")


LISTS = [
    "accounts_customer",
    "accounts_level",
    "accounts_pointstransfer",
    "accounts_pos",
    "accounts_role",
    "accounts_segment",
    "accounts_seller",
    "accounts_staffuser",
    "campaigns_campaigncategory",
    "campaigns_coupon",
    "campaigns_rewardcampaign",
    "core_auditentry",
    "core_event",
    "core_store",
    "earning_earningrule",
    "earning_invitation",
    "ledger_lot",
    "ledger_pointtype",
    "ledger_posting",
    "transactions_transaction",
]


def count_queries(client, name):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(reverse(f"admin:{name}_changelist")).status_code == 200
    return len(queries)


def test_run_as_many_queries_for_two_rows_as_for_ten(cockpit, store):
    client = cockpit()
    fill(store, 2)
    few = {name: count_queries(client, name) for name in LISTS}
    fill(store, 8)

    many = {name: count_queries(client, name) for name in LISTS}

    assert many == few
    # Both name what their rows are about: one query for each kind of thing.
    assert many.pop("core_auditentry") <= 20
    assert many.pop("core_event") <= 20
    assert max(many.values()) <= 16


@pytest.mark.parametrize(("text", "is_found"), [("wonder", True), ("nobody", False)])
def test_find_points_transfers_by_their_customer(cockpit, store, text, is_found):
    alice = CustomerFactory(store, first_name="Alice", last_name="Wonder")
    points.add(customer=alice, amount=Decimal(5), issuer="admin", comment="For Alice")
    other = CustomerFactory(store, first_name="Bob", last_name="Builder")
    points.add(customer=other, amount=Decimal(5), issuer="admin", comment="For Bob")

    address = reverse("admin:accounts_pointstransfer_changelist")
    page = cockpit().get(address, {"q": text}).content.decode()

    assert ("For Alice" in page, "For Bob" in page) == (is_found, False)


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("alice", True),
        ("ALI Won", True),
        ("wonder", True),
        ("alice@exa", True),
        ("card-77", True),
        ("+48601", True),
        ("lice", False),
        ("alice bob", False),
        ("' | !:*\\", False),
        ("9" * 3000, False),
    ],
)
def test_find_customers_by_how_their_words_begin(cockpit, store, text, is_found):
    CustomerFactory(
        store,
        last_name="Wonder",
        email="alice@example.com",
        loyalty_card_number="CARD-77/1",
        phone="+48601234567",
    )

    page = cockpit().get(reverse("admin:accounts_customer_changelist"), {"q": text})

    assert page.context["cl"].result_count == int(is_found)


@pytest.mark.parametrize(
    "text", ["lukasz zolc", "ŁUKASZ ŻÓŁĆ", "luk żół", "Z\u0307o\u0301łc\u0301"]
)
@pytest.mark.parametrize("name", [("Łukasz", "Żółciński"), ("Lukasz", "Zolcinski")])
def test_find_customers_with_or_without_marks_on_letters(cockpit, store, name, text):
    lukasz = CustomerFactory(store, first_name=name[0], last_name=name[1])
    CustomerFactory(store, first_name="Lucas", last_name="Zola")

    page = cockpit().get(reverse("admin:accounts_customer_changelist"), {"q": text})

    assert [row.pk for row in page.context["cl"].result_list] == [lukasz.pk]


def test_find_no_customer_by_a_mark_alone(cockpit, store):
    CustomerFactory(store)

    page = cockpit().get(reverse("admin:accounts_customer_changelist"), {"q": "\u0301"})

    assert page.context["cl"].result_count == 0


@pytest.mark.parametrize(
    ("model", "make"),
    [
        pytest.param("pos", lambda store: PosFactory(store, name="Łódź"), id="pos"),
        pytest.param("seller", lambda store: SellerFactory(store, last_name="Łódź"), id="seller"),
        pytest.param(
            "segment", lambda store: Segment.objects.create(store=store, name="Łódź"), id="segment"
        ),
    ],
)
def test_find_others_with_or_without_marks_on_letters(cockpit, store, model, make):
    made = make(store)
    address = reverse(f"admin:accounts_{model}_changelist")

    page = cockpit().get(address, {"q": "lodz"})

    assert made in page.context["cl"].result_list


@pytest.mark.parametrize("name", ["core_sentmessage", "core_event", "accounts_customer"])
def test_end_their_first_line_with_the_export(cockpit, store, name):
    page = cockpit().get(reverse(f"admin:{name}_changelist"))

    head = page.content.decode().partition('<div class="list-head">')[2]
    head = head.partition('id="changelist"')[0]
    before, tools, after = head.partition('<div class="list-head__tools">')
    assert tools
    assert "list-head__note" not in after
    assert "list-head__note" in before or "tabs" in before
    assert "/exports/new/" in after


@pytest.mark.parametrize(
    ("language", "label"), [("en", "Scrollable content"), ("pl", "Treść do przewijania")]
)
def test_say_what_scrolls_in_the_language_of_the_reader(cockpit, store, language, label):
    address = reverse("admin:accounts_customer_changelist")

    page = cockpit().get(address, headers={"accept-language": language}).content.decode()

    assert f'<meta name="scrolling-label" content="{label}">' in page


def test_find_documents_by_number_or_buyer(cockpit, store):
    sale = SaleFactory(CustomerFactory(store, email="alice@example.com"), number="FV/2026/17")
    client, url = cockpit(), reverse("admin:transactions_transaction_changelist")

    def found(text):
        return [row.pk for row in client.get(url, {"q": text}).context["cl"].result_list]

    assert found("FV/2026/17") == found("fv/2026") == found("alice@example.com") == [sale.pk]
    assert found("2026/17") == []


def test_filter_by_days_of_the_stores_time_zone(cockpit, store):
    from datetime import UTC, datetime

    # Half past midnight of the 15th in Warsaw.
    CustomerFactory(store, created_at=datetime(2026, 3, 14, 23, 30, tzinfo=UTC))
    client, url = cockpit(), reverse("admin:accounts_customer_changelist")

    def count(day):
        dates = {"created_at_from": day, "created_at_to": day}
        return client.get(url, dates).context["cl"].result_count

    assert (count("2026-03-14"), count("2026-03-15")) == (0, 1)


@pytest.mark.parametrize("days", ["nonsense", "2026-13-01", "0000-00-00"])
def test_take_a_malformed_day_for_none(cockpit, store, days):
    CustomerFactory(store)

    page = cockpit().get(reverse("admin:accounts_customer_changelist"), {"created_at_from": days})

    assert page.context["cl"].result_count == 1


def test_teach_when_they_are_empty(cockpit, store):
    page = cockpit().get(reverse("admin:earning_earningrule_changelist")).content.decode()

    assert "Without a rule a purchase earns nothing." in page


def test_count_exactly_up_to_the_limit(store, monkeypatch):
    monkeypatch.setattr(EstimatingPaginator, "exact_limit", 3)
    for _ in range(3):
        CustomerFactory(store)

    pages = EstimatingPaginator(Customer.objects.in_store(store).order_by("pk"), 2)

    assert (pages.count, pages.is_estimate) == (3, False)


def test_estimate_beyond_the_limit_by_two_queries(store, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(EstimatingPaginator, "exact_limit", 3)
    for _ in range(5):
        CustomerFactory(store)
    pages = EstimatingPaginator(Customer.objects.in_store(store).order_by("pk"), 2)

    with django_assert_num_queries(2):
        assert pages.count >= 4

    assert pages.is_estimate


def test_end_at_the_last_page_that_anybody_turns_to(store, monkeypatch):
    monkeypatch.setattr(EstimatingPaginator, "max_pages", 2)
    for _ in range(5):
        CustomerFactory(store)

    assert EstimatingPaginator(Customer.objects.in_store(store).order_by("pk"), 2).num_pages == 2


def test_say_what_they_filter_by_in_the_readers_language(cockpit, store):
    client = cockpit()
    client.cookies["django_language"] = "pl"
    address = reverse("admin:accounts_customer_changelist")

    page = client.get(address, {"gender__exact": "male"}).content.decode()

    assert re.search(r"Według: płeć\s", page)
    assert '<option value="male" selected>Mężczyzna</option>' in page
    assert "Zastosuj filtry" in page


@pytest.mark.parametrize(
    ("name", "heads"),
    [
        pytest.param("accounts_pos", ["Nazwa", "Identyfikator"], id="points-of-sale"),
        pytest.param("core_store", ["Kod", "Nazwa", "Waluta"], id="stores"),
    ],
)
def test_head_plain_columns_in_the_readers_language(cockpit, store, name, heads):
    PosFactory(store)
    client = cockpit()
    client.cookies["django_language"] = "pl"

    page = client.get(reverse(f"admin:{name}_changelist")).content.decode()

    assert [head for head in heads if f'data-label="{head}"' in page] == heads


def test_sort_by_a_plain_column(cockpit, store):
    PosFactory(store, name="Zoo")
    PosFactory(store, name="Abbey")

    page = cockpit().get(reverse("admin:accounts_pos_changelist"), {"o": "-0"}).content.decode()

    assert page.index("Zoo") < page.index("Abbey")
    assert "?o=0" in page


def test_call_what_they_list_by_its_polish_name():
    with translation.override("pl"):
        english = [
            str(name)
            for screen in admin.site._registry.values()
            for name in (screen.opts.verbose_name, screen.opts.verbose_name_plural)
            if word(name) == str(name) and str(name) != "segment"
        ]

    assert english == []


@pytest.mark.parametrize(
    ("language", "words"),
    [
        pytest.param("en", ["Add reward", "0 rewards", "By state now"], id="en"),
        pytest.param("pl", ["Dodaj: nagroda", "nagrody: 0", "Według: stan teraz"], id="pl"),
    ],
)
def test_say_the_same_word_in_head_and_foot(cockpit, store, language, words):
    address = reverse("admin:campaigns_rewardcampaign_changelist")

    page = cockpit().get(address, headers={"accept-language": language}).content.decode()

    text = " ".join(page.split())
    assert [each for each in words if each not in text] == []
