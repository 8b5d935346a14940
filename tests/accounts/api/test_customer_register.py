import pytest

from accounts.models import Customer
from loyalty.core import throttle
from loyalty.core.models import Store
from tests.accounts.api.conftest import Clerk
from tests.factories import LevelFactory, PosFactory, SellerFactory, StoreFactory
from tests.support.api import ApiClient

JOHN = {
    "customer[firstName]": "John",
    "customer[lastName]": "Kowalski",
    "customer[email]": "john4@example.com",
    "customer[phone]": "000000005000",
    "customer[agreement1]": "1",
}
FULL = {
    "customer[firstName]": "John",
    "customer[lastName]": "Kowalski",
    "customer[email]": "john3@example.com",
    "customer[phone]": "000000004000",
    "customer[birthDate]": "1990-01-01",
    "customer[address][street]": "Street",
    "customer[address][postal]": "00-000",
    "customer[address][city]": "Wroclaw",
    "customer[address][province]": "Dolnoslaskie",
    "customer[address][country]": "Poland",
    "customer[company][nip]": "111-222-33-44",
    "customer[company][name]": "Company+name",
    "customer[loyaltyCardNumber]": "00000000000000002",
    "customer[labels]": "vip:yes;since:2019:may;new:",
    "customer[agreement1]": "1",
    "customer[agreement2]": "1",
    "customer[agreement3]": "1",
}
SELF = {
    "customer[firstName]": "Alice",
    "customer[lastName]": "Doe",
    "customer[email]": "alice@example.com",
    "customer[plainPassword]": "Open-Sesame-1",
    "customer[agreement1]": "1",
    "customer[agreement2]": "0",
}
LAYOUT = [
    "firstName",
    "lastName",
    "gender",
    "email",
    "phone",
    "birthDate",
    "createdAt",
    "address",
    "company",
    "loyaltyCardNumber",
    "labels",
    "agreement1",
    "agreement2",
    "agreement3",
    "levelId",
    "posId",
    "sellerId",
    "invitationToken",
]


@pytest.mark.parametrize("path", ["customer/register", "admin/customer/register"])
def test_takes_the_printed_form(sam: ApiClient, shop: Store, path: str) -> None:
    """CUS-1."""
    answer = sam.form("POST", f"{shop.code}/{path}", JOHN)

    customer = Customer.objects.get()
    assert answer.status_code == 200
    assert answer.data == {"customerId": str(customer.uuid), "email": "john4@example.com"}
    assert customer.is_active


def test_takes_every_field(sam: ApiClient, shop: Store) -> None:
    level, pos, seller = LevelFactory(shop), PosFactory(shop), SellerFactory(shop)
    more = {
        "customer[levelId]": level.uuid,
        "customer[posId]": pos.uuid,
        "customer[sellerId]": seller.uuid,
        "customer[createdAt]": "2017-01-01 14:15:16",
    }

    answer = sam.form("POST", f"{shop.code}/customer/register", FULL | more)

    assert answer.status_code == 200, answer.data
    customer = Customer.objects.get()
    assert customer.address["country"] == "Poland"
    assert customer.labels == [
        {"key": "vip", "value": "yes"},
        {"key": "since", "value": "2019:may"},
        {"key": "new", "value": ""},
    ]
    assert (customer.level, customer.pos, customer.seller) == (level, pos, seller)
    # The store's zone is Europe/Warsaw.
    assert customer.created_at.isoformat() == "2017-01-01T13:15:16+00:00"


def test_takes_json_of_the_same_shape(sam: ApiClient, shop: Store) -> None:
    """GEN-1."""
    body = {
        "customer": {
            "firstName": "John",
            "lastName": "Kowalski",
            "email": "john@example.com",
            "address": {"city": "Wroclaw"},
            "labels": [{"key": "vip", "value": "yes"}],
            "agreement1": True,
        }
    }

    answer = sam.post(f"{shop.code}/customer/register", body)

    assert answer.status_code == 200
    assert Customer.objects.get().address == {"city": "Wroclaw"}


def test_answers_an_empty_form_with_its_whole_layout_gen2(sam: ApiClient, shop: Store) -> None:
    answer = sam.form("POST", f"{shop.code}/customer/register", {})

    children = answer.data["form"]["children"]
    assert answer.status_code == 400
    assert list(children) == LAYOUT
    assert children["firstName"] == {"errors": ["This value should not be blank."]}
    assert children["gender"] == {}
    assert list(children["address"]["children"]) == [
        "street",
        "address1",
        "address2",
        "postal",
        "city",
        "province",
        "country",
    ]
    assert answer.data["errors"] == []


