"""Source: domain spec 9, SET-1…13."""

from typing import Any

import pytest

from loyalty.core import store_settings
from loyalty.core.models import Store
from loyalty.core.store_settings import (
    Channel,
    DowngradeBase,
    DowngradeMode,
    ExpiryMode,
    SettingsRefused,
    StoreSettings,
    TierBasis,
    clean_form,
)

# The least that a whole form must say.
LEAST: dict[str, Any] = {
    "timezone": "Europe/Berlin",
    "programName": "Beans",
    "programPointsSingular": "bean",
    "programPointsPlural": "beans",
    "pointsDaysExpiryAfter": "all_time_active",
    "allTimeNotLocked": "1",
    "tierAssignType": "transactions",
    "customerStatusesEarning": ["active"],
    "customerStatusesSpending": ["active"],
    "preferredCommunicationMethod": "email",
}
ALL_KEYS = [
    "currency",
    "timezone",
    "programName",
    "programUrl",
    "programConditionsUrl",
    "programFaqUrl",
    "programPointsSingular",
    "programPointsPlural",
    "helpEmailAddress",
    "returns",
    "allowCustomersProfileEdits",
    "pointsDaysExpiryAfter",
    "pointsDaysActiveCount",
    "allTimeActive",
    "pointsDaysActive",
    "allTimeNotLocked",
    "pointsDaysLocked",
    "expirePointsNotificationDays",
    "expireCouponsNotificationDays",
    "expireLevelsNotificationDays",
    "tierAssignType",
    "excludeDeliveryCostsFromTierAssignment",
    "excludedDeliverySKUs",
    "excludedLevelSKUs",
    "excludedLevelCategories",
    "levelDowngradeMode",
    "levelDowngradeDays",
    "levelDowngradeBase",
    "levelResetPointsOnDowngrade",
    "customersIdentificationPriority",
    "customerStatusesEarning",
    "customerStatusesSpending",
    "accountActivationMethod",
    "preferredCommunicationMethod",
    "accountActivationRequired",
    "smsApiToken",
    "marketingVendorsValue",
    "sales_manago",
    "pushySecretKey",
    "webhooks",
    "uriWebhooks",
    "webhookHeaderName",
    "webhookHeaderValue",
    "accentColor",
    "cssTemplate",
    "pointsReturnGraceDays",
]


def clean(stored: dict[str, Any] | None = None, **form: Any) -> dict[str, Any]:
    whole = {key: value for key, value in (LEAST | form).items() if value is not ...}
    return clean_form(whole, stored=stored or {}, currency="EUR")


def read(**form: Any) -> StoreSettings:
    return StoreSettings(clean(**form))


def errors(**form: Any) -> dict[str, list[str]]:
    with pytest.raises(SettingsRefused) as refusal:
        clean(**form)
    return refusal.value.errors


def test_knows_every_documented_key():
    assert set(StoreSettings({}).as_wire()) == set(ALL_KEYS)


def test_defaults():
    settings = StoreSettings({})

    assert settings.timezone == "Europe/Warsaw"
    assert settings.program_name == "Loyalty Program"
    assert settings.points_days_expiry_after is ExpiryMode.AFTER_X_DAYS
    assert settings.points_days_active_count == 30
    assert settings.all_time_not_locked is True
    assert settings.points_days_locked is None
    assert settings.returns is True
    assert settings.tier_assign_type is TierBasis.TRANSACTIONS
    assert settings.level_downgrade_mode is DowngradeMode.NONE
    assert settings.customers_identification_priority == ("email", "loyaltyCardNumber", "phone")
    assert settings.customer_statuses_earning == frozenset({"active"})
    assert settings.preferred_communication_method is Channel.EMAIL
    assert settings.account_activation_required is True
    assert settings.points_return_grace_days == 30
    assert settings.webhooks is False
    assert settings.pos_idle_minutes == 15


def test_every_setting_says_what_it_does():
    assert all(setting.help for setting in store_settings.registry())


def test_a_store_shows_its_own_currency():
    store = Store(code="A", currency="PLN")

    assert store.settings.as_wire()["currency"] == "PLN"


def test_takes_a_form_that_repeats_all_it_was_answered():
    answered = StoreSettings(clean()).as_wire()

    assert StoreSettings(clean_form(answered, stored={}, currency="EUR")).as_wire() == answered


def test_takes_a_help_address_and_none():
    assert clean(helpEmailAddress=" help@example.com ")["helpEmailAddress"] == "help@example.com"
    assert clean(helpEmailAddress="")["helpEmailAddress"] == ""


