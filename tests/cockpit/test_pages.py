"""The cockpit's own pages …"""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.ledger.models import Lot, Posting
from accounts.models import CustomerStatus, Segment, SegmentMembership
from accounts.services import customers, levels, points
from accounts.services.customer_data import Changes
from loyalty.cockpit import timeline
from loyalty.core.actors import SYSTEM
from loyalty.core.models import AuditEntry, Event
from tests.factories.accounts import CustomerFactory, LevelFactory, PosFactory
from tests.factories.earning import EarningRuleFactory
from tests.factories.transactions import ReturnFactory, SaleFactory, UnmatchedSaleFactory
from transactions.models import Transaction


def page_of(client, name, subject, view="change"):
    return client.get(reverse(f"admin:{name}_{view}", args=[subject.pk])).content.decode()


# The customer


@pytest.fixture
def alice(store):
    LevelFactory(store, name="Bronze")
    LevelFactory(store, name="Silver", condition_value=200)
    EarningRuleFactory(store=store, name="A point for every euro")
    alice = CustomerFactory(store, first_name="Alice", last_name="Wonder")
    SaleFactory(alice, "50.00", number="FV/1", now=timezone.now())
    alice.refresh_from_db()
    return alice


def test_shows_a_customers_balance_level_and_purchases(cockpit, alice):
    points.block(customer=alice, amount=Decimal(20), issuer="admin", comment="A question")

    page = page_of(cockpit(), "accounts_customer", alice)

    assert '<p class="balance__amount">30</p>' in page
    assert "150.00 EUR to Silver" in page
    assert "FV/1" in page
    assert "A question" in page


def test_leaves_out_what_the_rights_do_not_open(cockpit, alice):
    page = page_of(cockpit("CUSTOMER:VIEW"), "accounts_customer", alice)

    assert "Alice Wonder" in page
    assert "balance__amount" not in page
    assert "FV/1" not in page
    assert "Add points" not in page


def test_reads_a_customer_in_a_fixed_number_of_queries(
    cockpit, alice, django_assert_max_num_queries
):
    client = cockpit()
    for number in range(5):
        SaleFactory(alice, "5.00", now=timezone.now())
        segment = Segment.objects.create(store=alice.store, name=f"Segment {number}")
        SegmentMembership.objects.create(segment=segment, customer=alice, since=timezone.now())

    with django_assert_max_num_queries(32):
        page_of(client, "accounts_customer", alice)


def test_blocks_and_activates_a_customer(cockpit, alice):
    client = cockpit()

    client.post(reverse("admin:accounts_customer_block", args=[alice.pk]))
    alice.refresh_from_db()
    assert alice.status == CustomerStatus.BLOCKED

    client.post(reverse("admin:accounts_customer_activate", args=[alice.pk]))
    alice.refresh_from_db()
    assert alice.status == CustomerStatus.ACTIVE


def test_deletes_and_anonymizes_a_customer_once_that_is_confirmed(cockpit, alice):
    """8.3: both for ever, so both ask first; an anonymized customer has no tools left."""
    client = cockpit()
    asked = page_of(client, "accounts_customer", alice, "anonymize")
    assert "for ever" in asked

    client.post(reverse("admin:accounts_customer_remove", args=[alice.pk]), follow=True)
    alice.refresh_from_db()
    assert (alice.status, alice.first_name) == (CustomerStatus.DELETED, "Alice")

    done = client.post(reverse("admin:accounts_customer_anonymize", args=[alice.pk]), follow=True)
    alice.refresh_from_db()
    assert alice.first_name == "Anonymized"
    page = done.content.decode()
    assert "The customer is anonymized." in page
    assert "Wonder" not in page
    assert "FV/1" in page
    for deed in ("edit", "reward", "level"):
        assert reverse(f"admin:accounts_customer_{deed}", args=[alice.pk]) not in page
    assert reverse("admin:accounts_customer_points", args=[alice.pk, "add"]) not in page


