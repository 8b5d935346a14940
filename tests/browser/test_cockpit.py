"""The cockpit, as staff use it …"""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.utils import timezone

from accounts.models import Customer
from accounts.services import points
from loyalty.core.models import AuditEntry
from tests.factories.accounts import CustomerFactory, LevelFactory, PosFactory
from tests.factories.core import default_store
from tests.factories.earning import EarningRuleFactory
from tests.factories.staff import PASSWORD, StaffFactory
from tests.factories.transactions import SaleFactory, UnmatchedSaleFactory

WIDTHS = [1440, 390]


@pytest.fixture(autouse=True)
def alice(transactional_db):
    """Alice has bought several times; somebody whom the till does not know has bought, too."""
    cache.clear()
    store = default_store()
    LevelFactory(store, name="Bronze")
    LevelFactory(store, name="Silver", condition_value=300, reward_value=Decimal("0.05"))
    EarningRuleFactory(store=store, name="A point for every euro")
    shop = PosFactory(store, name="Old Town")
    now = timezone.now()
    alice = CustomerFactory(
        store,
        first_name="Alice",
        last_name="Wonder",
        email="alice@example.com",
        created_at=now - timedelta(days=20),
    )
    for days in (19, 11, 6, 2):
        bought = now - timedelta(days=days)
        SaleFactory(
            alice,
            f"{20 + days}.50",
            number=f"R-{days}",
            pos_uuid=shop.uuid,
            purchased_at=bought,
            now=bought,
        )
    UnmatchedSaleFactory(store, "35.00", number="R-77", purchased_at=now, now=now)
    points.block(customer=alice, amount=Decimal(10), issuer="admin", comment="A question")
    StaffFactory(username="ada", email="ada@example.com", first_name="Ada", last_name="Marsh")
    return alice


@pytest.fixture
def open_cockpit(open_page):
    """Return a function that signs Ada in and opens a page of the cockpit."""

    def open_cockpit(path="/cockpit/", **options):
        page = open_page("/cockpit/login/", **options)
        page.fill("[name=username]", "ada@example.com")
        page.fill("[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url("**/cockpit/")
        if path != "/cockpit/":
            page.goto(path)
        return page

    return open_cockpit


def is_as_wide_as_its_window(page):
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("width", WIDTHS)
def test_signs_in_and_sees_the_dashboard(open_page, open_cockpit, keep, width):
    door = open_page("/cockpit/login/", width=width)
    door.wait_for_selector("[name=username]:focus")
    keep(door, "cockpit-sign-in")

    page = open_cockpit(width=width)

    assert page.locator(".tile").count() == 8
    assert page.locator(".bars__plot").count() == 3
    assert is_as_wide_as_its_window(page)
    keep(page, "cockpit-dashboard")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("customers", "/cockpit/accounts/customer/"),
        ("levels", "/cockpit/accounts/level/"),
        ("transactions", "/cockpit/transactions/transaction/"),
        ("rules", "/cockpit/earning/earningrule/"),
        ("transfers", "/cockpit/accounts/pointstransfer/"),
        ("ledger", "/cockpit/ledger/posting/"),
        ("rule-types", "/cockpit/earning/earningrule/add/"),
        ("level-form", "/cockpit/accounts/level/add/"),
        ("settings", "/cockpit/settings/"),
        ("audit", "/cockpit/core/auditentry/"),
        ("segment-form", "/cockpit/accounts/segment/add/"),
        ("rewards", "/cockpit/campaigns/rewardcampaign/"),
        ("reward-types", "/cockpit/campaigns/rewardcampaign/add/"),
        ("bought-rewards", "/cockpit/campaigns/coupon/"),
        ("simulation", "/cockpit/simulation/"),
        ("role-form", "/cockpit/accounts/role/add/"),
        ("messages", "/cockpit/messages/"),
        ("webhooks", "/cockpit/webhooks/"),
        ("pictures", "/cockpit/pictures/"),
        ("imports", "/cockpit/imports/"),
        ("exports", "/cockpit/exports/"),
        ("jobs", "/cockpit/jobs/"),
        ("not-found", "/cockpit/accounts/customer/987654/change/"),
    ],
)
def test_opens_every_kind_of_page(open_cockpit, keep, name, path, width):
    page = open_cockpit(path, width=width)

    assert is_as_wide_as_its_window(page)
    keep(page, f"cockpit-{name}")


@pytest.mark.parametrize("width", WIDTHS)
def test_adds_points_to_a_customer(open_cockpit, keep, alice, width):
    page = open_cockpit(f"/cockpit/accounts/customer/{alice.pk}/change/", width=width)
    keep(page, "cockpit-customer")

    page.click("text=Add points")
    page.fill("[name=points]", "50")
    page.fill("[name=reason]", "An apology for the wait")
    keep(page, "cockpit-points")
    page.click("text=Continue")
    keep(page, "cockpit-points-confirm")
    page.click("button:has-text('Add points')")

    assert "50 points added. Alice Wonder now has 160." in page.inner_text("body")
    assert is_as_wide_as_its_window(page)
    entry = AuditEntry.objects.get(event_type="AddPoints")
    assert (entry.username, entry.data["comment"]) == ("ada", "An apology for the wait")