def test_omitted_flags_become_false_and_omitted_lists_empty():
    """SET-1."""
    settings = read()

    assert settings.returns is False
    assert settings.allow_customers_profile_edits is False
    assert settings.excluded_level_skus == frozenset()
    assert settings.customers_identification_priority == ()


def test_an_api_shows_no_setting_of_our_own():
    settings = StoreSettings({"posIdleMinutes": 5})

    assert "posIdleMinutes" not in settings.as_wire()
    assert settings.as_form()["posIdleMinutes"] == settings.pos_idle_minutes == 5


def test_settings_that_older_forms_do_not_know_keep_their_value():
    """SET-13."""
    stored = {"accountActivationRequired": False, "pointsReturnGraceDays": 7, "posIdleMinutes": 5}

    kept = clean(stored)

    assert kept["accountActivationRequired"] is False
    assert kept["pointsReturnGraceDays"] == 7
    assert kept["posIdleMinutes"] == 5


@pytest.mark.parametrize("key", [key for key in LEAST if key != "allTimeNotLocked"])
def test_refuses_a_form_without_what_is_required(key: str):
    assert errors(**{key: ...}) == {key: ["This value should not be blank."]}
    assert errors(**{key: ""}) == {key: ["This value should not be blank."]}


@pytest.mark.parametrize(
    ("form", "key", "message"),
    [
        pytest.param({"timezone": "Mars/Base"}, "timezone", "not a valid timezone", id="no-zone"),
        pytest.param({"programUrl": "beans"}, "programUrl", "not a valid URL", id="no-address"),
        pytest.param(
            {"uriWebhooks": "http://[::1"}, "uriWebhooks", "not a valid URL", id="broken-address"
        ),
        pytest.param({"posIdleMinutes": "0"}, "posIdleMinutes", "1 or more", id="no-minutes"),
        pytest.param({"posIdleMinutes": "721"}, "posIdleMinutes", "720 or less", id="a-day"),
        pytest.param(
            {"helpEmailAddress": "ask at the till"},
            "helpEmailAddress",
            "not a valid email address",
            id="no-email",
        ),
        pytest.param({"accentColor": "red"}, "accentColor", "colour", id="no-colour"),
        pytest.param({"returns": "perhaps"}, "returns", "not valid", id="no-flag"),
        pytest.param({"returns": {"a": 1}}, "returns", "not valid", id="flag-compound"),
        pytest.param(
            {"expirePointsNotificationDays": "-1"},
            "expirePointsNotificationDays",
            "0 or more",
            id="negative-days",
        ),
        pytest.param(
            {"expirePointsNotificationDays": "ten"},
            "expirePointsNotificationDays",
            "whole number",
            id="days-word",
        ),
        pytest.param(
            {"expirePointsNotificationDays": 10**9},
            "expirePointsNotificationDays",
            "or less",
            id="days-huge",
        ),
        pytest.param({"tierAssignType": "mood"}, "tierAssignType", "choice", id="no-basis"),
        pytest.param({"tierAssignType": ["points"]}, "tierAssignType", "choice", id="basis-list"),
        pytest.param(
            {"customerStatusesEarning": ["active", "asleep"]},
            "customerStatusesEarning",
            "choice",
            id="no-status",
        ),
        pytest.param({"programName": "x" * 2001}, "programName", "longer", id="name-long"),
        pytest.param({"programName": ["x"]}, "programName", "not valid", id="name-list"),
        pytest.param({"excludedLevelSKUs": "A1"}, "excludedLevelSKUs", "not valid", id="no-list"),
        pytest.param(
            {"webhookHeaderName": "X Y"}, "webhookHeaderName", "header", id="header-blank"
        ),
        pytest.param(
            {"webhookHeaderValue": "a\r\nB: c"}, "webhookHeaderValue", "header", id="header-split"
        ),
        pytest.param({"currency": "usd"}, "currency", "cannot be changed", id="other-currency"),
    ],
)
def test_refuses_what_no_setting_can_be(form: dict[str, Any], key: str, message: str):
    found = errors(**form)

    assert list(found) == [key]
    assert message in found[key][0]


