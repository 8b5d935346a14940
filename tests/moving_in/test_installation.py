"""What all stores of the other server share …"""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import PermanentToken, Role, StaffUser
from accounts.services import tokens
from loyalty.core.models import Store
from loyalty.moving_in import installation
from loyalty.moving_in.values import Values
from tests.factories.staff import RoleFactory, StaffFactory
from tests.moving_in.answers import Answers

SAM = "11111111-1111-4111-8111-111111111111"
BOT = "22222222-2222-4222-8222-222222222222"


def told(**changes: Any) -> dict[str, Any]:
    """Return the answers of a server with a role, somebody of it, and an integration."""
    return {
        "admin/translations": {"translations": [], "total": 0},
        "admin/acl/role": {
            "roles": [
                {"id": 1, "name": "Super admin", "master": True},
                {
                    "id": 7,
                    "name": "Counter",
                    "master": False,
                    "permissions": [{"id": 1, "resource": "CUSTOMER", "access": "VIEW"}],
                },
            ],
            "total": 2,
        },
        "admin": {
            "users": [
                {
                    "id": SAM,
                    "username": "sam",
                    "email": "sam@shop.example",
                    "firstName": "Sam",
                    "isActive": True,
                    "createAt": "2019-02-03T10:00:00+0100",
                    "roles": [{"id": 7}],
                },
                {
                    "id": BOT,
                    "username": "bot",
                    "email": "bot@shop.example",
                    "isActive": True,
                    "external": True,
                    "apiKey": "a-permanent-token-of-long-ago",
                    "roles": [{"id": 1}],
                },
            ],
            "total": 2,
        },
    } | changes


@pytest.fixture
def move(store: Store) -> Callable[..., list[tuple[object, ...]]]:
    """Move what a server tells; return what could not be moved."""

    def move(answers: dict[str, Any]) -> list[tuple[object, ...]]:
        refused: list[tuple[object, ...]] = []
        installation.move(
            Answers(answers),
            size=100,
            zone=Values(store),
            refuse=lambda *told: refused.append(told),
        )
        return refused

    return move


def test_comes_with_ids_roles_and_tokens_and_without_passwords(move):
    assert move(told()) == []

    sam, bot = StaffUser.objects.get(uuid=SAM), StaffUser.objects.get(uuid=BOT)
    assert [role.name for role in sam.roles.all()] == ["Counter"]
    assert sam.created_at.isoformat() == "2019-02-03T09:00:00+00:00"
    assert not sam.has_usable_password()
    assert [role.is_master for role in bot.roles.all()] == [True]
    digest = tokens.digest("a-permanent-token-of-long-ago")
    assert PermanentToken.objects.get(hash=digest).staff == bot


def test_comes_once(move):
    move(told())

    assert move(told()) == []
    assert StaffUser.objects.count() == 2
    assert Role.objects.count() == 2


def test_never_takes_somebodys_address(move):
    StaffFactory(email="sam@shop.example", username="other")

    assert move(told()) == [("staff", "sam", "somebody of this name or address is here.")]
    assert not StaffUser.objects.filter(uuid=SAM).exists()


def test_leaves_the_rights_of_a_role_that_is_here(move):
    RoleFactory("LEVEL:VIEW", name="Counter")

    move(told())

    [permission] = Role.objects.get(name="Counter").permissions.all()
    assert permission.resource == "LEVEL"


def test_gives_no_master_role_by_the_name_of_one(move):
    master = {"id": 7, "name": "Super admin", "master": False, "permissions": []}
    Role.objects.create(name="Super admin", is_master=True)

    move(told(**{"admin/acl/role": {"roles": [master], "total": 1}}))

    assert not StaffUser.objects.get(uuid=SAM).roles.exists()
