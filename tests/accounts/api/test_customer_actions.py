from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Customer, CustomerStatus
from loyalty.core.models import Store
from tests.accounts.api.conftest import Clerk
from tests.factories import CustomerFactory, LevelFactory, PosFactory, SellerFactory
from tests.support.api import ApiClient


def fresh(customer: Customer) -> Customer:
    return Customer.objects.get(pk=customer.pk)


def test_deactivates_and_activates(sam: ApiClient, shop: Store) -> None:
    customer = CustomerFactory(shop)
    path = f"{shop.code}/admin/customer/{customer.uuid}"

    off = sam.form("POST", f"{path}/deactivate", {})

    assert (off.status_code, off.content) == (200, b"")
    assert fresh(customer).status == CustomerStatus.BLOCKED

    on = sam.form("POST", f"{path}/activate", {})

    assert (on.status_code, on.content) == (200, b"")
    assert fresh(customer).status == CustomerStatus.ACTIVE


def test_lets_sellers_deactivate_and_activate_by_their_own_path(shop: Store) -> None:
    customer = CustomerFactory(shop)
    seller = ApiClient(SellerFactory(shop))
    path = f"{shop.code}/seller/customer/{customer.uuid}"

    assert seller.post(f"{path}/deactivate").status_code == 200
    assert not fresh(customer).is_active
    assert seller.post(f"{path}/activate").status_code == 200
    assert fresh(customer).is_active
    assert seller.post(f"{shop.code}/admin/customer/{customer.uuid}/deactivate").status_code == 403


def test_ends_the_sessions_of_whom_it_blocks(sam: ApiClient, shop: Store) -> None:
    customer = CustomerFactory(shop)
    alice = ApiClient(customer)
    path = f"{shop.code}/customer/{customer.uuid}/status"
    assert alice.get(path).status_code == 200

    sam.post(f"{shop.code}/admin/customer/{customer.uuid}/deactivate")

    assert alice.get(path).status_code == 401


def test_activates_whoever_has_the_token_act1(shop: Store) -> None:
    customer = CustomerFactory(shop, status=CustomerStatus.NEW, activation_token="abcde")

    answer = ApiClient().post(f"{shop.code}/customer/activate/abcde")

    assert (answer.status_code, answer.content) == (200, b"")
    assert fresh(customer).is_active
    again = ApiClient().post(f"{shop.code}/customer/activate/abcde")
    assert again.status_code == 404
    assert again.data == {"error": {"code": 404, "message": "Not Found"}}


@pytest.mark.parametrize(
    ("asked", "total"),
    [
        ("899000333", 1),
        ("899%20000%20333", 1),
        ("ANN@example.com", 1),
        ("ann", 0),
        ("", 0),
    ],
)
def test_checks_for_anybody_who_asks_cus24(shop: Store, asked: str, total: int) -> None:
    CustomerFactory(shop, email="ann@example.com", phone="899000333")
    CustomerFactory(phone="899000333")

    answer = ApiClient().get(f"{shop.code}/customer/check?emailOrPhone={asked}")

    assert answer.status_code == 200
    assert answer.data == {"total": total}


def test_puts_into_a_level_by_hand_cus26(sam: ApiClient, shop: Store) -> None:
    customer, gold = CustomerFactory(shop), LevelFactory(shop, condition_value=1000)

    answer = sam.form("POST", f"{shop.code}/customer/{customer.uuid}/level", {"levelId": gold.uuid})

    assert (answer.status_code, answer.data) == (200, [])
    assert fresh(customer).manually_assigned_level == gold


@pytest.mark.parametrize("level_id", ["", "nonsense", "00000000-0000-7000-8000-000000000000"])
def test_refuses_no_level_lv10(sam: ApiClient, shop: Store, level_id: str) -> None:
    customer = CustomerFactory(shop)

    answer = sam.form("POST", f"{shop.code}/customer/{customer.uuid}/level", {"levelId": level_id})

    assert answer.status_code == 400
    assert answer.data["form"]["children"]["levelId"]["errors"]


def test_takes_a_level_by_hand_back_lv12(sam: ApiClient, shop: Store) -> None:
    """CUS-26."""
    gold = LevelFactory(shop, condition_value=1000)
    customer = CustomerFactory(shop, level=gold)
    path = f"{shop.code}/customer/{customer.uuid}/remove-manually-level"

    answer = sam.form("POST", path, {})

    assert (answer.status_code, answer.content) == (204, b"")
    assert fresh(customer).level_id != gold.pk
    again = sam.form("POST", path, {})
    assert again.status_code == 400
    assert again.data == {"error": "Customer is not assigned to level manually"}


@pytest.mark.parametrize("prefix", ["", "seller/"])
def test_ties_to_a_pos_cus27(shop: Store, prefix: str) -> None:
    customer, place = CustomerFactory(shop), PosFactory(shop)
    seller = ApiClient(SellerFactory(shop))

    answer = seller.form(
        "POST", f"{shop.code}/{prefix}customer/{customer.uuid}/pos", {"posId": place.uuid}
    )

    assert answer.status_code == 200
    assert fresh(customer).pos == place


def test_needs_the_right_to_modify(clerk: Clerk, shop: Store) -> None:
    customer = CustomerFactory(shop)
    client = clerk(CUSTOMER=["VIEW"])

    for action in ("level", "remove-manually-level", "pos"):
        answer = client.post(f"{shop.code}/customer/{customer.uuid}/{action}", {})
        assert answer.status_code == 403


@pytest.mark.parametrize("path", ["customer/registrations", "customer/registrations/daily"])
def test_counts_registrations_of_30_days_cus61(sam: ApiClient, shop: Store, path: str) -> None:
    now = timezone.now()
    for days in (0, 0, 3, 29, 31):
        CustomerFactory(shop, created_at=now - timedelta(days=days))

    answer = sam.get(f"{shop.code}/{path}")

    today = now.astimezone(shop.zone).date()
    assert answer.status_code == 200
    assert len(answer.data) == 30
    assert list(answer.data)[-1] == today.isoformat()
    assert answer.data[today.isoformat()] == 2
    assert answer.data[(today - timedelta(days=3)).isoformat()] == 1
    assert sum(answer.data.values()) == 4


def test_counts_registrations_by_month_and_year_cus61(sam: ApiClient, shop: Store) -> None:
    now = timezone.now()
    CustomerFactory(shop, created_at=now)
    CustomerFactory(shop, created_at=now - timedelta(days=400))

    path = f"{shop.code}/customer/registrations"
    by_month = sam.get(path, {"interval": "month", "lastDays": 731}).data
    by_year = sam.get(path, {"interval": "year", "lastDays": 731}).data

    local = now.astimezone(shop.zone)
    assert by_month[f"{local:%Y-%m}"] == 1
    assert sum(by_month.values()) == sum(by_year.values()) == 2


@pytest.mark.parametrize("query", [{"interval": "hour"}, {"lastDays": 0}, {"lastDays": "x"}])
def test_refuses_other_intervals(sam: ApiClient, shop: Store, query: dict[str, str]) -> None:
    assert sam.get(f"{shop.code}/customer/registrations", query).status_code == 400


def test_names_the_statuses(sam: ApiClient, shop: Store) -> None:
    """STA-4."""
    answer = sam.get(f"{shop.code}/admin/customer-statuses")

    assert answer.data == {"statuses": ["new", "active", "blocked", "deleted"], "total": 4}