def test_hands_over_what_is_stored_about_a_customer(cockpit, alice):
    client = cockpit()
    address = reverse("admin:accounts_customer_data", args=[alice.pk])

    assert "Download data" in client.get(address).content.decode()
    assert not AuditEntry.objects.filter(event_type="DownloadCustomerData").exists()
    answer = client.post(address)

    assert answer["Content-Disposition"] == f'attachment; filename="customer-{alice.uuid}.json"'
    assert "Wonder" in answer.content.decode()
    assert AuditEntry.objects.filter(event_type="DownloadCustomerData").count() == 1
    assert cockpit("CUSTOMER:VIEW").post(address).status_code == 403


def test_only_asks_before_it_blocks(cockpit, alice):
    """STA-1: activating undoes it, so nothing says that it were for ever."""
    page = page_of(cockpit(), "accounts_customer", alice, "block")

    alice.refresh_from_db()
    assert "Points and history stay. Activating undoes it." in page
    assert "cannot be undone" not in page
    assert alice.status == CustomerStatus.ACTIVE


def test_sets_a_level_back_to_automatic(cockpit, alice):
    gold = LevelFactory(alice.store, condition_value=1000)
    levels.assign_manually(customer=alice, level=gold, actor=SYSTEM)

    cockpit().post(reverse("admin:accounts_customer_automatic", args=[alice.pk]))

    alice.refresh_from_db()
    assert (alice.manually_assigned_level, alice.level.name) == (None, "Bronze")


def test_tells_what_was_changed_about_a_customer(cockpit, alice):
    page = page_of(cockpit(), "accounts_customer", alice, "history")

    assert "Registered a customer" in page


# The purchase


def test_says_why_a_purchase_earned_what_it_earned(cockpit, alice):
    EarningRuleFactory(store=alice.store, name="Switched off", is_active=False)
    EarningRuleFactory(store=alice.store, name="Big baskets", min_order_value=Decimal(500))
    sale = SaleFactory(alice, "12.50", "7.50", number="FV/2", now=timezone.now())

    page = page_of(cockpit(), "transactions_transaction", sale)

    assert "A point for every euro" in page
    assert "12.5 EUR × 1 = 12.5 points" in page
    assert "7.5 EUR × 1 = 7.5 points" in page
    assert "20 points, from 1 rule." in page
    assert "Below its minimum of 500 EUR" in page
    assert "It was switched off." in page


def test_shows_what_a_return_cost(cockpit, alice):
    sale = Transaction.objects.get(document_number="FV/1")
    brought_back = ReturnFactory(sale, "10.00", now=timezone.now())

    page = page_of(cockpit(), "transactions_transaction", brought_back)

    assert "−10" in page
    assert "FV/1" in page


def test_offers_customers_for_an_unmatched_sale_and_matches_it(cockpit, alice):
    sale = UnmatchedSaleFactory(alice.store, "30.00", now=timezone.now())
    client = cockpit()
    address = reverse("admin:transactions_transaction_match", args=[sale.pk])

    assert "Alice Wonder" in client.get(address, {"q": "wonder"}).content.decode()
    client.post(address, {"customer": alice.pk})

    sale.refresh_from_db()
    assert sale.customer == alice
    assert AuditEntry.objects.filter(entity_id=str(sale.uuid)).exists()


def test_offers_nobody_for_a_sale_that_is_matched(cockpit, alice):
    sale = SaleFactory(alice, "30.00")
    address = reverse("admin:transactions_transaction_match", args=[sale.pk])

    answer = cockpit().get(address)

    assert answer.url == reverse("admin:transactions_transaction_change", args=[sale.pk])


@pytest.mark.parametrize("customer", ["", "0", "x", "9" * 40])
def test_matches_nothing_with_nobody(cockpit, alice, customer):
    sale = UnmatchedSaleFactory(alice.store)
    address = reverse("admin:transactions_transaction_match", args=[sale.pk])

    cockpit().post(address, {"customer": customer})

    sale.refresh_from_db()
    assert sale.customer is None


def test_matches_no_customer_of_another_store(cockpit, alice):
    eve, sale = CustomerFactory(), UnmatchedSaleFactory(alice.store)
    address = reverse("admin:transactions_transaction_match", args=[sale.pk])

    cockpit().post(address, {"customer": eve.pk})

    sale.refresh_from_db()
    assert sale.customer is None


def test_labels_a_document(cockpit, alice):
    sale = Transaction.objects.get(document_number="FV/1")
    address = reverse("admin:transactions_transaction_labels", args=[sale.pk])

    cockpit().post(address, {"labels": "till: 3\nshift: late"})

    sale.refresh_from_db()
    assert sale.labels == [{"key": "till", "value": "3"}, {"key": "shift", "value": "late"}]


