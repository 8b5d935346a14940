"""Staff to whom some stores are open, and others not …"""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Access, Resource, Role, StaffUser
from accounts.services import roles, staff
from loyalty.core import jobs
from loyalty.core.actors import Actor, ActorKind
from loyalty.core.errors import NotFound, OfAllStores
from loyalty.core.models import Language, Store
from loyalty.core.services import jobs as job_services
from tests.factories import StoreFactory
from tests.factories.staff import PASSWORD, RoleFactory, StaffFactory
from tests.support.api import ApiClient

Api = Callable[..., ApiClient]


@pytest.fixture
def clerk(store: Store) -> StaffUser:
    return StaffFactory(*Resource.values, stores=[store], username="clerk")


@pytest.fixture
def colleague(store: Store) -> StaffUser:
    return StaffFactory("POS", stores=[store], username="colleague")


@pytest.fixture
def strangers(store: Store) -> list[StaffUser]:
    """Somebody of another store, of both, and of all."""
    other = StoreFactory()
    return [
        StaffFactory("POS", stores=[other]),
        StaffFactory("POS", stores=[store, other]),
        StaffFactory("POS"),
        StaffFactory(),
    ]


def acting(person: StaffUser) -> Actor:
    return Actor(
        kind=ActorKind.STAFF,
        id=person.pk,
        uuid=person.uuid,
        name=person.username,
        store_ids=frozenset(person.stores.values_list("pk", flat=True)) or None,
        is_super=person.roles.filter(is_master=True).exists(),
        permissions={each: frozenset(Access.values) for each in Resource.values},
    )


def data_of(person: StaffUser, **changes: Any) -> staff.StaffData:
    own: dict[str, Any] = {
        "email": person.email,
        "first_name": person.first_name,
        "role_ids": tuple(person.roles.values_list("pk", flat=True)),
    }
    return staff.StaffData(**own | changes)


def form_of(person: StaffUser, **changes: Any) -> dict[str, Any]:
    own = {"email": person.email, "roles": [role.pk for role in person.roles.all()]}
    return {"admin": own | changes}


def test_know_their_colleagues_there_and_nobody_else(
    api: Api, clerk: StaffUser, colleague: StaffUser, strangers: list[StaffUser]
):
    client = api(clerk)

    known = {row["username"] for row in client.get("admin", {"perPage": 50}).data["users"]}

    assert known == {"clerk", "colleague"}
    assert client.get(f"admin/data/{colleague.uuid}").status_code == 200
    for person in strangers:
        before = StaffUser.objects.filter(pk=person.pk).values().get()
        form = form_of(person, plainPassword="Another-1", email=person.email)
        assert client.get(f"admin/data/{person.uuid}").status_code == 404
        assert client.put(f"admin/data/{person.uuid}", form).status_code == 404
        assert client.get(f"admin/data/{person.uuid}/sessions").status_code == 404
        assert client.delete(f"admin/data/{person.uuid}/sessions").status_code == 404
        assert StaffUser.objects.filter(pk=person.pk).values().get() == before


def test_let_new_ones_into_their_own_stores_only(api: Api, clerk: StaffUser, store: Store):
    """Else whoever may add staff could let themself in everywhere."""
    role = RoleFactory("POS")
    form = {"email": "new@example.com", "plainPassword": PASSWORD, "isActive": 1}

    answer = api(clerk).post("admin/data", {"admin": form | {"roles": [role.pk]}})

    assert answer.status_code == 200
    assert list(StaffUser.objects.get(email="new@example.com").stores.all()) == [store]


@pytest.mark.parametrize("asked", ["all", "another", "one more"])
def test_open_no_store_that_is_closed_to_them(
    clerk: StaffUser, colleague: StaffUser, store: Store, asked: str
):
    other = StoreFactory()
    store_ids = {"all": (), "another": (other.pk,), "one more": (store.pk, other.pk)}[asked]
    new = staff.StaffData(email="new@example.com", password=PASSWORD, store_ids=store_ids)

    with pytest.raises(staff.StoresExceeded):
        staff.update(
            staff=colleague, data=data_of(colleague, store_ids=store_ids), actor=acting(clerk)
        )
    with pytest.raises(staff.StoresExceeded):
        staff.create(data=new, actor=acting(clerk))

    assert list(colleague.stores.all()) == [store]
    assert not StaffUser.objects.filter(email="new@example.com").exists()


