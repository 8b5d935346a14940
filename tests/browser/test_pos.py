"""The till, as a seller uses it …"""

from decimal import Decimal

import pytest
from django.core.cache import cache

from tests.factories.accounts import PASSWORD, CustomerFactory, LevelFactory, SellerFactory
from tests.factories.campaigns import CampaignFactory, give_points
from tests.factories.core import default_store
from tests.factories.earning import EarningRuleFactory
from tests.factories.transactions import SaleFactory

WIDTHS = [1440, 390]


@pytest.fixture(autouse=True)
def alice(transactional_db):
    cache.clear()
    store = default_store()
    LevelFactory(store, name="Bronze")
    LevelFactory(store, name="Silver", condition_value=300)
    SellerFactory(store, email="mona@example.com", password=PASSWORD)
    alice = CustomerFactory(
        store, first_name="Alice", last_name="Wonder", loyalty_card_number="CARD-0077"
    )
    give_points(alice, 100)
    CampaignFactory(store, name="Cup", coupons=("CUP-1",), cost_in_points=Decimal(20))
    SaleFactory(alice, "12.50", number="R-1")
    return alice


@pytest.mark.parametrize("width", WIDTHS)
def test_scans_sells_uses_and_undoes_without_scripts(open_page, keep, width):
    page = open_page("/pos/", width=width, java_script_enabled=False)
    keep(page, "pos-sign-in")
    # A scanner types where the keys go, and ends with Enter.
    page.wait_for_selector("[name=email]:focus")
    page.keyboard.type("mona@example.com")
    page.press("[name=email]", "Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#q:focus")
    page.keyboard.type("card-0077")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Alice Wonder")
    page.wait_for_selector("#q:focus")
    keep(page, "pos-customer")
    page.click("summary:has-text('Sell')")
    page.click("text=Yes, sell it for 20")
    page.click("button:has-text('Use')")
    assert "The coupon is used." in page.inner_text("[role=status]")
    page.click("button:has-text('Undo')")
    assert "Undone" in page.inner_text("[role=status]")

    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.fill("#q", "R-1")
    page.press("#q", "Enter")
    assert "€12.50" in page.inner_text("main")
    keep(page, "pos-document")


@pytest.mark.parametrize("width", WIDTHS)
def test_tries_a_basket_with_the_keyboard_alone(open_page, keep, alice, width):
    EarningRuleFactory(store=alice.store, name="Two points a euro", point_value=Decimal(2))
    page = open_page("/pos/", width=width, java_script_enabled=False)
    page.fill("[name=email]", "mona@example.com")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.goto(f"/pos/customers/{alice.uuid}/basket/")
    # Known from its last sale, then something new: each page begins in the field for the next one.
    page.wait_for_selector("[name=product]:focus")
    page.keyboard.type("3*SKU1")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=This basket earns")
    page.wait_for_selector("[name=product]:focus")
    for text in ("Ribbon", "2", "1,50"):
        page.keyboard.press("Control+A")
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Ribbon")

    assert page.inner_text(".basket__points") == "81"
    assert "Ribbon: 3 EUR × 2 = 6 points" in page.inner_text("main")
    assert page.evaluate("document.activeElement.name") == "product"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    keep(page, "pos-basket")
    with page.expect_navigation():
        page.press("button[aria-label='Remove: Ribbon']", "Enter")
    page.go_back()
    assert page.inner_text(".basket__points") == "81"


def test_tells_while_typing_who_has_an_address_already(open_page, keep, alice):
    page = open_page("/pos/", width=390)
    page.fill("[name=email]", "mona@example.com")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_selector("#q")
    page.goto("/pos/register/")

    page.locator("[name=email]").press_sequentially(alice.email)
    page.wait_for_selector(".field__known-link")
    keep(page, "pos-known")
    page.click(".field__known-link")

    page.wait_for_url(f"**/pos/customers/{alice.uuid}/")