# Read-only screens


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (Posting, "ledger_posting"),
        (Lot, "ledger_lot"),
        (Event, "core_event"),
        (AuditEntry, "core_auditentry"),
    ],
)
@pytest.mark.parametrize("view", ["change", "delete"])
def test_never_change_the_record(cockpit, alice, model, name, view):
    row = model.objects.order_by("pk").last()
    before = model.objects.filter(pk=row.pk).values().get()
    client = cockpit()

    client.post(reverse(f"admin:{name}_{view}", args=[row.pk]), {"amount": "1", "post": "yes"})

    assert model.objects.filter(pk=row.pk).values().get() == before


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (Posting, "ledger_posting"),
        (Lot, "ledger_lot"),
        (Event, "core_event"),
        (AuditEntry, "core_auditentry"),
    ],
)
def test_show_one_record(cockpit, alice, model, name):
    row = model.objects.filter(store=alice.store).order_by("pk").last()

    assert str(row.uuid) in page_of(cockpit(), name, row)


def test_show_a_point_of_sale_with_what_it_sold(cockpit, alice):
    shop = PosFactory(alice.store, name="Harbour")
    SaleFactory(alice, "25.00", pos_uuid=shop.uuid, number="FV/9")
    client = cockpit()

    assert "FV/9" in page_of(client, "accounts_pos", shop)
    assert "25.00" in client.get(reverse("admin:accounts_pos_changelist")).content.decode()


def test_answer_an_unknown_address_in_their_own_shell(cockpit, store):
    answer = cockpit().get(reverse("admin:accounts_customer_change", args=[12345]))

    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.content.decode()


# Find anything


@pytest.mark.parametrize(
    ("permissions", "text", "is_found"),
    [
        (("CUSTOMER:VIEW",), "wonder", True),
        (("LEVEL:VIEW",), "wonder", False),
        (("TRANSACTION:VIEW",), "FV/1", True),
        (("CUSTOMER:VIEW",), "FV/1", False),
    ],
)
def test_find_what_is_open_to_the_person(cockpit, alice, permissions, text, is_found):
    page = cockpit(*permissions).get(reverse("admin:search"), {"s": text}).content.decode()

    assert ("found__link" in page) is is_found


def test_find_pages_by_their_name(cockpit, store):
    page = cockpit().get(reverse("admin:search"), {"s": "sett"}).content.decode()

    assert reverse("admin:settings") in page


def test_find_as_a_whole_page_for_who_opens_the_address(cockpit, alice):
    page = cockpit().get(reverse("admin:search"), {"s": "wonder"}).content.decode()

    assert re.search(r"<title>\s*Search – ", page)
    assert 'value="wonder"' in page
    assert reverse("admin:accounts_customer_change", args=[alice.pk]) in page


def test_find_as_a_mere_list_for_the_search_box(cockpit, alice):
    answer = cockpit().get(reverse("admin:search"), {"s": "wonder"}, headers={"hx-request": "true"})

    assert "<title" not in answer.content.decode()
    assert "found__link" in answer.content.decode()


# What others have typed


def test_show_names_and_comments_as_text(cockpit, alice):
    alice.first_name = "<script>alert(1)</script>"
    alice.save(update_fields=["first_name"])
    points.add(customer=alice, amount=Decimal(5), issuer="admin", comment="<b>bold</b>")
    client = cockpit()

    pages = [
        page_of(client, "accounts_customer", alice),
        client.get(reverse("admin:accounts_customer_changelist")).content.decode(),
        client.get(reverse("admin:accounts_pointstransfer_changelist")).content.decode(),
        client.get(reverse("admin:search"), {"s": "wonder"}).content.decode(),
        client.get(reverse("admin:core_auditentry_changelist")).content.decode(),
    ]

    assert not any("<script>alert" in page or "<b>bold" in page for page in pages)


