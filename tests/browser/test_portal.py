"""The portal, as a customer uses it …"""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.utils import timezone

from accounts.models import Customer
from accounts.services import customers, points
from loyalty.core.actors import SYSTEM
from tests.factories.accounts import PASSWORD, CustomerFactory, LevelFactory, PosFactory
from tests.factories.core import default_store
from tests.factories.earning import EarningRuleFactory
from tests.factories.transactions import UnmatchedSaleFactory
from transactions.models import Transaction

EMAIL = "alice@example.com"
WIDTHS = [1440, 390]


@pytest.fixture(autouse=True)
def alice(transactional_db):
    """Alice has bought, spent and waits for points; some of hers run out soon."""
    cache.clear()
    store = default_store()
    LevelFactory(store, name="Starter", condition_value=0)
    LevelFactory(store, name="Silver", condition_value=100, reward_value=Decimal("0.05"))
    LevelFactory(store, name="Gold", condition_value=1000, reward_value=Decimal("0.15"))
    shop = PosFactory(store, name="Old Town shop")
    alice = CustomerFactory(
        store,
        first_name="Alice",
        email=EMAIL,
        loyalty_card_number="0000-1234-77",
        password=PASSWORD,
        transactions_amount=Decimal("812.40"),
        transactions_count=3,
    )
    now = timezone.now()
    for number, (days, amount) in enumerate([(1, "74.90"), (12, "37.50"), (30, "700.00")]):
        sale = Transaction.objects.create(
            store=store,
            customer=alice,
            pos=shop,
            document_type="sell",
            document_number=f"R-2026-{1180 - number}",
            purchased_at=now - timedelta(days=days),
            gross_value=Decimal(amount),
            gross_value_without_delivery=Decimal(amount),
        )
        points.add(
            customer=alice,
            amount=Decimal(amount),
            issuer="system",
            comment="General spending rule",
            transaction_uuid=sale.uuid,
            expires_at=now + timedelta(days=9 + 40 * number),
        )
    points.spend(customer=alice, amount=Decimal("50"), issuer="admin", comment="Coffee voucher")
    return alice


