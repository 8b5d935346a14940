"""Chapter Admin users. Source: ADM-1…4."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import PermanentToken, StaffUser, TokenSession
from loyalty.core.models import AuditEntry
from tests.factories.staff import RoleFactory, StaffFactory
from tests.support.api import ApiClient

Api = Callable[..., ApiClient]

CLEAN: dict[str, Any] = {
    "firstName": {},
    "lastName": {},
    "phone": {},
    "email": {},
    "plainPassword": {},
    "external": {},
    "apiKey": {},
    "isActive": {},
    "roles": {},
}
NOT_BLANK = {"errors": ["This value should not be blank."]}
USED = {"errors": ["This value is already used."]}


@pytest.fixture
def sam(db: None) -> StaffUser:
    return StaffFactory(username="sam", email="sam@example.com", first_name="Sam")


@pytest.fixture
def client(sam: StaffUser, api: Api) -> ApiClient:
    return api(sam)


def test_creates_staff_as_printed(client: ApiClient, api: Api):
    """ADM-1."""
    role = RoleFactory("ADMIN:VIEW")

    answer = client.form(
        "POST",
        "admin/data",
        {
            "admin[email]": "administrator@example.com",
            "admin[external]": "0",
            "admin[plainPassword]": "password1234",
            "admin[isActive]": "1",
            "admin[roles][0]": role.pk,
        },
    )

    assert answer.status_code == 200
    created = StaffUser.objects.get(email="administrator@example.com")
    assert answer.data == {"id": str(created.uuid)}
    assert created.username == str(created.uuid)
    assert list(created.roles.all()) == [role]
    signed_in = api().post(
        "admin/login_check", {"_username": created.email, "_password": "password1234"}
    )
    assert signed_in.status_code == 200
    assert AuditEntry.objects.filter(event_type="CreateAdmin").count() == 2


def test_creates_an_integration_as_printed(client: ApiClient, api: Api):
    """ADM-1, ADM-4."""
    answer = client.form(
        "POST",
        "admin/data",
        {
            "admin[email]": "administrator@example.com",
            "admin[external]": "1",
            "admin[apiKey]": "customPermanentToken",
            "admin[isActive]": "1",
        },
    )

    assert answer.status_code == 200
    # It has no role yet: it is known, but may do nothing.
    assert api().get("admin", HTTP_X_AUTH_TOKEN="customPermanentToken").status_code == 403


def test_who_is_created_without_a_role_gets_the_default_one(client: ApiClient, api: Api):
    """ACL-4."""
    RoleFactory("ADMIN:VIEW", is_default=True)

    client.post(
        "admin/data",
        {
            "admin": {
                "email": "robot@example.com",
                "external": 1,
                "apiKey": "customPermanentToken",
                "isActive": 1,
            }
        },
    )

    assert api().get("admin", HTTP_X_AUTH_TOKEN="customPermanentToken").status_code == 200


def test_refuses_as_printed(client: ApiClient):
    empty = client.form("POST", "admin/data", {})
    taken = client.form(
        "POST", "admin/data", {"admin[email]": "SAM@example.com", "admin[external]": "1"}
    )

    assert (empty.status_code, taken.status_code) == (400, 400)
    assert empty.data == {
        "form": {"children": CLEAN | {"email": NOT_BLANK, "plainPassword": NOT_BLANK}},
        "errors": [],
    }
    assert taken.data["form"]["children"] == CLEAN | {"email": USED, "apiKey": NOT_BLANK}
    assert StaffUser.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        pytest.param({"email": "no address"}, "email", id="no-address"),
        pytest.param({"roles": [1, 2]}, "roles", id="two-roles"),
        pytest.param({"roles": [987654]}, "roles", id="no-such-role"),
        pytest.param({"roles": "x"}, "roles", id="no-list"),
        pytest.param({"external": 1, "apiKey": "short"}, "apiKey", id="short-token"),
        pytest.param({"firstName": "x" * 256}, "firstName", id="long-name"),
    ],
)
def test_refuses(client: ApiClient, fields: dict[str, Any], field: str):
    whole = {"email": "new@example.com", "plainPassword": "x", "isActive": 1} | fields

    answer = client.post("admin/data", {"admin": whole})

    assert answer.status_code == 400
    # Of a list, the errors may stand at its entries.
    assert answer.data["form"]["children"][field] != {}
    assert not StaffUser.objects.filter(email="new@example.com").exists()


def test_refuses_a_token_that_somebody_has(client: ApiClient):
    """ADM-1."""
    StaffFactory(api_key="customPermanentToken")

    answer = client.post(
        "admin/data",
        {"admin": {"email": "b@example.com", "external": 1, "apiKey": "customPermanentToken"}},
    )

    assert answer.data["form"]["children"]["apiKey"] == USED


def test_shows_one(client: ApiClient, sam: StaffUser):
    answer = client.get(f"admin/data/{sam.uuid}")

    assert answer.status_code == 200
    assert answer.data["id"] == str(sam.uuid)
    assert answer.data["username"] == "sam"
    assert answer.data["external"] is False
    assert answer.data["apiKey"] is None
    assert answer.data["dtype"] == "admin"
    assert answer.data["roles"] == [
        {"id": sam.roles.get().pk, "name": "Super admin", "role": "ROLE_ADMIN", "master": True}
    ]


def test_shows_the_caller_themself(client: ApiClient, sam: StaffUser):
    answer = client.get("admin/data")

    assert (answer.data["id"], answer.data["firstName"]) == (str(sam.uuid), "Sam")
    assert (answer.data["lastName"], answer.data["phone"]) == ("", "")


def test_lists_the_list_first(client: ApiClient, django_assert_num_queries: Any):
    for name in ["Bea", "Ada", "Cid"]:
        StaffFactory(first_name=name)

    # The caller, the page, its roles; a page that is not full needs no count.
    with django_assert_num_queries(3):
        answer = client.get("admin")

    assert list(answer.data) == ["users", "total"]
    assert [user["firstName"] for user in answer.data["users"]] == ["Ada", "Bea", "Cid", "Sam"]
    assert answer.data["total"] == 4


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"direction": "DESC"}, ["Sam", "Cid", "Bea", "Ada"]),
        ({"perPage": 2}, ["Ada", "Bea"]),
        ({"perPage": 2, "page": 2}, ["Cid", "Sam"]),
        ({"perPage": -1}, ["Ada", "Bea", "Cid", "Sam"]),
        ({"perPage": "many", "page": "next"}, ["Ada", "Bea", "Cid", "Sam"]),
        ({"perPage": 0, "page": -3}, ["Ada", "Bea", "Cid", "Sam"]),
        ({"perPage": 10**30}, ["Ada", "Bea", "Cid", "Sam"]),
        ({"sort": "shoeSize", "direction": "sideways"}, ["Ada", "Bea", "Cid", "Sam"]),
        ({"sort": "createAt", "direction": "desc"}, ["Cid", "Ada", "Bea", "Sam"]),
        ({"page": 99}, []),
    ],
)
def test_lists_by_page_and_order(client: ApiClient, query: dict[str, Any], names: list[str]):
    for name in ["Bea", "Ada", "Cid"]:
        StaffFactory(first_name=name)

    answer = client.get("admin", query)

    assert [user["firstName"] for user in answer.data["users"]] == names
    assert answer.data["total"] == 4


@pytest.mark.parametrize("page", [10**9, 1001])
def test_answers_pages_beyond_the_end(client: ApiClient, page: int):
    """GEN-5: no list ends at a position of its own."""
    answer = client.get("admin", {"page": page})

    assert (answer.status_code, answer.data) == (200, {"users": [], "total": 1})


def test_updates_as_printed(client: ApiClient):
    """ADM-1."""
    bea = StaffFactory(first_name="Bea")
    role = RoleFactory("ADMIN")

    answer = client.form(
        "PUT",
        f"admin/data/{bea.uuid}",
        {
            "admin[firstName]": "first name",
            "admin[lastName]": "last name",
            "admin[phone]": "00000000000",
            "admin[email]": "administrator@example.com",
            "admin[plainPassword]": "newPassword12!",
            "admin[external]": "0",
            "admin[roles][0]": role.pk,
        },
    )

    assert answer.status_code == 200
    bea.refresh_from_db()
    assert (bea.first_name, bea.last_name, bea.phone) == ("first name", "last name", "00000000000")
    assert bea.check_password("newPassword12!")
    # The printed call leaves it out, and does not shut her out.
    assert bea.is_active
    assert list(bea.roles.all()) == [role]


def whole_form(user: StaffUser, **fields: Any) -> dict[str, Any]:
    data = {
        "email": user.email,
        "isActive": user.is_active,
        "external": user.is_external,
        "roles": [role.pk for role in user.roles.all()],
    }
    return {"admin": data | fields}


@pytest.mark.parametrize("fields", [{"isActive": 0}, {"plainPassword": "Another-1"}])
def test_shutting_somebody_out_ends_their_sessions(
    client: ApiClient, api: Api, fields: dict[str, Any]
):
    """ADM-2."""
    bea = StaffFactory()
    beas = api(bea)

    assert client.put(f"admin/data/{bea.uuid}", whole_form(bea, **fields)).status_code == 200

    assert beas.get("admin/data").status_code == 401
    assert not TokenSession.objects.filter(staff=bea, revoked_at=None).exists()


def test_an_update_without_a_token_keeps_the_present_one(client: ApiClient, api: Api):
    robot = StaffFactory(api_key="customPermanentToken", is_super=True)

    answer = client.put(f"admin/data/{robot.uuid}", whole_form(robot, firstName="Robot"))

    assert answer.status_code == 200
    assert api().get("admin", HTTP_X_AUTH_TOKEN="customPermanentToken").status_code == 200


def test_a_new_token_takes_the_place_of_the_former(client: ApiClient, api: Api):
    robot = StaffFactory(api_key="customPermanentToken", is_super=True)

    client.put(f"admin/data/{robot.uuid}", whole_form(robot, apiKey="anotherPermanentToken"))

    assert api().get("admin", HTTP_X_AUTH_TOKEN="customPermanentToken").status_code == 401
    assert api().get("admin", HTTP_X_AUTH_TOKEN="anotherPermanentToken").status_code == 200
    assert PermanentToken.objects.filter(revoked_at=None).count() == 1


@pytest.mark.parametrize("fields", [{"isActive": 0}, {"roles": []}, {"external": 1}])
def test_nobody_changes_their_own_rights(client: ApiClient, sam: StaffUser, fields: dict[str, Any]):
    """ADM-3."""
    StaffFactory()  # another super admin, so that it is not for want of one

    answer = client.put(
        f"admin/data/{sam.uuid}", whole_form(sam, apiKey="customPermanentToken", **fields)
    )

    assert answer.status_code == 400
    sam.refresh_from_db()
    assert sam.is_active
    assert sam.roles.filter(is_master=True).exists()


def test_everybody_changes_their_own_name(client: ApiClient, sam: StaffUser):
    """ADM-3."""
    answer = client.put(f"admin/data/{sam.uuid}", whole_form(sam, firstName="Samuel"))

    assert answer.status_code == 200
    sam.refresh_from_db()
    assert sam.first_name == "Samuel"


def test_the_last_super_admin_stays(db: None, api: Api, settings: Any):
    """ADM-3."""
    settings.MASTER_API_KEY = "371BBCF483524FD5"
    last = StaffFactory()

    answer = api().put(
        f"admin/data/{last.uuid}",
        whole_form(last, isActive=0),
        HTTP_X_AUTH_TOKEN="371BBCF483524FD5",
    )

    assert answer.status_code == 400
    last.refresh_from_db()
    assert last.is_active


def test_only_a_super_admin_makes_super_admins(db: None, api: Api):
    clerk = StaffFactory("ADMIN")
    master = StaffFactory().roles.get()

    answer = api(clerk).post(
        "admin/data",
        {
            "admin": {
                "email": "x@example.com",
                "plainPassword": "x",
                "isActive": 1,
                "roles": [master.pk],
            }
        },
    )

    assert answer.status_code == 400
    assert not StaffUser.objects.filter(email="x@example.com").exists()


@pytest.mark.parametrize("path", ["admin/data/{unknown}", "admin/data/x", "admin/data/1"])
def test_an_unknown_one_is_not_found(client: ApiClient, path: str):
    answer = client.get(path.format(unknown=uuid4()))

    assert answer.status_code == 404
    assert answer.data == {"error": {"code": 404, "message": "Not Found"}}