def test_tell_what_happened_with_the_balance_of_the_moment(cockpit, alice):
    points.spend(customer=alice, amount=Decimal(20), issuer="api", comment="A coffee")

    page = cockpit().get(reverse("admin:accounts_customer_change", args=[alice.pk]))

    table = next(t for t in page.context["page"].tables if t.title == "What happened")
    _when, what, details, balance, moved = table.rows[0]
    assert (what, details) == ("Points spent", "A coffee")
    assert ("30" in balance, "−20" in moved) == (True, True)
    assert "Registered" in [row[1] for row in table.rows]


def test_call_changed_fields_by_their_labels(cockpit, alice):
    customers.update(
        customer=alice,
        changes={"first_name": "Alicia", "address": {"city": "Wroclaw"}},
        actor=SYSTEM,
    )

    page = cockpit().get(reverse("admin:accounts_customer_change", args=[alice.pk]))

    table = next(t for t in page.context["page"].tables if t.title == "What happened")
    assert table.rows[0][1:3] == ("Data changed", "Address, First name")


def test_have_a_label_for_every_field_that_staff_may_change():
    names = set(Changes.__annotations__) - {"level"}

    assert len(timeline.field_labels(names)) == len(names)


def test_bend_a_status_in_polish_as_its_noun_does(cockpit, alice):
    polish = {"headers": {"accept-language": "pl"}}
    address = reverse("admin:accounts_customer_changelist")

    page = cockpit().get(address, **polish)

    assert [str(words) for words, _url, _here in page.context["list_tabs"]] == [
        "Wszyscy",
        "Nowi",
        "Aktywni",
        "Zablokowani",
        "Usunięci",
    ]
    assert re.search(r'class="chip[^"]*">Aktywny<', page.content.decode())


def test_have_an_icon_where_a_page_names_none(client):
    assert client.get("/favicon.ico").url.startswith("/static/cockpit/icon")


def test_lead_from_the_sellers_to_their_till(cockpit, store):
    page = cockpit().get(reverse("admin:accounts_seller_changelist")).content.decode()

    assert f'href="/pos/{store.code}/"' in page


def test_call_every_event_of_a_customer_by_its_name():
    """Each fact that the rooms append about a customer, as their code spells it."""
    sources = [
        path.read_text()
        for room in ("accounts", "campaigns", "earning", "transactions")
        for path in (Path(settings.BASE_DIR) / room).glob("events.py")
    ]
    spelled = re.findall(r'"((?:customer|points|level|invitation)\.[a-z_]+)"', "".join(sources))

    assert set(spelled) > {"customer.signed_in", "level.expiring_soon"}
    assert not set(spelled) - set(timeline.TITLES)


def test_count_in_polish_without_bending_the_noun(cockpit, alice):
    CustomerFactory(alice.store)
    address = reverse("admin:accounts_customer_changelist")

    page = cockpit().get(address, headers={"accept-language": "pl"}).content.decode()

    assert "klienci: 2" in re.sub(r"\s+", " ", page)


def test_hand_over_a_new_password_once(cockpit, alice):
    client, address = cockpit(), reverse("admin:accounts_customer_password", args=[alice.pk])

    assert "confirm__secret" not in client.get(address).content.decode()
    password = client.post(address).context["password"]

    alice.refresh_from_db()
    assert alice.check_password(password)
    assert alice.must_change_password


def test_give_no_password_without_the_right(cockpit, alice):
    address = reverse("admin:accounts_customer_password", args=[alice.pk])

    assert cockpit("CUSTOMER:VIEW").post(address).status_code == 403


def test_keeps_the_rare_deeds_behind_the_common_ones(cockpit, alice):
    page = page_of(cockpit(), "accounts_customer", alice)

    head, _, menu = page.partition('class="deed-menu"')
    menu = menu.partition("</details>")[0]
    for common in ("reward", "edit"):
        assert reverse(f"admin:accounts_customer_{common}", args=[alice.pk]) in head
    for rare in ("password", "data", "block", "remove", "anonymize"):
        address = reverse(f"admin:accounts_customer_{rare}", args=[alice.pk])
        assert address in menu
        assert address not in head


def test_lets_a_blocked_customer_in_without_looking_for_it(cockpit, alice):
    alice.status = CustomerStatus.BLOCKED
    alice.save(update_fields=["status"])

    head = page_of(cockpit(), "accounts_customer", alice).partition('class="deed-menu"')[0]

    assert reverse("admin:accounts_customer_activate", args=[alice.pk]) in head
