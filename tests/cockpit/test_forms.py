"""The cockpit's forms end in commands …"""

import re
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import Customer, Level, Pos, Role, Seller, StaffUser
from accounts.services import levels
from campaigns.models import RewardType
from earning.models import EarningRule, RuleType
from loyalty.core.actors import SYSTEM
from loyalty.core.models import AuditEntry, Store
from tests.factories.accounts import (
    LOCATION,
    PASSWORD,
    CustomerFactory,
    LevelFactory,
    PosFactory,
    SellerFactory,
)
from tests.factories.earning import EarningRuleFactory
from tests.factories.staff import RoleFactory, StaffFactory


def url(name, subject=None, view="change"):
    if subject is None:
        return reverse(f"admin:{name}_add")
    return reverse(f"admin:{name}_{view}", args=[subject.pk])


def sent_back(client, address, **changes):
    """Return what a browser would send of the form at an address, changed as told."""
    form = client.get(address).context["form"]
    data = {}
    for field in form:
        value = field.value()
        if value is True:
            data[field.html_name] = "on"
        elif value not in (None, False):
            data[field.html_name] = value
    return data | changes


def errors_of(answer):
    assert answer.status_code == 200, "The form was accepted."
    return answer.context["form"].errors


@pytest.mark.parametrize(
    ("language", "name", "texts"),
    [("en", "Name (Polish)", "Texts (Polish)"), ("pl", "Nazwa (polski)", "Teksty (polski)")],
)
def test_call_texts_by_the_name_of_their_language(cockpit, store, language, name, texts):
    client, spoken = cockpit(), {"accept-language": language}

    def page(address, query=None):
        return client.get(reverse(f"admin:{address}"), query, headers=spoken).content.decode()

    assert name in page("accounts_level_add")
    assert name in page("campaigns_campaigncategory_add")
    assert texts in page("campaigns_rewardcampaign_add", {"type": RewardType.DISCOUNT_CODE})


def test_adds_a_customer(cockpit, store):
    LevelFactory(store)

    answer = cockpit().post(
        url("accounts_customer"),
        {
            "first_name": "Alice",
            "last_name": "Wonder",
            "gender": "female",
            "email": "Alice@Example.com",
            "agreement1": "on",
            "labels": "vip: yes",
        },
    )

    alice = Customer.objects.get()
    assert answer.url == url("accounts_customer", alice)
    assert (alice.email, alice.labels) == ("alice@example.com", [{"key": "vip", "value": "yes"}])
    assert AuditEntry.objects.filter(event_type="RegisterCustomer").exists()


def test_shows_what_the_command_refuses_at_its_field(cockpit, store):
    CustomerFactory(store, email="alice@example.com")
    data = {"first_name": "A", "last_name": "B", "gender": "male", "email": "alice@example.com"}

    answer = cockpit().post(url("accounts_customer"), data | {"agreement1": "on"})

    assert errors_of(answer)["email"] == ["This value is already used."]
    assert Customer.objects.count() == 1


@pytest.mark.parametrize(("method", "contact"), [("email", "email"), ("sms", "phone")])
def test_marks_all_that_a_customer_must_give(cockpit, store, method, contact):
    """8.1: the contact that the store writes to, and the agreement, are asked for at once."""
    store.setting_values |= {"preferredCommunicationMethod": method}
    store.save(update_fields=["setting_values"])

    found = errors_of(cockpit().post(url("accounts_customer"), {"gender": "male"}))

    assert set(found) == {"first_name", "last_name", contact, "agreement1"}
    assert not Customer.objects.exists()


def test_offers_genders_in_the_readers_language(cockpit, store):
    client = cockpit()
    client.cookies["django_language"] = "pl"

    page = client.get(url("accounts_customer")).content.decode()

    assert "Nie podano" in page
    assert "Not disclosed" not in page


def test_lists_what_is_wrong_in_the_order_of_the_page(cockpit, store):
    """A level's texts stand first, though they are made after its other fields."""
    page = cockpit().post(url("accounts_level"), {}).content.decode()

    [notice] = re.findall(r'role="alert">.*?</div>', page, re.DOTALL)
    assert re.findall(r'href="#(\w+)"', notice) == ["id_name_en", "id_condition_value"]


def test_ties_each_error_to_its_field(cockpit, store):
    page = cockpit().post(url("accounts_customer"), {}).content.decode()

    assert 'aria-describedby="id_first_name_error"' in page
    assert '<div id="id_first_name_error">' in page


