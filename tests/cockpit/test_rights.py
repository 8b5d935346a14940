"""Roles decide what the cockpit shows …"""

import re

import pytest
from django.contrib import admin
from django.urls import reverse

from accounts.cockpit.base import CockpitAdmin
from accounts.models import Customer, Resource, Segment, SegmentMembership
from tests.cockpit.test_lists import fill
from tests.factories.accounts import CustomerFactory, PosFactory
from tests.factories.staff import StaffFactory

# Which right opens which list. A screen that is missing here fails the last test.
LISTS = {
    "accounts_customer": Resource.CUSTOMER,
    "accounts_level": Resource.LEVEL,
    "accounts_pointstransfer": Resource.POINT_TRANSFER,
    "accounts_pos": Resource.POS,
    "accounts_role": Resource.ACL,
    "accounts_segment": Resource.SEGMENT,
    "accounts_seller": Resource.SELLER,
    "accounts_staffuser": Resource.ADMIN,
    "campaigns_campaigncategory": Resource.REWARD_CAMPAIGN,
    "campaigns_coupon": Resource.REWARD_CAMPAIGN,
    "campaigns_rewardcampaign": Resource.REWARD_CAMPAIGN,
    "core_auditentry": Resource.AUDIT,
    "core_event": Resource.AUDIT,
    "core_sentmessage": Resource.SETTINGS,
    "core_store": Resource.SETTINGS,
    "core_webhookdelivery": Resource.SETTINGS,
    "earning_earningrule": Resource.EARNING_RULE,
    "earning_invitation": Resource.CUSTOMER,
    "ledger_lot": Resource.POINT_TRANSFER,
    "ledger_pointtype": Resource.SETTINGS,
    "ledger_posting": Resource.POINT_TRANSFER,
    "transactions_transaction": Resource.TRANSACTION,
}
FORMS = {
    "accounts_customer": Resource.CUSTOMER,
    "accounts_level": Resource.LEVEL,
    "accounts_pos": Resource.POS,
    "accounts_role": Resource.ACL,
    "accounts_segment": Resource.SEGMENT,
    "accounts_seller": Resource.SELLER,
    "accounts_staffuser": Resource.ADMIN,
    "campaigns_campaigncategory": Resource.REWARD_CAMPAIGN,
    "campaigns_rewardcampaign": Resource.REWARD_CAMPAIGN,
    "core_store": Resource.SETTINGS,
    "earning_earningrule": Resource.EARNING_RULE,
}


@pytest.mark.parametrize("name", LISTS)
def test_opens_a_list_to_who_may_view_it(cockpit, name):
    client = cockpit(f"{LISTS[name].value}:VIEW")

    assert client.get(reverse(f"admin:{name}_changelist")).status_code == 200


@pytest.mark.parametrize("name", LISTS)
def test_refuses_a_list_to_everybody_else_and_names_the_right(cockpit, name):
    others = [resource.value for resource in Resource if resource != LISTS[name]]

    answer = cockpit(*others).get(reverse(f"admin:{name}_changelist"))

    assert answer.status_code == 403
    assert f"{LISTS[name].label} – View" in answer.content.decode()


@pytest.mark.parametrize("name", FORMS)
def test_opens_a_form_to_who_may_modify(cockpit, name):
    assert cockpit(FORMS[name].value).get(reverse(f"admin:{name}_add")).status_code == 200


@pytest.mark.parametrize("name", FORMS)
def test_refuses_a_form_to_who_may_only_view(cockpit, name):
    answer = cockpit(f"{FORMS[name].value}:VIEW").get(reverse(f"admin:{name}_add"))

    assert answer.status_code == 403
    assert f"{FORMS[name].label} – Modify" in answer.content.decode()


def test_refuses_a_changed_form_of_who_may_only_view(cockpit, store):
    shop = PosFactory(store, name="Harbour")
    address = reverse("admin:accounts_pos_change", args=[shop.pk])
    client = cockpit("POS:VIEW")

    assert client.get(address).status_code == 200
    assert client.post(address, {"name": "Mine"}).status_code == 403
    shop.refresh_from_db()
    assert shop.name == "Harbour"


@pytest.mark.parametrize("name", FORMS)
def test_gives_nothing_for_modify_without_view(cockpit, name):
    answer = cockpit(f"{FORMS[name].value}:MODIFY").get(reverse(f"admin:{name}_changelist"))

    assert answer.status_code == 403


