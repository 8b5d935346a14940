"""Settings of a store. Source: SET-1…13, SET-24."""

from collections.abc import Callable
from typing import Any

import pytest

from loyalty.core.models import Store
from loyalty.core.store_settings import StoreSettings
from tests.factories import CustomerFactory, StoreFactory
from tests.factories.staff import StaffFactory
from tests.support.api import ApiClient

Api = Callable[..., ApiClient]

FORM = {
    "settings[currency]": "eur",
    "settings[timezone]": "Europe/Berlin",
    "settings[programName]": "Beans",
    "settings[programPointsSingular]": "bean",
    "settings[programPointsPlural]": "beans",
    "settings[returns]": "1",
    "settings[pointsDaysExpiryAfter]": "after_x_days",
    "settings[pointsDaysActiveCount]": "60",
    "settings[allTimeNotLocked]": "1",
    "settings[tierAssignType]": "transactions",
    "settings[customerStatusesEarning][]": "active",
    "settings[customerStatusesSpending][0]": "active",
    "settings[customersIdentificationPriority][0][priority]": "2",
    "settings[customersIdentificationPriority][0][field]": "email",
    "settings[customersIdentificationPriority][1][priority]": "1",
    "settings[customersIdentificationPriority][1][field]": "phone",
    "settings[accountActivationMethod]": "email",
}


@pytest.fixture
def client(store: Store, api: Api) -> ApiClient:
    return api(StaffFactory("SETTINGS"))


def test_shows_all(client: ApiClient):
    """SET-1."""
    answer = client.get("DEFAULT/settings")

    assert answer.status_code == 200
    assert list(answer.data) == ["settings"]
    settings = answer.data["settings"]
    assert settings["currency"] == "EUR"
    assert settings["pointsDaysActive"] == settings["pointsDaysActiveCount"] == 30
    assert settings["customersIdentificationPriority"][0] == {"priority": 1, "field": "email"}


def test_takes_a_whole_form(client: ApiClient, store: Store):
    """SET-1."""
    answer = client.form("POST", "DEFAULT/settings", FORM)

    assert answer.status_code == 200
    store.refresh_from_db()
    settings = store.settings
    assert settings.timezone == "Europe/Berlin"
    assert settings.points_days_active_count == 60
    assert settings.customers_identification_priority == ("phone", "email")
    # Left out, so no longer ticked.
    assert settings.allow_customers_profile_edits is False
    assert answer.data["settings"]["programName"] == "Beans"


def test_takes_back_what_it_showed(client: ApiClient):
    shown = client.get("DEFAULT/settings").data

    answer = client.post("DEFAULT/settings", shown)

    assert answer.status_code == 200
    assert answer.data == shown


def test_refuses_with_the_errors_at_their_fields(client: ApiClient, store: Store):
    form = FORM | {"settings[timezone]": "Mars/Base", "settings[programName]": ""}

    answer = client.form("POST", "DEFAULT/settings", form)

    assert answer.status_code == 400
    children = answer.data["form"]["children"]
    faulty = {name: node for name, node in children.items() if node}
    assert faulty == {
        "timezone": {"errors": ["This value is not a valid timezone."]},
        "programName": {"errors": ["This value should not be blank."]},
    }
    assert "levelDowngradeDays" in children
    store.refresh_from_db()
    assert store.setting_values == {}


@pytest.mark.parametrize("body", [{}, {"settings": []}, {"settings": ""}, {"other": {}}, None])
def test_refuses_an_empty_form(client: ApiClient, body: Any):
    assert client.post("DEFAULT/settings", body).status_code == 400


@pytest.mark.parametrize("body", [[], [1], {"settings": [1]}, {"settings": "x"}, "x", 1])
def test_refuses_what_is_no_form(client: ApiClient, body: Any):
    assert client.post("DEFAULT/settings", body).status_code == 400


def test_leaves_what_only_the_cockpit_knows(client: ApiClient, store: Store):
    store.setting_values = {"posIdleMinutes": 5}
    store.save(update_fields=["setting_values"])

    answer = client.form("POST", "DEFAULT/settings", FORM | {"settings[posIdleMinutes]": "60"})

    assert answer.status_code == 200
    assert "posIdleMinutes" not in answer.data["settings"]
    store.refresh_from_db()
    assert store.settings.pos_idle_minutes == 5