def test_changes_a_customer_and_nothing_else(cockpit, store):
    alice = CustomerFactory(store, phone="+48601234567", agreement2=True)
    before = Customer.objects.filter(pk=alice.pk).values().get()
    client, address = cockpit(), url("accounts_customer", alice, "edit")

    client.post(address, sent_back(client, address, last_name="Changed"))

    after = Customer.objects.filter(pk=alice.pk).values().get()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"last_name", "version", "updated_at"}


def test_tells_where_a_customers_card_is(cockpit, store):
    """STA-3."""
    alice = CustomerFactory(store)
    client, address = cockpit(), url("accounts_customer", alice, "edit")

    client.post(address, sent_back(client, address, card_state="card-sent"))

    alice.refresh_from_db()
    assert alice.card_state == "card-sent"
    assert "Card sent" in client.get(url("accounts_customer", alice)).content.decode()
    told = AuditEntry.objects.get(event_type="UpdateCustomerDetails").data
    assert told["card_state"] == {"old": "no-card", "new": "card-sent"}


def test_puts_a_customer_on_a_level_by_hand_and_back(cockpit, store):
    entry, gold = LevelFactory(store), LevelFactory(store, condition_value=1000)
    alice = CustomerFactory(store)
    client, address = cockpit(), url("accounts_customer", alice, "edit")

    client.post(address, sent_back(client, address, level=str(gold.pk)))
    alice.refresh_from_db()
    assert (alice.level, alice.manually_assigned_level) == (gold, gold)

    client.post(address, sent_back(client, address, level=""))
    alice.refresh_from_db()
    assert (alice.level, alice.manually_assigned_level) == (entry, None)


def test_adds_a_level_with_texts_and_a_special_reward(cockpit, store):
    cockpit().post(
        url("accounts_level"),
        {
            "name_en": "Gold",
            "name_pl": "Złoto",
            "condition_value": "1000",
            "is_active": "on",
            "reward_name": "Discount",
            "reward_value": "12.5",
            "reward_code": "gold",
            "special_0_name": "Cake",
            "special_0_value": "20",
            "special_0_code": "cake",
            "special_0_is_active": "on",
        },
    )

    gold = Level.objects.get()
    assert (gold.translated("pl")[0], gold.reward_value) == ("Złoto", Decimal("0.125"))
    cake = gold.special_rewards.get()
    assert (cake.name, cake.value) == ("Cake", Decimal("0.2"))


def test_sends_a_level_back_as_it_is(cockpit, store):
    gold = levels.create(
        store=store,
        data=levels.LevelData(
            translations={"en": levels.LevelText("Gold", "Shiny")},
            condition_value=Decimal(1000),
            reward_name="Discount",
            reward_value=Decimal("0.125"),
            reward_code="gold",
            special_rewards=(
                levels.SpecialRewardData(name="Cake", value=Decimal("0.2"), code="c"),
            ),
        ),
        actor=SYSTEM,
    )
    before = list(Level.objects.values()), list(gold.special_rewards.values())
    client, address = cockpit(), url("accounts_level", gold)

    client.post(address, sent_back(client, address))

    assert (list(Level.objects.values()), list(gold.special_rewards.values())) == before


def test_drops_a_special_reward_without_a_name(cockpit, store):
    gold = levels.create(
        store=store,
        data=levels.LevelData(
            translations={"en": levels.LevelText("Gold")},
            condition_value=Decimal(1000),
            reward_name="Discount",
            reward_code="gold",
            special_rewards=(
                levels.SpecialRewardData(name="Cake", value=Decimal("0.2"), code="c"),
            ),
        ),
        actor=SYSTEM,
    )
    client, address = cockpit(), url("accounts_level", gold)

    client.post(address, sent_back(client, address, special_0_name=""))

    assert not gold.special_rewards.exists()


def test_adds_and_changes_a_point_of_sale(cockpit, store):
    client = cockpit()
    client.post(url("accounts_pos"), {"name": "Harbour", "identifier": "shop-1"} | LOCATION)
    harbour = Pos.objects.get()
    address = url("accounts_pos", harbour)

    client.post(address, sent_back(client, address, name="Old harbour", lat="91"))
    harbour.refresh_from_db()
    assert harbour.name == "Harbour"

    client.post(address, sent_back(client, address, name="Old harbour", lat="54.35"))
    harbour.refresh_from_db()
    assert (harbour.name, harbour.location["lat"]) == ("Old harbour", "54.35")