@pytest.mark.parametrize("name", sorted(set(LISTS) - set(FORMS)))
def test_has_no_form_where_nothing_may_be_changed(cockpit, name):
    assert cockpit().get(reverse(f"admin:{name}_add")).status_code == 404


def test_shows_only_what_is_open_in_the_menu(cockpit):
    page = cockpit("CUSTOMER:VIEW").get(reverse("admin:index")).content.decode()

    assert reverse("admin:accounts_customer_changelist") in page
    assert reverse("admin:accounts_level_changelist") not in page
    assert reverse("admin:settings") not in page


def test_hides_the_dashboard_without_analytics(cockpit):
    page = cockpit("CUSTOMER:VIEW").get(reverse("admin:index"))

    assert page.status_code == 200
    assert "Outstanding points" not in page.content.decode()


def test_sends_strangers_to_the_sign_in(client, db):
    answer = client.get(reverse("admin:accounts_customer_changelist"))

    assert answer.status_code == 302
    assert answer.url.startswith(reverse("admin:login"))


def test_admits_no_integration(cockpit):
    client = cockpit(staff=StaffFactory(api_key="a-key-of-a-program"))

    assert client.get(reverse("admin:index")).status_code == 302


def test_shows_no_customer_of_another_store(cockpit, store):
    of_eve = CustomerFactory(last_name="Elsewhere")

    client = cockpit()

    assert (
        client.get(reverse("admin:accounts_customer_change", args=[of_eve.pk])).status_code == 404
    )
    page = client.get(reverse("admin:accounts_customer_changelist")).content.decode()
    assert "Elsewhere" not in page


def test_lets_staff_of_one_store_into_that_store_only(cockpit, store):
    of_eve = CustomerFactory(last_name="Elsewhere")
    client = cockpit(staff=StaffFactory(stores=[of_eve.store]))

    page = client.get(reverse("admin:accounts_customer_changelist")).content.decode()

    assert "Elsewhere" in page
    assert client.post(reverse("admin:switch_store", args=[store.code])).status_code == 404


def test_switches_the_store_for_who_may_enter_both(cockpit, store):
    of_eve = CustomerFactory(last_name="Elsewhere")
    client = cockpit()

    client.post(reverse("admin:switch_store", args=[of_eve.store.code]))

    assert "Elsewhere" in client.get(reverse("admin:accounts_customer_changelist")).content.decode()


def test_switches_no_store_by_a_link(cockpit, store):
    """Whoever follows one from somewhere else goes on working where they were."""
    of_eve = CustomerFactory(last_name="Elsewhere")
    client, address = cockpit(), reverse("admin:switch_store", args=[of_eve.store.code])

    assert client.get(address).status_code == 405

    page = client.get(reverse("admin:accounts_customer_changelist")).content.decode()
    assert "Elsewhere" not in page
    assert f'method="post" action="{address}"' in " ".join(page.split())


def test_knows_the_right_of_every_screen():
    screens = {
        f"{model._meta.app_label}_{model._meta.model_name}": screen.resource
        for model, screen in admin.site._registry.items()
    }

    assert screens == LISTS
    assert all(isinstance(screen, CockpitAdmin) for screen in admin.site._registry.values())


@pytest.mark.parametrize("resource", Resource)
def test_offer_no_way_to_a_page_that_is_closed(cockpit, store, resource):
    """From the first page on, everything that a page of the one or two next steps leads to."""
    fill(store, 1)
    alice = Customer.objects.first()
    SegmentMembership.objects.create(
        segment=Segment.objects.first(), customer=alice, since=alice.created_at
    )
    client = cockpit(f"{resource.value}:VIEW")
    seen = {reverse("admin:index")}
    news = sorted(seen)

    closed = []
    for _step in range(3):
        ways = {
            way: page
            for page in news
            for way in re.findall(r'href="(/cockpit/[^"#]*)"', client.get(page).content.decode())
            if "/logout/" not in way and "." not in way.rsplit("/", 1)[-1]
        }
        news = sorted(set(ways) - seen)
        seen |= set(news)
        closed += [(ways[way], way) for way in news if client.get(way).status_code == 403]

    assert len(seen) > 1
    assert closed == []