@pytest.mark.parametrize("width", WIDTHS)
def test_reads_why_a_purchase_earned_its_points(open_cockpit, keep, width):
    page = open_cockpit("/cockpit/transactions/transaction/?q=R-11", width=width)
    page.click("#result_list a:has-text('R-11')")

    assert "31.5 EUR × 1 = 31.5 points" in page.inner_text("#why")
    assert is_as_wide_as_its_window(page)
    keep(page, "cockpit-why")


def test_finds_a_customer_by_keyboard(open_cockpit, keep):
    page = open_cockpit()

    page.keyboard.press("Control+k")
    page.type("#search-input-command", "alice@", delay=20)
    page.wait_for_selector(".found__link")
    keep(page, "cockpit-find")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    page.wait_for_url("**/cockpit/accounts/customer/*/change/")


def test_matches_a_sale_from_the_to_do_list(open_cockpit, keep):
    page = open_cockpit()

    page.click(".todo__item")
    page.click("#result_list a:has-text('R-77')")
    page.click("text=Match with a customer")
    page.fill("[name=q]", "wonder")
    page.click(".finder button")
    keep(page, "cockpit-match")
    page.click("td button:has-text('Match')")

    assert "R-77 now belongs to Alice Wonder." in page.inner_text("body")


def test_filters_and_keeps_the_filter_in_the_address(open_cockpit, keep):
    page = open_cockpit("/cockpit/accounts/customer/")

    page.click("#changelist a:has-text('Filters')")
    keep(page, "cockpit-filters")
    page.select_option("select[name=status__exact]", "blocked")
    page.click("#filter-form button[type=submit]")

    page.get_by_text("Nothing matches").wait_for()
    assert "status__exact=blocked" in page.url


def test_works_without_scripts(open_cockpit, alice):
    page = open_cockpit(
        f"/cockpit/accounts/customer/{alice.pk}/points/spend/", java_script_enabled=False
    )

    assert page.evaluate("getComputedStyle(document.documentElement).opacity") == "1"
    page.fill("[name=points]", "5")
    page.fill("[name=reason]", "A coffee")
    page.click("text=Continue")
    page.click("button:has-text('Spend points')")

    assert "5 points spent. Alice Wonder now has 105." in page.text_content("body")


def test_refuses_in_words_what_the_role_does_not_open(open_page, keep):
    StaffFactory("CUSTOMER:VIEW", username="sue", email="sue@example.com")
    page = open_page("/cockpit/login/?next=/cockpit/settings/")

    page.fill("[name=username]", "sue")
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/cockpit/settings/")

    assert "You need “Settings – View”" in page.inner_text("body")
    keep(page, "cockpit-refused")


def test_leaves_the_text_fields_alone_when_a_picture_is_chosen(open_cockpit):
    page = open_cockpit("/cockpit/accounts/level/add/")
    failures = []
    page.on("pageerror", lambda failure: failures.append(failure))
    picture = {"name": "gold.png", "mimeType": "image/png", "buffer": b"a picture"}

    page.set_input_files("[name=photo]", files=[picture])

    assert page.input_value("[name=reward_name]") == ""
    page.goto("/cockpit/earning/earningrule/add/?type=qrcode")
    page.set_input_files("[name=photo]", files=[picture])
    assert failures == []


@pytest.mark.parametrize("width", WIDTHS)
def test_adds_points_to_all_that_the_list_finds(open_cockpit, keep, alice, width):
    page = open_cockpit("/cockpit/accounts/customer/", width=width)
    page.locator("input.action-select").first.check()
    page.select_option("select[name=action]", "customers-points")
    if page.locator(".question a").is_visible():
        page.click(".question a")
    keep(page, "cockpit-many")
    page.click("#changelist-actions button[type=submit]")
    page.fill("[name=points]", "5")
    page.fill("[name=comment]", "Sorry for the queue")
    page.click("form.form button[type=submit]")
    keep(page, "cockpit-many-confirm")
    page.click("button[name=confirmed]")

    page.wait_for_url("**/cockpit/many/*/")
    keep(page, "cockpit-many-done")
    assert page.inner_text(".import__number--good") == str(Customer.objects.count())
    assert is_as_wide_as_its_window(page)


def test_tells_while_typing_who_has_a_card_already(open_cockpit, alice):
    alice.loyalty_card_number = "CARD-77"
    alice.save(update_fields=["loyalty_card_number"])
    page = open_cockpit("/cockpit/accounts/customer/add/")

    page.locator("[name=loyalty_card_number]").press_sequentially("card-77")
    with page.expect_popup() as beside:
        page.click(".field__known-link")

    beside.value.wait_for_url(f"**/cockpit/accounts/customer/{alice.pk}/change/")
    assert page.input_value("[name=loyalty_card_number]") == "card-77"