def test_keeps_a_sellers_password_when_none_is_typed(cockpit, store):
    sam = SellerFactory(store, password=PASSWORD)
    client, address = cockpit(), url("accounts_seller", sam)

    client.post(address, sent_back(client, address, last_name="Changed"))

    sam.refresh_from_db()
    assert sam.last_name == "Changed"
    assert sam.check_password(PASSWORD)


def test_adds_a_seller_with_a_good_password_only(cockpit, store):
    shop = PosFactory(store)
    data = {"first_name": "S", "last_name": "T", "email": "s@example.com", "pos": str(shop.pk)}
    client = cockpit()

    assert "password" in errors_of(client.post(url("accounts_seller"), data | {"password": "x"}))
    client.post(url("accounts_seller"), data | {"password": PASSWORD, "is_active": "on"})

    assert Seller.objects.get().check_password(PASSWORD)


RULES = {
    RuleType.POINTS: {
        "point_value": "2",
        "inclusion_type": "include_labels",
        "included_labels": "kind: organic",
        "excluded_skus": "A\nB\n",
    },
    RuleType.MULTIPLY_FOR_PRODUCT: {"sku_ids": "A\nB", "multiplier": "3"},
    RuleType.MULTIPLY_BY_PRODUCT_LABELS: {"label_multipliers": "kind: organic: 1.5"},
    RuleType.PRODUCT_PURCHASE: {"sku_ids": "A", "points_amount": "20"},
    RuleType.EVENT: {"event_name": "oloy.customer.logged_in", "points_amount": "5"},
    RuleType.CUSTOM_EVENT: {
        "event_name": "review",
        "points_amount": "5",
        "limit_is_active": "on",
        "limit_period": "3months",
        "limit_uses": "2",
    },
    RuleType.QRCODE: {"code": "abccode", "points_amount": "5"},
    RuleType.GEOLOCATION: {
        "latitude": "52.23",
        "longitude": "-21.01234",
        "radius": "2.5",
        "points_amount": "5",
    },
    RuleType.REFERRAL: {
        "event_name": "first_purchase",
        "reward_type": "both",
        "points_amount": "5",
    },
}


@pytest.mark.parametrize("rule_type", RULES)
def test_adds_a_rule_of_each_type_and_sends_it_back_as_it_is(cockpit, store, rule_type):
    level = LevelFactory(store)
    client = cockpit()
    data = {
        "name": "Rule",
        "description": "What it pays for",
        "is_active": "on",
        "is_all_time_active": "on",
        "target": "level",
        "levels": [str(level.uuid)],
    }

    answer = client.post(
        f"{url('earning_earningrule')}?type={rule_type.value}", data | RULES[rule_type]
    )
    assert answer.status_code == 302, answer.context["form"].errors
    rule = EarningRule.objects.get()
    assert (rule.type, list(rule.levels.all())) == (rule_type, [level])

    before = EarningRule.objects.values().get()
    address = url("earning_earningrule", rule)
    client.post(address, sent_back(client, address))
    after = EarningRule.objects.values().get()
    assert {name for name in before if before[name] != after[name]} == {"edited_at"}


def test_asks_for_a_rules_type_first(cockpit, store):
    page = cockpit().get(url("earning_earningrule")).content.decode()

    assert all(f"?type={rule_type.value}" in page for rule_type in RULES)


def test_makes_the_rule_for_new_accounts_one_for_everybody(cockpit, store):
    data = {
        "name": "Welcome",
        "description": "For joining",
        "is_active": "on",
        "is_all_time_active": "on",
        "target": "level",
        "levels": [str(LevelFactory(store).uuid)],
        "event_name": "oloy.account.created",
        "points_amount": "50",
    }

    answer = cockpit().post(f"{url('earning_earningrule')}?type=event", data)

    assert answer.status_code == 302, answer.context["form"].errors
    assert not EarningRule.objects.get().levels.exists()


def test_shows_a_faulty_limit_at_its_field(cockpit, store):
    data = RULES[RuleType.CUSTOM_EVENT] | {
        "name": "Review",
        "description": "For a review",
        "is_all_time_active": "on",
        "target": "level",
        "levels": [str(LevelFactory(store).uuid)],
        "limit_uses": "",
    }

    answer = cockpit().post(f"{url('earning_earningrule')}?type=custom_event", data)

    assert set(answer.context["form"].errors) == {"limit_uses"}
    assert not EarningRule.objects.exists()