def test_the_next_answer_is_in_the_new_zone(client: ApiClient, store: Store, api: Api):
    """SET-4."""
    customer = CustomerFactory(store)
    client.form("POST", "DEFAULT/settings", FORM | {"settings[timezone]": "Asia/Tokyo"})

    answer = api(customer).get(f"DEFAULT/customer/{customer.uuid}")

    assert answer.data["createdAt"].endswith("+0900")


def test_each_store_has_its_own(client: ApiClient):
    """STO-2, SET-3."""
    StoreFactory(code="other", setting_values={"programName": "Other"})

    assert client.get("other/settings").data["settings"]["programName"] == "Other"
    assert client.get("DEFAULT/settings").data["settings"]["programName"] == "Loyalty Program"


def test_customers_see_what_concerns_them(store: Store, api: Api):
    """SET-2."""
    answer = api(CustomerFactory(store)).get("DEFAULT/settings/public")

    assert answer.data == {"settings": {"allowCustomersProfileEdits": True}}


@pytest.mark.parametrize("path", ["settings/activation-method", "DEFAULT/settings/activation"])
def test_tells_anybody_how_accounts_are_activated(store: Store, api: Api, path: str):
    """ACT-5."""
    assert api().get(path).data == {"method": "email", "required": True}


@pytest.mark.parametrize(
    ("type", "part"),
    [
        ("timezone", {"Europe": {"Warsaw": "Europe/Warsaw"}}),
        ("language", {"Polish": "pl"}),
        ("country", {"Poland": "PL"}),
        ("promotedEvents", {"Account created": "oloy.account.created"}),
        ("earningRuleLimitPeriod", {"3 months": "3months", "1 year": "year"}),
        ("referralEvents", {"Registration": "register"}),
        ("referralTypes", {"Both": "both"}),
        ("availablePointExpireAfter", {"all_time_active": "Points never expire"}),
    ],
)
def test_choices_with_labels(store: Store, api: Api, type: str, part: dict[str, Any]):
    """SET-24."""
    answer = api().get(f"DEFAULT/settings/choices/{type}")

    assert answer.status_code == 200
    choices = answer.data["choices"]
    for label, value in part.items():
        if isinstance(value, dict):
            assert value.items() <= choices[label].items()
        else:
            assert choices[label] == value


@pytest.mark.parametrize(
    ("type", "choices"),
    [
        ("availableCustomerStatuses", ["new", "active", "blocked", "deleted"]),
        ("availableAccountActivationMethods", ["email", "sms"]),
        ("deliveryStatus", ["ordered", "canceled", "shipped", "delivered"]),
    ],
)
def test_choices_in_a_list(store: Store, api: Api, type: str, choices: list[str]):
    """SET-24."""
    assert api().get(f"settings/choices/{type}").data == {"choices": choices}


def test_choices_of_other_layouts(store: Store, api: Api):
    """SET-24."""
    languages = api().get("settings/choices/availableFrontendTranslations").data["choices"]
    vendors = api().get("settings/choices/availableMarketingVendors").data["choices"]

    assert languages[0] == {"name": "English", "code": "en", "default": True, "order": 0}
    assert vendors["sales_manago"]["name"] == "SALESmanago"
    assert "api_key" in vendors["sales_manago"]["config"]
    assert api().get("settings/choices/smsGatewayConfig").data == {
        "fields": {"smsApiToken": "text"}
    }


def test_every_listed_zone_may_be_chosen(client: ApiClient, api: Api):
    groups = api().get("settings/choices/timezone").data["choices"]

    for zones in groups.values():
        for zone in zones.values():
            StoreSettings.timezone.check(zone)


def test_choices_of_nothing_are_not_found(store: Store, api: Api):
    assert api().get("settings/choices/shoes").status_code == 404


def test_refuses_webhooks_into_the_own_network(client: ApiClient, store: Store):
    """NT-1: unless the installation allows it."""
    inward = FORM | {"settings[webhooks]": "1", "settings[uriWebhooks]": "http://2130706433/"}

    answer = client.form("POST", "DEFAULT/settings", inward)

    assert answer.status_code == 400
    errors = answer.data["form"]["children"]["uriWebhooks"]["errors"]
    assert errors == ["This address points into the own network."]
    store.refresh_from_db()
    assert store.settings.uri_webhooks == ""
    assert store.settings.program_name != "Beans"