def sign_in(page, login: str = EMAIL, password: str = PASSWORD) -> None:
    page.get_by_label("E-mail, card number or phone").fill(login)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def overflow(page) -> int:
    """Return by how many pixels the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


@pytest.mark.parametrize("width", WIDTHS)
def test_signs_in_reads_and_signs_out(open_page, keep, width):
    page = open_page("/portal/", width=width)
    keep(page, "portal-sign-in")

    sign_in(page)

    assert page.get_by_role("heading", level=1).inner_text() == "Hello, Alice"
    assert page.locator(".balance-card__amount data").inner_text() == "762.4"
    assert page.get_by_text("Old Town shop").count() == 3
    assert overflow(page) <= 0
    keep(page, "portal-home")

    page.get_by_role("button", name="Sign out").click()
    assert page.get_by_role("status").inner_text() == "You are signed out."


@pytest.mark.parametrize("width", WIDTHS)
def test_is_refused_with_a_wrong_password(open_page, keep, width):
    page = open_page("/portal/", width=width)

    sign_in(page, password="Open-Sesame-2")

    assert "We do not know this combination" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("E-mail, card number or phone").input_value() == EMAIL
    assert page.get_by_label("Password").input_value() == ""
    keep(page, "portal-refused")


def test_needs_no_script(open_page):
    page = open_page("/portal/", java_script_enabled=False)

    sign_in(page)

    assert page.get_by_role("heading", level=1).inner_text() == "Hello, Alice"


def test_needs_nothing_from_elsewhere_and_breaks_no_policy(open_page, live_server):
    page = open_page("/portal/")
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("response", lambda answer: answer.status < 400 or complaints.append(answer.url))

    sign_in(page)
    page.wait_for_load_state("networkidle")

    assert [url for url in asked if not url.startswith(live_server.url)] == []
    assert complaints == []


def test_works_from_the_keyboard(open_page):
    page = open_page("/portal/")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.get_by_label("E-mail, card number or phone").focus()
    page.keyboard.type(EMAIL)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")

    page.get_by_role("heading", name="Hello, Alice").wait_for()


@pytest.mark.parametrize("width", WIDTHS)
def test_changes_to_polish_and_stays_there(open_page, keep, width):
    page = open_page("/portal/", width=width)
    sign_in(page)

    page.get_by_role("button", name="Polski").click()

    assert page.get_by_role("heading", level=1).inner_text() == "Dzień dobry, Alice"
    page.reload()
    assert page.locator("html").get_attribute("lang") == "pl"
    assert overflow(page) <= 0
    keep(page, "portal-home-polish")


def test_has_a_dark_scheme(open_page, keep):
    page = open_page("/portal/", color_scheme="dark")
    sign_in(page)

    background = page.evaluate("getComputedStyle(document.body).backgroundColor")

    assert background == "rgb(13, 20, 19)"
    keep(page, "portal-home-dark")


@pytest.mark.parametrize("width", WIDTHS)
def test_teaches_a_newcomer(open_page, keep, width):
    CustomerFactory(default_store(), first_name="Nora", email="nora@example.com", password=PASSWORD)
    page = open_page("/portal/", width=width)

    sign_in(page, "nora@example.com")

    assert page.get_by_text("No purchases yet").is_visible()
    keep(page, "portal-newcomer")


@pytest.mark.parametrize("width", WIDTHS)
def test_confirms_a_registration_without_scripts(open_page, keep, alice, width):
    Customer.objects.filter(pk=alice.pk).update(status="new", activation_token="from-the-mail")
    page = open_page("/portal/activate/from-the-mail", width=width, java_script_enabled=False)
    keep(page, "portal-activate")

    page.get_by_role("button", name="Yes, I want to join").click()
    assert page.get_by_role("status").inner_text() == "Your registration is confirmed."
    page.get_by_role("link", name="Sign in").click()
    sign_in(page)

    assert page.get_by_role("heading", level=1).inner_text() == "Hello, Alice"


@pytest.mark.parametrize("width", WIDTHS)
def test_chooses_a_password_after_a_temporary_one(open_page, keep, alice, width):
    temporary = customers.issue_temporary_password(customer=alice, actor=SYSTEM)
    page = open_page("/portal/", width=width)
    sign_in(page, password=temporary)

    page.get_by_label("New password").fill("short")
    page.get_by_label("The same once more").fill("short")
    page.get_by_role("button", name="Save and go on").click()
    assert "Password must contain a digit." in page.get_by_role("alert").inner_text()
    assert overflow(page) <= 0
    keep(page, "portal-own-password")
    page.get_by_label("New password").fill("My-Own-Word-7")
    page.get_by_label("The same once more").fill("My-Own-Word-7")
    page.get_by_role("button", name="Save and go on").click()

    assert page.get_by_role("heading", level=1).inner_text() == "Hello, Alice"


@pytest.mark.parametrize("width", WIDTHS)
def test_reads_all_that_has_been(open_page, keep, width):
    page = open_page("/portal/", width=width)
    sign_in(page)

    page.get_by_role("link", name="All my points").click()
    keep(page, "portal-points")
    assert page.locator(".entry").count() == 4
    assert overflow(page) <= 0
    page.get_by_role("link", name="Back to my points").click()
    page.get_by_role("link", name="All my purchases").click()
    keep(page, "portal-purchases")
    assert overflow(page) <= 0
    page.get_by_role("link", name="Old Town shop").first.click()
    keep(page, "portal-purchase")

    assert "General spending rule" in page.inner_text("main")
    assert overflow(page) <= 0


@pytest.mark.parametrize("width", WIDTHS)
def test_reads_how_points_come(open_page, keep, alice, width):
    end = timezone.now() + timedelta(days=20)
    window = {"is_all_time_active": False, "start_at": timezone.now(), "end_at": end}
    shop = PosFactory(alice.store, name="Harbour shop")
    rules = (
        ("points", {"name": "Points for shopping", "min_order_value": Decimal(20)}),
        ("multiply_for_product", {"name": "Double points for tea", **window}),
        ("qrcode", {"name": "Scan and win", "limit_is_active": True, "limit_period": "week"}),
        ("geolocation", {"name": "Drop in", "pos": [shop]}),
        ("referral", {"name": "Friends", "event_name": "register", "reward_type": "both"}),
    )
    for kind, fields in rules:
        limit = {"limit_uses": 2} if fields.get("limit_is_active") else {}
        EarningRuleFactory(
            store=alice.store,
            type=kind,
            description="Green and black tea, loose and in bags, in all our shops.",
            **fields | limit,
        )
    page = open_page("/portal/", width=width)
    sign_in(page)

    page.get_by_role("link", name="How to earn points").click()
    keep(page, "portal-earn")

    assert page.locator(".entry").count() == 5
    assert overflow(page) <= 0


@pytest.mark.parametrize("width", WIDTHS)
def test_adds_a_receipt_and_sends_points_without_scripts(open_page, keep, alice, width):
    CustomerFactory(alice.store, first_name="Bob", last_name="Brown", email="bob@example.com")
    UnmatchedSaleFactory(alice.store, "12.50", number="R-LOST")
    page = open_page("/portal/", width=width, java_script_enabled=False)
    sign_in(page)
    keep(page, "portal-home-whole")

    page.get_by_role("link", name="Add a receipt").click()
    page.get_by_label("Number on the receipt").fill("R-LOS")
    page.get_by_role("button", name="Add the purchase").click()
    keep(page, "portal-claim")
    assert overflow(page) <= 0
    page.get_by_label("Number on the receipt").fill("R-LOST")
    page.get_by_role("button", name="Add the purchase").click()
    assert "yours now" in page.get_by_role("status").inner_text()
    keep(page, "portal-purchase")

    page.goto("/portal/send/")
    page.get_by_label("Your friend's e-mail or phone").fill("bob@example.com")
    page.get_by_label("How many points?").fill("30")
    keep(page, "portal-send")
    page.get_by_role("button", name="Go on").click()
    keep(page, "portal-send-ask")
    assert overflow(page) <= 0
    page.get_by_role("button", name="Yes, send them").click()
    assert "your friend's now" in page.get_by_role("status").inner_text()