def test_knows_no_rule_of_another_type(cockpit, store):
    assert cockpit().get(f"{url('earning_earningrule')}?type=magic").status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"levels": []}, None, id="for-nobody"),
        pytest.param({"point_value": ""}, "point_value", id="without-value"),
        pytest.param({"included_labels": "organic"}, "included_labels", id="half-a-label"),
        pytest.param(
            {
                "is_all_time_active": [],
                "start_at": "2026-03-02T00:00",
                "end_at": "2026-03-01T00:00",
            },
            "end_at",
            id="window-that-never-opens",
        ),
    ],
)
def test_refuses_a_wrong_rule_and_changes_nothing(cockpit, store, changes, field):
    LevelFactory(store)
    rule = EarningRuleFactory(store=store)
    before = EarningRule.objects.values().get()
    client, address = cockpit(), url("earning_earningrule", rule)

    errors = errors_of(client.post(address, sent_back(client, address, **changes)))

    assert errors
    assert field is None or field in errors
    assert EarningRule.objects.values().get() == before


def test_adds_staff_with_a_role(cockpit, store):
    role = RoleFactory("CUSTOMER:VIEW")

    cockpit().post(
        url("accounts_staffuser"),
        {"email": "mia@example.com", "role": str(role.pk), "is_active": "on", "password": PASSWORD},
    )

    mia = StaffUser.objects.get(email="mia@example.com")
    assert (list(mia.roles.all()), mia.is_active) == ([role], True)
    assert mia.check_password(PASSWORD)


def test_lets_nobody_change_their_own_role(cockpit, store):
    sam, role = StaffFactory("ADMIN"), RoleFactory("ADMIN")
    client, address = cockpit(staff=sam), url("accounts_staffuser", sam)

    answer = client.post(address, sent_back(client, address, role=str(role.pk)))

    assert "role" in errors_of(answer)
    assert role not in sam.roles.all()


def test_writes_a_role_as_a_matrix(cockpit, store):
    cockpit().post(
        url("accounts_role"), {"name": "Shop", "CUSTOMER": "modify", "TRANSACTION": "view"}
    )

    role = Role.objects.get(name="Shop")
    assert {(row.resource, row.access) for row in role.permissions.all()} == {
        ("CUSTOMER", "VIEW"),
        ("CUSTOMER", "MODIFY"),
        ("TRANSACTION", "VIEW"),
    }


def test_gives_no_right_that_the_giver_lacks(cockpit, store):
    data = {"name": "Mighty", "SETTINGS": "modify"}

    answer = cockpit("ACL").post(url("accounts_role"), data)

    assert errors_of(answer)
    assert not Role.objects.filter(name="Mighty").exists()


def test_deletes_a_role_that_nobody_has(cockpit, store):
    unused = RoleFactory("CUSTOMER:VIEW")
    used = StaffFactory("CUSTOMER:VIEW").roles.get()
    client = cockpit()

    for role in (unused, used):
        client.post(url("accounts_role", role, "remove"))

    assert not Role.objects.filter(pk=unused.pk).exists()
    assert Role.objects.filter(pk=used.pk).exists()


def test_opens_a_store_that_is_ready(cockpit, store):
    cockpit().post(
        url("core_store"), {"code": "north", "name": "North", "currency": "pln", "is_active": "on"}
    )

    north = Store.objects.get(code="north")
    assert (north.currency, north.settings.timezone) == ("PLN", "Europe/Warsaw")


# Settings


def test_sends_the_settings_back_as_they_are(cockpit, store):
    client, address = cockpit(), reverse("admin:settings")
    before = store.settings.as_wire()

    answer = client.post(address, sent_back(client, address))

    assert answer.status_code == 302, answer.context["form"].errors
    store.refresh_from_db()
    assert store.settings.as_wire() == before


def test_changes_what_no_api_knows(cockpit, store):
    client, address = cockpit(), reverse("admin:settings")

    refused = client.post(address, sent_back(client, address, posIdleMinutes="721"))
    client.post(address, sent_back(client, address, posIdleMinutes="5"))

    assert "posIdleMinutes" in refused.context["form"].errors
    store.refresh_from_db()
    assert store.settings.pos_idle_minutes == 5


def test_changes_settings(cockpit, store):
    client, address = cockpit(), reverse("admin:settings")

    client.post(
        address,
        sent_back(
            client,
            address,
            programName="Beans",
            customersIdentificationPriority="phone,email",
            excludedLevelSKUs="A\nB",
            customerStatusesEarning=["new", "active"],
        ),
    )

    store.refresh_from_db()
    settings = store.settings
    assert settings.program_name == "Beans"
    assert settings.customers_identification_priority == ("phone", "email")
    assert settings.excluded_level_skus == {"A", "B"}
    assert settings.customer_statuses_earning == {"new", "active"}