def test_change_nobody_elsewhere_by_whatever_door(clerk: StaffUser, strangers: list[StaffUser]):
    for person in strangers:
        with pytest.raises(NotFound):
            staff.update(staff=person, data=data_of(person), actor=acting(clerk))


def test_are_moved_by_who_works_in_all(clerk: StaffUser, store: Store):
    root, other = StaffFactory(), StoreFactory()

    staff.update(staff=clerk, data=data_of(clerk, store_ids=(other.pk,)), actor=acting(root))

    assert list(clerk.stores.all()) == [other]
    with pytest.raises(staff.OwnRights):
        staff.update(staff=root, data=data_of(root, store_ids=(store.pk,)), actor=acting(root))


def test_are_not_who_may_do_everything(store: Store):
    """ADM-3: the last to whom all is open keeps all stores."""
    last, boss = StaffFactory(), StaffFactory(stores=[store])
    system = Actor(kind=ActorKind.SYSTEM, id=None, uuid=None, name="system", is_super=True)

    with pytest.raises(staff.LastSuperAdmin):
        staff.update(staff=last, data=data_of(last, store_ids=(store.pk,)), actor=system)

    assert boss.roles.filter(is_master=True).exists()
    assert not last.stores.exists()


def test_cannot_change_what_all_stores_share(api: Api, clerk: StaffUser):
    client, role = api(clerk), RoleFactory("POS")
    language = {"name": "Deutsch", "code": "de", "content": "{}", "order": 0, "default": 0}

    answers = [
        client.post("admin/acl/role", {"role": {"name": "Mine", "permissions": []}}),
        client.put(f"admin/acl/role/{role.pk}", {"role": {"name": "Mine", "permissions": []}}),
        client.delete(f"admin/acl/role/{role.pk}"),
        client.post("store", {"store": {"code": "mine", "name": "Mine", "currency": "EUR"}}),
        client.post("DEFAULT/admin/translations", {"translation": language}),
        client.put("DEFAULT/admin/translations/en", {"translation": language}),
        client.delete("DEFAULT/admin/translations/pl"),
    ]

    assert [(answer.status_code, answer.data) for answer in answers] == [
        (403, {"error": {"code": 403, "message": "Forbidden"}})
    ] * len(answers)
    assert Role.objects.get(pk=role.pk).name != "Mine"
    assert not Role.objects.filter(name="Mine").exists()
    assert not Store.objects.filter(code="mine").exists()
    assert not Language.objects.filter(code="de").exists()
    assert client.get("admin/acl/role").status_code == 200


def test_cannot_start_what_runs_for_all_stores(clerk: StaffUser):
    job = jobs.get("expire-points")
    assert job is not None

    with pytest.raises(OfAllStores):
        job_services.start(job=job, actor=acting(clerk))


@pytest.mark.parametrize("changes", [{"plainPassword": "Another-1"}, {"email": "mine@example.com"}])
def test_nobody_signs_in_for_who_may_do_more(api: Api, db: None, changes: dict[str, str]):
    """Whoever has the password, or the address that a new one is sent to, is them."""
    clerk, root = StaffFactory("ADMIN", "POS"), StaffFactory()
    before = StaffUser.objects.filter(pk=root.pk).values().get()

    answer = api(clerk).put(f"admin/data/{root.uuid}", form_of(root, **changes))

    assert answer.status_code == 400
    assert answer.data["form"]["children"]["email"]["errors"] == [
        "Nobody can change how somebody signs in who may do more than they."
    ]
    assert StaffUser.objects.filter(pk=root.pk).values().get() == before
    named = form_of(root, firstName="Ruth")
    assert api(clerk).put(f"admin/data/{root.uuid}", named).status_code == 200


def test_who_may_do_less_gets_a_new_password(api: Api, db: None):
    clerk, cashier = StaffFactory("ADMIN", "POS"), StaffFactory("POS")

    answer = api(clerk).put(
        f"admin/data/{cashier.uuid}", form_of(cashier, plainPassword="Another-1")
    )

    assert answer.status_code == 200
    cashier.refresh_from_db()
    assert cashier.check_password("Another-1")


def test_roles_are_made_by_who_works_in_all(db: None):
    made = roles.create(name="Mine", permissions=[], actor=acting(StaffFactory()))

    assert made.name == "Mine"
