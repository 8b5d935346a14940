"""Chapter ACL. Source: ACL-1…6."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Role
from tests.factories.staff import RoleFactory, StaffFactory
from tests.support.api import ApiClient

Api = Callable[..., ApiClient]


@pytest.fixture
def client(db: None, api: Api) -> ApiClient:
    return api(StaffFactory())


def permissions(role: Role) -> set[tuple[str, str]]:
    return set(role.permissions.values_list("resource", "access"))


def first(**children: Any) -> dict[str, Any]:
    """Return the layout of a list whose first entry has these children."""
    return {"children": [{"children": children}]}


def test_creates_as_printed(client: ApiClient):
    """ACL-1."""
    answer = client.form(
        "POST",
        "admin/acl/role",
        {
            "role[name]": "Editor",
            "role[default]": "true",
            "role[permissions][0][resource]": "LEVEL",
            "role[permissions][0][access]": "MODIFY",
            "role[permissions][1][resource]": "EARNING_RULE",
            "role[permissions][1][access]": "MODIFY",
        },
    )

    assert (answer.status_code, answer.content) == (204, b"")
    role = Role.objects.get(name="Editor")
    assert role.is_default
    assert permissions(role) == {("LEVEL", "MODIFY"), ("EARNING_RULE", "MODIFY")}


def test_there_is_one_default_role(client: ApiClient):
    """ACL-4."""
    first = RoleFactory(is_default=True)

    client.post("admin/acl/role", {"role": {"name": "Second", "default": 1}})

    assert list(Role.objects.filter(is_default=True).values_list("name", flat=True)) == ["Second"]
    first.refresh_from_db()
    assert not first.is_default


def test_shows_one(client: ApiClient):
    role = RoleFactory("LEVEL:VIEW", name="Reporter")

    answer = client.get(f"admin/acl/role/{role.pk}")

    assert answer.data == {
        "id": role.pk,
        "name": "Reporter",
        "role": "ROLE_ADMIN",
        "master": False,
        "default": False,
        "permissions": [
            {"id": role.permissions.get().pk, "resource": "LEVEL", "access": "VIEW"},
        ],
    }


def test_lists(client: ApiClient, django_assert_num_queries: Any):
    for _ in range(3):
        RoleFactory("LEVEL", "POS:VIEW")

    with django_assert_num_queries(3):
        answer = client.get("admin/acl/role")

    assert list(answer.data) == ["roles", "total"]
    assert answer.data["total"] == 4


def test_updates_and_keeps_the_ids_of_what_stays(client: ApiClient):
    role = RoleFactory("LEVEL:VIEW", "POS:VIEW")
    kept = role.permissions.get(resource="LEVEL").pk

    answer = client.put(
        f"admin/acl/role/{role.pk}",
        {
            "role": {
                "name": "New",
                "permissions": [
                    {"resource": "LEVEL", "access": "VIEW"},
                    {"resource": "SELLER", "access": "MODIFY"},
                ],
            }
        },
    )

    assert answer.status_code == 204
    role.refresh_from_db()
    assert role.name == "New"
    assert permissions(role) == {("LEVEL", "VIEW"), ("SELLER", "MODIFY")}
    assert role.permissions.get(resource="LEVEL").pk == kept


@pytest.mark.parametrize(
    ("role", "field", "node"),
    [
        pytest.param({}, "name", {"errors": ["This value should not be blank."]}, id="nameless"),
        pytest.param(
            {"name": "Taken"}, "name", {"errors": ["This value is already used."]}, id="taken"
        ),
        pytest.param(
            {"name": "x", "permissions": [{"resource": "SHOES", "access": "VIEW"}]},
            "permissions",
            {
                "children": [
                    {"children": {"resource": {"errors": ["No resource: SHOES."]}, "access": {}}}
                ]
            },
            id="no-resource",
        ),
        pytest.param(
            {"name": "x", "permissions": [{"resource": "POS", "access": "LOOK"}]},
            "permissions",
            {
                "children": [
                    {"children": {"resource": {}, "access": {"errors": ["No access: LOOK."]}}}
                ]
            },
            id="no-access",
        ),
    ],
)
def test_refuses(client: ApiClient, role: dict[str, Any], field: str, node: dict[str, Any]):
    RoleFactory(name="Taken")

    answer = client.post("admin/acl/role", {"role": role})

    assert answer.status_code == 400
    assert answer.data["form"]["children"][field] == node
    assert not Role.objects.filter(name="x").exists()


def test_deletes(client: ApiClient):
    """ACL-1."""
    role = RoleFactory("LEVEL")

    assert client.delete(f"admin/acl/role/{role.pk}").status_code == 204
    assert client.get(f"admin/acl/role/{role.pk}").status_code == 404


def test_a_role_in_use_stays(client: ApiClient):
    """ACL-5."""
    role = StaffFactory("LEVEL").roles.get()

    answer = client.delete(f"admin/acl/role/{role.pk}")

    assert answer.status_code == 400
    assert answer.data == {"error": "This role is assigned to somebody."}
    assert Role.objects.filter(pk=role.pk).exists()


def test_the_master_role_stays_and_keeps_all_rights(client: ApiClient):
    """ACL-3."""
    master = Role.objects.get(is_master=True)

    deleted = client.delete(f"admin/acl/role/{master.pk}")
    emptied = client.put(f"admin/acl/role/{master.pk}", {"role": {"name": "Boss"}})

    assert (deleted.status_code, emptied.status_code) == (400, 204)
    assert client.get("admin").status_code == 200


def test_nobody_gives_rights_that_they_do_not_have(db: None, api: Api):
    clerk = api(StaffFactory("ACL", "LEVEL:VIEW"))

    given = clerk.post(
        "admin/acl/role",
        {"role": {"name": "a", "permissions": [{"resource": "LEVEL", "access": "VIEW"}]}},
    )
    exceeded = clerk.post(
        "admin/acl/role",
        {"role": {"name": "b", "permissions": [{"resource": "LEVEL", "access": "MODIFY"}]}},
    )

    assert (given.status_code, exceeded.status_code) == (204, 400)
    assert not Role.objects.filter(name="b").exists()


def test_lists_resources_and_accesses(client: ApiClient):
    """ACL-6."""
    resources = client.get("admin/acl/resources").data
    accesses = client.get("admin/acl/accesses").data

    assert list(resources) == ["resources", "total"]
    assert resources["total"] == len(resources["resources"]) == 15
    assert {"code": "SEGMENT_EXPORT", "name": "Utilities"} in resources["resources"]
    assert accesses == {
        "accesses": [{"code": "VIEW", "name": "View"}, {"code": "MODIFY", "name": "Modify"}],
        "total": 2,
    }


@pytest.mark.parametrize(
    ("granted", "reading", "writing"),
    [
        pytest.param([], 403, 403, id="nothing"),
        pytest.param(["ACL:VIEW"], 200, 403, id="view"),
        pytest.param(["ACL:MODIFY"], 403, 403, id="modify-without-view"),
        pytest.param(["ACL"], 200, 204, id="both"),
        pytest.param(["ADMIN", "LEVEL"], 403, 403, id="others"),
    ],
)
def test_writing_needs_both_accesses(
    db: None, api: Api, granted: list[str], reading: int, writing: int
):
    """ACL-2."""
    client = api(StaffFactory(*granted, is_super=False))

    assert client.get("admin/acl/role").status_code == reading
    assert client.post("admin/acl/role", {"role": {"name": "x"}}).status_code == writing