def test_refuses_settings_that_do_not_fit_together(cockpit, store):
    client, address = cockpit(), reverse("admin:settings")
    data = sent_back(client, address, pointsDaysActiveCount="")

    assert "pointsDaysActiveCount" in errors_of(client.post(address, data))


def test_refuses_a_list_with_a_character_that_no_database_keeps(cockpit, store):
    client, address = cockpit(), reverse("admin:settings")
    data = sent_back(client, address, excludedLevelSKUs="A\n\x00")

    assert "excludedLevelSKUs" in errors_of(client.post(address, data))


def test_never_shows_a_secret_again_and_keeps_it(cockpit, store):
    client, address = cockpit(), reverse("admin:settings")
    client.post(address, sent_back(client, address, smsApiToken="very-secret"))

    page = client.get(address).content.decode()
    client.post(address, sent_back(client, address, programName="Beans"))

    assert "very-secret" not in page
    store.refresh_from_db()
    assert store.settings.sms_api_token == "very-secret"


def test_lets_settings_be_seen_but_not_changed(cockpit, store):
    client, address = cockpit("SETTINGS:VIEW"), reverse("admin:settings")

    assert client.get(address).status_code == 200
    assert client.post(address, {"programName": "Beans"}).status_code == 403


def test_deletes_a_seller_once_that_is_confirmed(cockpit, store):
    sam = SellerFactory(store)
    client = cockpit()

    client.get(url("accounts_seller", sam, "remove"))
    sam.refresh_from_db()
    assert not sam.is_deleted

    client.post(url("accounts_seller", sam, "remove"))
    sam.refresh_from_db()
    assert sam.is_deleted
    assert client.get(url("accounts_seller", sam)).status_code == 404


def test_shows_by_which_key_an_integration_is_known(cockpit, store):
    program = StaffFactory(api_key="a-long-enough-key")

    page = cockpit().get(url("accounts_staffuser", program)).content.decode()

    assert f"…{program.permanent_tokens.get().hint}" in page
    assert "a-long-enough-key" not in page


def test_name_what_is_wrong_by_the_fields_of_the_page(cockpit, store):
    data = LOCATION | {"name": "Kiosk", "identifier": "K1", "lat": "95", "long": "17,0385"}

    answer = cockpit().post(url("accounts_pos"), data, headers={"accept-language": "pl"})

    assert dict(errors_of(answer)) == {"lat": ["Ta wartość jest nieprawidłowa."]}
    assert not Pos.objects.exists()


def test_take_a_comma_in_coordinates(cockpit, store):
    data = LOCATION | {"name": "Kiosk", "identifier": "K1", "lat": "51,1", "long": "17,0385"}

    cockpit().post(url("accounts_pos"), data)

    location = Pos.objects.get().location
    assert (location["lat"], location["long"]) == ("51.1", "17.0385")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"special_0_name": "", "special_0_value": "10"}, "special_0_name", id="name"),
        pytest.param({"special_0_value": "150"}, "special_0_value", id="more-than-all"),
        pytest.param(
            {"special_0_start_at": "2026-12-24T00:00", "special_0_end_at": "2026-12-20T00:00"},
            "special_0_end_at",
            id="ends-before-it-begins",
        ),
        pytest.param({"special_0_code": ""}, "special_0_code", id="code"),
        pytest.param({"photo": SimpleUploadedFile("a.png", b"no picture")}, "photo", id="photo"),
    ],
)
def test_refuse_a_special_reward_or_picture_that_would_not_be_kept(cockpit, store, changes, field):
    reward = {"special_0_name": "Christmas", "special_0_code": "X"}
    data = {"name_en": "Gold", "condition_value": "100"} | reward

    answer = cockpit().post(url("accounts_level"), data | changes)

    assert list(errors_of(answer)) == [field]
    assert not Level.objects.exists()


def test_ask_for_a_file_again_that_the_browser_did_not_keep(cockpit, store):
    photo = SimpleUploadedFile("a.png", b"whatever")
    data = {"name_en": "", "condition_value": "100", "photo": photo}

    answer = cockpit().post(url("accounts_level"), data)

    assert "Choose the file again" in answer.content.decode()
