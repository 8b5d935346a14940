"""Every change that staff make over the API stands in the trail: who, from where, old and new."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Role
from loyalty.core.models import AuditEntry, Store
from tests.factories import CustomerFactory, LevelFactory, PosFactory, SellerFactory, StoreFactory
from tests.factories.accounts import LOCATION
from tests.factories.staff import RoleFactory, StaffFactory
from tests.support.api import ApiClient
from tests.support.segments import criterion, make_segment

ADDRESS = "203.0.113.7"
Made = tuple[str, str, Any, str, dict[str, Any]]


def _level(store: Store) -> Made:
    level = LevelFactory(store, name="Gold", condition_value=100)
    body = {
        "translations": {"en": {"name": "Golden"}},
        "active": 1,
        "conditionValue": 150,
        "reward": {"name": "Discount", "value": 5, "code": level.reward_code},
    }
    changed = {
        "name.en": {"old": "Gold", "new": "Golden"},
        "conditionValue": {"old": "100", "new": "150"},
        "reward.value": {"old": "0", "new": "0.05"},
    }
    return "PUT", f"level/{level.uuid}", {"level": body}, "UpdateLevel", changed


def _level_activity(store: Store) -> Made:
    level = LevelFactory(store)
    changed = {"active": {"old": True, "new": False}}
    path = f"level/{level.uuid}/activate"
    return "POST", path, {"active": 0}, "DeactivateLevel", changed


def _pos(store: Store) -> Made:
    pos = PosFactory(store, name="Bagno", identifier="b")
    body = {"name": "Rynek", "identifier": "b", "location": LOCATION | {"city": "Wrocław"}}
    changed = {
        "name": {"old": "Bagno", "new": "Rynek"},
        "location.city": {"old": "Warszawa", "new": "Wrocław"},
    }
    return "PUT", f"pos/{pos.uuid}", {"pos": body}, "UpdatePos", changed


def _seller(store: Store) -> Made:
    seller = SellerFactory(store, phone="")
    body = {
        "firstName": "Ramona",
        "lastName": seller.last_name,
        "email": seller.email,
        "phone": "+48600100200",
        "posId": str(seller.pos.uuid),
        "active": 1,
        "plainPassword": "Another-Sesame-1",
    }
    changed = {
        "firstName": {"old": "Mona", "new": "Ramona"},
        "phone": {"old": "", "new": "+48600100200"},
        "password": {"old": "", "new": "***"},
    }
    return "PUT", f"seller/{seller.uuid}", {"seller": body}, "UpdateSeller", changed


def _seller_deletion(store: Store) -> Made:
    seller = SellerFactory(store)
    changed = {"active": {"old": True, "new": False}, "deleted": {"old": False, "new": True}}
    return "POST", f"seller/{seller.uuid}/delete", None, "DeleteSeller", changed


def _segment(store: Store) -> Made:
    segment = make_segment(store, [criterion("transaction_count", min=1, max=2)], is_active=True)
    changed = {"active": {"old": True, "new": False}}
    path = f"segment/{segment.uuid}/deactivate"
    return "POST", path, None, "DeactivateSegment", changed


def _role(store: Store) -> Made:
    role = RoleFactory("LEVEL:VIEW", name="Level reader")
    body = {
        "name": "Level writer",
        "permissions": [
            {"resource": "LEVEL", "access": "VIEW"},
            {"resource": "LEVEL", "access": "MODIFY"},
        ],
    }
    changed = {
        "name": {"old": "Level reader", "new": "Level writer"},
        "permissions": {"old": ["LEVEL:VIEW"], "new": ["LEVEL:MODIFY", "LEVEL:VIEW"]},
    }
    return "PUT", f"/admin/acl/role/{role.pk}", {"role": body}, "UpdateRole", changed


def _role_deletion(store: Store) -> Made:
    role: Role = RoleFactory("LEVEL:VIEW", name="Level reader")
    changed = {
        "name": {"old": "Level reader", "new": None},
        "default": {"old": False, "new": None},
        "permissions": {"old": ["LEVEL:VIEW"], "new": None},
    }
    return "DELETE", f"/admin/acl/role/{role.pk}", None, "DeleteRole", changed


def _staff(store: Store) -> Made:
    role = RoleFactory("LEVEL:VIEW", name="Level reader")
    user = StaffFactory(is_super=False, first_name="Ann")
    body = {
        "email": user.email,
        "firstName": "Anna",
        "plainPassword": "Another-Sesame-1",
        "isActive": 0,
        "roles": [role.pk],
    }
    changed = {
        "firstName": {"old": "Ann", "new": "Anna"},
        "active": {"old": True, "new": False},
        "roles": {"old": [], "new": ["Level reader"]},
        "password": {"old": "***", "new": "***"},
    }
    return "PUT", f"/admin/data/{user.uuid}", {"admin": body}, "UpdateAdmin", changed


def _store(store: Store) -> Made:
    shop = StoreFactory(name="Beans")
    changed = {"name": {"old": "Beans", "new": "Tea"}, "active": {"old": True, "new": False}}
    body = {"store": {"name": "Tea", "active": 0}}
    return "PUT", f"/store/{shop.uuid}", body, "UpdateStore", changed


def _settings(store: Store) -> Made:
    body = store.settings.as_wire() | {"programName": "Tea club", "smsApiToken": "abc"}
    changed = {
        "programName": {"old": "Loyalty Program", "new": "Tea club"},
        "smsApiToken": {"old": "", "new": "***"},
    }
    return "POST", "settings", {"settings": body}, "UpdateSettings", changed


def _customer(store: Store) -> Made:
    customer = CustomerFactory(store, last_name="Lee")
    body = {"customer": {"lastName": "Li"}}
    changed = {"last_name": {"old": "Lee", "new": "Li"}}
    return "PUT", f"customer/{customer.uuid}", body, "UpdateCustomerDetails", changed


def _customer_activity(store: Store) -> Made:
    customer = CustomerFactory(store)
    changed = {"status": {"old": "active", "new": "blocked"}}
    path = f"admin/customer/{customer.uuid}/deactivate"
    return "POST", path, None, "DeactivateCustomer", changed


def _customer_pos(store: Store) -> Made:
    customer, pos = CustomerFactory(store), PosFactory(store)
    changed = {"posId": {"old": None, "new": str(pos.uuid)}}
    body = {"posId": str(pos.uuid)}
    return "POST", f"customer/{customer.uuid}/pos", body, "AssignPosToCustomer", changed


def _customer_level(store: Store) -> Made:
    customer = CustomerFactory(store)
    assert customer.level is not None
    gold = LevelFactory(store, condition_value=100)
    changed = {"levelId": {"old": str(customer.level.uuid), "new": str(gold.uuid)}}
    body = {"levelId": str(gold.uuid)}
    return "POST", f"customer/{customer.uuid}/level", body, "MoveCustomerToLevel", changed


CASES = [
    _level,
    _level_activity,
    _pos,
    _seller,
    _seller_deletion,
    _segment,
    _role,
    _role_deletion,
    _staff,
    _store,
    _settings,
    _customer,
    _customer_activity,
    _customer_pos,
    _customer_level,
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__.strip("_"))
def test_tells(store: Store, api: Callable[..., ApiClient], case: Callable[[Store], Made]):
    """AUD-3."""
    method, path, body, event_type, changed = case(store)
    sam = StaffFactory()
    path = path if path.startswith("/") else f"DEFAULT/{path}"

    answer = api(sam).send(method, path, body, REMOTE_ADDR=ADDRESS)

    assert answer.status_code in {200, 204}, answer.content
    entry = AuditEntry.objects.get(event_type=event_type)
    assert (entry.username, entry.actor_kind) == (sam.username, "admin")
    assert (entry.actor_id, entry.ip_address) == (str(sam.uuid), ADDRESS)
    assert entry.data == changed
    assert "Sesame" not in str(entry.data)
