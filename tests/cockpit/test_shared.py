"""What all stores share: in the cockpit, staff of some stores …"""

from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Resource, StaffUser
from loyalty.core.models import Store
from tests.factories import StoreFactory
from tests.factories.staff import PASSWORD, RoleFactory, StaffFactory


@pytest.fixture
def clerk(cockpit: Any, store: Store) -> Any:
    return cockpit(staff=StaffFactory(*Resource.values, stores=[store], last_name="Clerk"))


def test_read_the_roles_and_do_not_change_them(clerk: Any):
    role = RoleFactory("POS", name="Cashiers")
    page = reverse("admin:accounts_role_change", args=[role.pk])

    shown = clerk.get(page).content.decode()

    assert "Cashiers" in shown
    assert 'method="post"' not in shown.partition('id="main"')[2]
    assert clerk.get(reverse("admin:accounts_role_add")).status_code == 403
    assert clerk.post(reverse("admin:accounts_role_remove", args=[role.pk])).status_code == 403
    clerk.post(page, {"name": "Mine"})
    role.refresh_from_db()
    assert role.name == "Cashiers"


def test_see_of_a_role_only_colleagues(clerk: Any, store: Store):
    role = RoleFactory("POS")
    StaffFactory(stores=[store], role_ids=(role.pk,), last_name="Near")
    StaffFactory(role_ids=(role.pk,), last_name="Faraway")

    page = clerk.get(reverse("admin:accounts_role_change", args=[role.pk])).content.decode()
    rows = clerk.get(reverse("admin:accounts_role_changelist")).context["cl"].result_list

    assert "Near" in page
    assert "Faraway" not in page
    assert {row.pk: row.staff_count for row in rows}[role.pk] == 1


def test_see_of_the_staff_only_colleagues(clerk: Any):
    far = StaffFactory(last_name="Faraway")

    page = clerk.get(reverse("admin:accounts_staffuser_changelist")).content.decode()

    assert "Clerk" in page
    assert "Faraway" not in page
    for name in ("change", "history"):
        address = reverse(f"admin:accounts_staffuser_{name}", args=[far.pk])
        assert clerk.get(address).status_code == 404


def test_see_no_jobs(clerk: Any):
    menu = clerk.get(reverse("admin:index")).content.decode()

    assert reverse("admin:jobs") not in menu
    assert clerk.get(reverse("admin:jobs")).status_code == 403
    assert clerk.get(reverse("admin:job", args=["expire-points"])).status_code == 403
    assert clerk.post(reverse("admin:job_start", args=["expire-points"])).status_code == 403


def test_open_no_store(clerk: Any):
    page = clerk.get(reverse("admin:core_store_changelist")).content.decode()
    address = reverse("admin:core_store_add")

    assert address not in page
    answer = clerk.post(address, {"code": "mine", "name": "Mine", "currency": "EUR"})
    assert answer.status_code == 403
    assert not Store.objects.filter(code="mine").exists()


def test_read_the_languages_and_do_not_change_them(clerk: Any):
    page = clerk.get(reverse("admin:languages")).content.decode()

    assert reverse("admin:language", args=["pl"]) in page
    assert reverse("admin:language_add") not in page
    assert clerk.get(reverse("admin:language_add")).status_code == 403
    assert clerk.post(reverse("admin:language", args=["pl"])).status_code == 403
    assert clerk.post(reverse("admin:language_remove", args=["pl"])).status_code == 403


# Who works where


def form(**fields: Any) -> dict[str, Any]:
    return {
        "email": "new@example.com",
        "password": PASSWORD,
        "is_active": "on",
        "role": RoleFactory("POS").pk,
    } | fields


def test_are_chosen_in_the_form_of_a_colleague(cockpit: Any, store: Store):
    other = StoreFactory(name="Elsewhere")

    cockpit().post(reverse("admin:accounts_staffuser_add"), form(stores=[other.pk]))

    new = StaffUser.objects.get(email="new@example.com")
    assert list(new.stores.all()) == [other]
    page = cockpit(username="root").get(reverse("admin:accounts_staffuser_change", args=[new.pk]))
    assert page.context["form"]["stores"].value() == [str(other.pk)]


def test_choose_among_their_own_stores(cockpit: Any, store: Store):
    near, far = StoreFactory(name="Near"), StoreFactory(name="Faraway")
    clerk = cockpit(staff=StaffFactory(*Resource.values, stores=[store, near]))
    address = reverse("admin:accounts_staffuser_add")

    page = clerk.get(address).content.decode()
    answers = [clerk.post(address, form(stores=chosen)) for chosen in ([], [far.pk])]

    assert "Near" in page
    assert "Faraway" not in page
    assert [list(answer.context["form"].errors) for answer in answers] == [["stores"]] * 2
    assert not StaffUser.objects.filter(email="new@example.com").exists()


def test_are_not_asked_where_there_is_one_store(cockpit: Any, store: Store):
    page = cockpit().get(reverse("admin:accounts_staffuser_add"))

    assert "stores" not in page.context["form"].fields