def test_says_what_the_command_refuses_at_its_field(sam: ApiClient, shop: Store) -> None:
    sam.form("POST", f"{shop.code}/customer/register", JOHN)

    answer = sam.form("POST", f"{shop.code}/customer/register", JOHN)

    children = answer.data["form"]["children"]
    assert answer.status_code == 400
    assert children["email"] == {"errors": ["This value is already used."]}
    assert children["phone"] == {"errors": ["This value is already used."]}


def test_says_at_level_id_that_there_is_no_entry_level_cus4(sam: ApiClient) -> None:
    store = StoreFactory()

    answer = sam.form("POST", f"{store.code}/customer/register", JOHN)

    assert answer.status_code == 400
    assert answer.data["form"]["children"]["levelId"]["errors"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("levelId", "nonsense", id="level"),
        pytest.param("posId", "00000000-0000-474c-1111-b0dd880c07e3", id="pos"),
        pytest.param("birthDate", "1990-13-01", id="birth-date"),
        pytest.param("gender", "cat", id="gender"),
    ],
)
def test_refuses_at_the_field(sam: ApiClient, shop: Store, name: str, value: str) -> None:
    answer = sam.form("POST", f"{shop.code}/customer/register", JOHN | {f"customer[{name}]": value})

    assert answer.status_code == 400
    assert answer.data["form"]["children"][name]["errors"]
    assert not Customer.objects.exists()


def test_refuses_a_level_of_another_store(sam: ApiClient, shop: Store) -> None:
    level = LevelFactory()

    answer = sam.form(
        "POST", f"{shop.code}/customer/register", JOHN | {"customer[levelId]": level.uuid}
    )

    assert answer.status_code == 400


@pytest.mark.parametrize("body", [[], "text", {"customer": [1]}, {"customer": {"address": "x"}}])
def test_refuses_what_is_no_object(sam: ApiClient, shop: Store, body: object) -> None:
    answer = sam.post(f"{shop.code}/customer/register", body)

    assert answer.status_code == 400
    assert not Customer.objects.exists()


def test_registers_once_for_one_idempotency_key(sam: ApiClient, shop: Store) -> None:
    key = {"HTTP_IDEMPOTENCY_KEY": "order-7"}
    first = sam.form("POST", f"{shop.code}/customer/register", JOHN, **key)

    second = sam.form("POST", f"{shop.code}/customer/register", JOHN, **key)

    assert second.status_code == 200
    assert second.data == first.data


def test_is_for_staff_who_may_modify_customers(clerk: Clerk, shop: Store) -> None:
    client = clerk(CUSTOMER=["VIEW"])

    assert client.form("POST", f"{shop.code}/customer/register", JOHN).status_code == 403


def test_makes_sellers_their_own_seller_cus3(shop: Store) -> None:
    seller = SellerFactory(shop)
    client = ApiClient(seller)

    answer = client.form("POST", f"{shop.code}/seller/customer/register", JOHN)

    assert answer.status_code == 200
    assert Customer.objects.get().seller == seller


def test_keeps_sellers_out_of_the_path_for_staff(shop: Store) -> None:
    """CUS-1."""
    client = ApiClient(SellerFactory(shop))

    assert client.form("POST", f"{shop.code}/admin/customer/register", JOHN).status_code == 403


def test_lets_anybody_register_themself(shop: Store) -> None:
    """CUS-1, CUS-2."""
    answer = ApiClient().form("POST", f"{shop.code}/customer/self_register", SELF)

    customer = Customer.objects.get()
    assert answer.status_code == 200, answer.data
    assert answer.data == {"customerId": str(customer.uuid), "email": "alice@example.com"}
    assert customer.status == "new"


def test_names_the_weakness_of_a_password_pwd4(shop: Store) -> None:
    fields = SELF | {"customer[plainPassword]": "secret"}

    answer = ApiClient().form("POST", f"{shop.code}/customer/self_register", fields)

    assert answer.status_code == 400
    assert len(answer.data["form"]["children"]["plainPassword"]["errors"]) == 4


@pytest.mark.parametrize("key", [{}, {"HTTP_IDEMPOTENCY_KEY": "once"}], ids=["plain", "with-key"])
def test_lets_nobody_go_through_a_list_of_addresses(
    shop: Store, monkeypatch: pytest.MonkeyPatch, key: dict[str, str]
) -> None:
    """CUS-5: what is taken is told, so it is told only so often; a success counts nothing."""
    monkeypatch.setattr(throttle, "PER_ADDRESS", 2)
    path = f"{shop.code}/customer/self_register"

    codes = [ApiClient().form("POST", path, SELF, **key).status_code]
    key = dict.fromkeys(key, "twice")
    codes += [ApiClient().form("POST", path, SELF, **key).status_code for _ in range(3)]

    assert codes == [200, 400, 400, 429]