@pytest.mark.parametrize(
    ("form", "key"),
    [
        pytest.param(
            {"pointsDaysExpiryAfter": "after_x_days"}, "pointsDaysActiveCount", id="expiry-days"
        ),
        pytest.param({"allTimeNotLocked": "0"}, "pointsDaysLocked", id="lock-days"),
        pytest.param(
            {"excludeDeliveryCostsFromTierAssignment": "1"},
            "excludedDeliverySKUs",
            id="delivery-skus",
        ),
        pytest.param(
            {
                "tierAssignType": "points",
                "levelDowngradeMode": "after_x_days",
                "levelDowngradeBase": "active_points",
            },
            "levelDowngradeDays",
            id="LV-9-downgrade-days",
        ),
        pytest.param(
            {
                "tierAssignType": "points",
                "levelDowngradeMode": "after_x_days",
                "levelDowngradeDays": 30,
            },
            "levelDowngradeBase",
            id="LV-9-downgrade-base",
        ),
        pytest.param({"preferredCommunicationMethod": "sms"}, "smsApiToken", id="sms-gateway"),
        pytest.param({"webhooks": True}, "uriWebhooks", id="webhooks-to-nowhere"),
        pytest.param(
            {"marketingVendorsValue": "sales_manago", "sales_manago": {"api_url": "x"}},
            "sales_manago",
            id="marketing-access",
        ),
    ],
)
def test_refuses_a_setting_without_what_it_demands_of_another(form: dict[str, Any], key: str):
    """SET-11."""
    assert errors(**form) == {key: ["This value should not be blank."]}


@pytest.mark.parametrize("days", [0, -1])
def test_refuses_a_lock_of_no_days(days: int):
    found = errors(allTimeNotLocked="0", pointsDaysLocked=days)

    assert found == {"pointsDaysLocked": ["This value should be greater than 0."]}


def test_levels_by_transactions_reset_the_downgrade():
    """SET-10, LV-6."""
    settings = read(
        levelDowngradeMode="after_x_days",
        levelDowngradeDays="30",
        levelDowngradeBase="active_points",
        levelResetPointsOnDowngrade="1",
    )

    assert settings.level_downgrade_mode is DowngradeMode.NONE
    assert settings.level_downgrade_days is None
    assert settings.level_downgrade_base is DowngradeBase.NONE
    assert settings.level_reset_points_on_downgrade is False


def test_a_downgrade_after_days_keeps_its_keys():
    settings = read(
        tierAssignType="points",
        levelDowngradeMode="after_x_days",
        levelDowngradeDays="30",
        levelDowngradeBase="active_points",
        levelResetPointsOnDowngrade="true",
    )

    assert settings.level_downgrade_days == 30
    assert settings.level_downgrade_base is DowngradeBase.ACTIVE_POINTS
    assert settings.level_reset_points_on_downgrade is True


@pytest.mark.parametrize(
    ("form", "mode", "days"),
    [
        ({"allTimeActive": "1"}, "all_time_active", None),
        ({"allTimeActive": "0", "pointsDaysActive": "90"}, "after_x_days", 90),
    ],
)
def test_takes_the_older_names_of_the_expiry(form: dict[str, Any], mode: str, days: int | None):
    settings = read(pointsDaysExpiryAfter=..., **form)

    assert settings.points_days_expiry_after == mode
    assert settings.points_days_active_count == days


def test_the_present_names_count_where_both_came():
    """SET-13."""
    settings = read(
        pointsDaysExpiryAfter="at_the_end_of_the_year",
        allTimeActive="1",
        preferredCommunicationMethod="email",
        accountActivationMethod="sms",
    )

    assert settings.points_days_expiry_after is ExpiryMode.END_OF_YEAR
    assert settings.preferred_communication_method is Channel.EMAIL


def test_answers_older_names_beside_the_present_ones():
    """SET-13."""
    wire = read(pointsDaysExpiryAfter="after_x_days", pointsDaysActiveCount="90").as_wire()

    assert wire["allTimeActive"] is False
    assert wire["pointsDaysActive"] == 90
    assert wire["accountActivationMethod"] == "email"


def test_identifiers_are_read_in_the_order_of_their_priorities():
    """SET-12. A form's brackets may arrive as a list or as numbered keys."""
    lines = {"0": {"priority": "7", "field": "email"}, "1": {"priority": "2", "field": "phone"}}

    assert read(customersIdentificationPriority=lines).customers_identification_priority == (
        "phone",
        "email",
    )


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([("email", 1), ("phone", 1)], "Each priority can be used only once."),
        ([("email", 1), ("email", 2)], "Each field can be used only once."),
        ([("shoe size", 1)], "The value you selected is not a valid choice."),
        ([("email", "first")], "This value should be a whole number."),
    ],
)
def test_refuses_an_ambiguous_order_of_identifiers(lines: list[Any], message: str):
    """SET-12."""
    sent = [{"field": field, "priority": priority} for field, priority in lines]

    assert errors(customersIdentificationPriority=sent) == {
        "customersIdentificationPriority": [message]
    }
