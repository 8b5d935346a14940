"""A form that somebody has changed …"""

import pytest
from django.core.cache import cache

from accounts.models import Pos
from tests.factories.accounts import LevelFactory, PosFactory
from tests.factories.core import default_store
from tests.factories.staff import PASSWORD, StaffFactory

LIST = "/cockpit/accounts/pos/"


@pytest.fixture(autouse=True)
def shop(transactional_db):
    cache.clear()
    store = default_store()
    LevelFactory(store, name="Bronze")
    StaffFactory(username="ada", email="ada@example.com", first_name="Ada", last_name="Marsh")
    return PosFactory(store, name="Old Town", description="By the river.\nTwo floors.")


@pytest.fixture
def opened(open_page):
    """Return a function that opens a page for Ada, and what she is asked while she is there."""

    def opened(path, **options):
        page = open_page("/cockpit/login/", **options)
        page.fill("[name=username]", "ada@example.com")
        page.fill("[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url("**/cockpit/")
        questions = []

        def stay(dialog):
            questions.append(dialog.type)
            dialog.dismiss()

        page.on("dialog", stay)
        page.goto(LIST)
        page.goto(path)
        return page, questions

    return opened


def change(page, name, text):
    """Write as people do, by the keyboard: without a key or a click no browser asks."""
    page.click(f"[name={name}]")
    page.keyboard.press("End")
    page.keyboard.type(text)


@pytest.mark.parametrize("width", [1440, 390])
def test_asks_before_it_is_left_by_a_link(opened, shop, width):
    page, questions = opened(f"{LIST}{shop.pk}/change/", width=width)
    change(page, "name", " Square")

    page.click(".save-bar a")

    page.wait_for_timeout(300)
    assert questions == ["beforeunload"]
    assert page.url.endswith("/change/")
    assert page.input_value("[name=name]") == "Old Town Square"


def test_asks_before_the_browser_goes_back(opened, shop):
    page, questions = opened(f"{LIST}{shop.pk}/change/")
    change(page, "description", " Open on Sundays.")

    page.evaluate("history.back()")
    page.wait_for_timeout(300)

    assert "beforeunload" in questions
    assert page.url.endswith("/change/")


def test_asks_a_keyboard_user_too(opened):
    page, questions = opened(f"{LIST}add/")
    page.focus("[name=name]")
    page.keyboard.type("Harbour")
    page.focus(".save-bar a")

    page.keyboard.press("Enter")
    page.wait_for_timeout(300)

    assert questions == ["beforeunload"]
    assert page.url.endswith("/add/")


def test_is_saved_without_a_question(opened, shop):
    page, questions = opened(f"{LIST}{shop.pk}/change/")
    change(page, "name", " Square")

    page.click(".save-bar button")
    page.get_by_text("Old Town Square was saved.").wait_for()
    page.click(".save-bar a")
    page.wait_for_url(f"**{LIST}")

    assert questions == []
    assert Pos.objects.get().name == "Old Town Square"


def test_is_left_without_a_question_once_it_is_as_it_was(opened, shop):
    page, questions = opened(f"{LIST}{shop.pk}/change/")
    change(page, "name", "s")
    page.keyboard.press("Backspace")

    page.click(".save-bar a")

    page.wait_for_url(f"**{LIST}")
    assert questions == []


def test_asks_also_when_it_was_refused(opened):
    page, questions = opened(f"{LIST}add/")
    change(page, "description", "No name")
    page.click(".save-bar button")
    page.locator(".notice--bad").wait_for()

    page.click(".notice--bad")
    page.click(".save-bar a")
    page.wait_for_timeout(300)

    assert questions == ["beforeunload"]


def test_asks_when_a_criterion_was_added(opened):
    page, questions = opened("/cockpit/accounts/segment/add/")
    count = page.locator("[data-live-part=builder] select, [data-live-part=builder] input").count()
    page.locator("[data-live-part=builder] button[name=do]").first.click()
    page.wait_for_function(
        "count => document.querySelectorAll('[data-live-part=builder] select,"
        " [data-live-part=builder] input').length !== count",
        arg=count,
    )

    page.click("a.button:has-text('Cancel')")
    page.wait_for_timeout(300)

    assert questions == ["beforeunload"]


@pytest.mark.parametrize(
    "path",
    [
        "/cockpit/accounts/level/add/",
        "/cockpit/accounts/customer/add/",
        "/cockpit/accounts/seller/add/",
        "/cockpit/accounts/staffuser/add/",
        "/cockpit/accounts/role/add/",
        "/cockpit/accounts/segment/add/",
        "/cockpit/earning/earningrule/add/?type=points",
        "/cockpit/earning/earningrule/add/?type=geolocation",
        "/cockpit/campaigns/rewardcampaign/add/?type=value_code",
        "/cockpit/campaigns/campaigncategory/add/",
        "/cockpit/settings/",
        "/cockpit/pictures/",
    ],
)
def test_asks_nothing_where_nobody_has_touched_it(opened, path):
    page, questions = opened(path)
    assert page.locator("form[data-guarded]").count() == 1
    page.click("main h1, #main h1, .form__title >> nth=0")

    page.goto(LIST)

    assert questions == []


def test_asks_nothing_of_a_search(opened):
    page, questions = opened("/cockpit/accounts/customer/")
    page.click("[name=q]")
    page.keyboard.type("ali")

    page.goto(LIST)

    assert questions == []
