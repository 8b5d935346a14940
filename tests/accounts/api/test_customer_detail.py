from datetime import UTC, date, datetime
from decimal import Decimal

from accounts.models import Customer, Segment
from loyalty.core.models import Store
from tests.accounts.api.conftest import Clerk
from tests.factories import CustomerFactory, LevelFactory, PosFactory, SellerFactory
from tests.support.api import ApiClient


def test_writes_the_documented_layout_cus25(sam: ApiClient, shop: Store) -> None:
    level = LevelFactory(shop, name="gold", reward_value="0.14")
    customer = CustomerFactory(
        shop,
        email="user@example.com",
        phone="+48234234000",
        birth_date=date(1990, 9, 11),
        created_at=datetime(2016, 8, 8, 8, 53, 14, tzinfo=UTC),
        loyalty_card_number="47834433524",
        level=level,
        pos=PosFactory(shop, identifier="pos2"),
        transactions_count=2,
        transactions_amount=Decimal(3),
        transactions_amount_without_delivery=Decimal(3),
        last_transaction_at=datetime(2019, 3, 20, 10, 52, 56, tzinfo=UTC),
    )

    answer = sam.get(f"{shop.code}/customer/{customer.uuid}")

    assert answer.status_code == 200
    document = answer.data
    level_id = str(level.uuid)
    assert document.pop("updatedAt")
    assert document == {
        "customerId": str(customer.uuid),
        "active": True,
        "firstName": "Alice",
        "lastName": customer.last_name,
        "gender": "not_disclosed",
        "email": "user@example.com",
        "phone": "+48234234000",
        "birthDate": "1990-09-11T00:00:00+0200",
        "lastLevelRecalculation": None,
        "address": {},
        "company": {},
        "loyaltyCardNumber": "47834433524",
        "createdAt": "2016-08-08T10:53:14+0200",
        "id": level_id,
        "levelId": level_id,
        "manuallyAssignedLevelId": {"levelId": level_id},
        "posId": str(customer.pos.uuid),
        "posIdentifier": "pos2",
        "sellerId": None,
        "agreement1": True,
        "agreement2": False,
        "agreement3": False,
        "status": {
            "availableTypes": ["new", "active", "blocked", "deleted"],
            "availableStates": ["no-card", "card-sent", "with-card"],
            "type": "active",
            "state": "no-card",
        },
        "campaignPurchases": [],
        "transactionsCount": 2,
        "transactionsAmount": 3,
        "transactionsAmountWithoutDeliveryCosts": 3,
        "amountExcludedForLevel": 0,
        "averageTransactionAmount": 1.5,
        "lastTransactionDate": "2019-03-20T11:52:56+0100",
        "labels": [],
        "level": {
            "levelId": {"id": level_id, "levelId": level_id},
            "name": "gold",
            "translations": {"en": {"name": "gold"}},
        },
        "version": 1,
        "currency": "eur",
        "levelPercent": "14.00%",
        "segments": [],
    }


def test_names_the_segments(sam: ApiClient, shop: Store) -> None:
    customer = CustomerFactory(shop)
    segment = Segment.objects.create(store=shop, name="Regulars")
    segment.memberships.create(customer=customer, since=customer.created_at)

    answer = sam.get(f"{shop.code}/customer/{customer.uuid}")

    assert answer.data["segments"] == [{"segmentId": str(segment.uuid), "segmentName": "Regulars"}]


def test_shows_customers_themselves_and_nobody_else_cus23(shop: Store) -> None:
    alice, eve = CustomerFactory(shop), CustomerFactory(shop)
    client = ApiClient(alice)

    assert client.get(f"{shop.code}/customer/{alice.uuid}").status_code == 200
    answer = client.get(f"{shop.code}/customer/{eve.uuid}")

    assert answer.status_code == 404
    assert answer.data == {"error": {"code": 404, "message": "Not Found"}}


def test_shows_sellers_any_customer_of_their_store_cus23(shop: Store) -> None:
    client = ApiClient(SellerFactory(shop))
    stranger = CustomerFactory()

    assert client.get(f"{shop.code}/customer/{CustomerFactory(shop).uuid}").status_code == 200
    assert client.get(f"{stranger.store.code}/customer/{stranger.uuid}").status_code == 404


def test_hides_customers_of_another_store(sam: ApiClient, shop: Store) -> None:
    answer = sam.get(f"{shop.code}/customer/{CustomerFactory().uuid}")

    assert answer.status_code == 404


def test_needs_both_accesses_to_write_acl2(clerk: Clerk, shop: Store) -> None:
    customer = CustomerFactory(shop)
    client = clerk(CUSTOMER=["MODIFY"])

    assert client.get(f"{shop.code}/customer/{customer.uuid}").status_code == 403
    assert client.put(f"{shop.code}/customer/{customer.uuid}", {}).status_code == 403


def test_changes_as_printed_cus20(sam: ApiClient, shop: Store) -> None:
    customer = CustomerFactory(shop, phone="601234567", address={"street": "Bagno"})
    fields = {
        "customer[email]": "john4@example.com",
        "customer[phone]": "",
        "customer[agreement2]": "1",
    }

    answer = sam.form("PUT", f"{shop.code}/customer/{customer.uuid}", fields)

    assert answer.status_code == 200
    assert answer.data == {"customerId": str(customer.uuid)}
    changed = Customer.objects.get(pk=customer.pk)
    assert (changed.email, changed.phone, changed.agreement2) == ("john4@example.com", None, True)
    assert changed.address == {"street": "Bagno"}


def test_erases_every_field_that_may_be_empty_cus20(sam: ApiClient, shop: Store) -> None:
    customer = CustomerFactory(
        shop,
        phone="601234567",
        loyalty_card_number="1",
        gender="male",
        birth_date=date(1990, 1, 1),
        address={"city": "Wroclaw"},
        company={"name": "Company", "nip": "1"},
        labels=[{"key": "vip", "value": ""}],
        agreement3=True,
        pos=PosFactory(shop),
    )
    names = ["phone", "loyaltyCardNumber", "gender", "birthDate", "address", "company", "labels"]
    fields = {f"customer[{name}]": "" for name in [*names, "agreement3", "posId"]}

    answer = sam.form("PUT", f"{shop.code}/customer/{customer.uuid}", fields)

    assert answer.status_code == 200, answer.data
    changed = Customer.objects.get(pk=customer.pk)
    assert (changed.phone, changed.loyalty_card_number, changed.birth_date) == (None, None, None)
    assert changed.gender == "not_disclosed"
    assert (changed.address, changed.company, changed.labels) == ({}, {}, [])
    assert (changed.agreement3, changed.pos) == (False, None)


def test_replaces_the_address_whole_cus20(sam: ApiClient, shop: Store) -> None:
    customer = CustomerFactory(shop, address={"street": "Bagno", "city": "Warszawa"})

    sam.form("PUT", f"{shop.code}/customer/{customer.uuid}", {"customer[address][city]": "Wroclaw"})

    assert Customer.objects.get(pk=customer.pk).address == {"city": "Wroclaw"}


def test_refuses_the_printed_phone_number(sam: ApiClient, shop: Store) -> None:
    customer = CustomerFactory(shop)

    answer = sam.form(
        "PUT", f"{shop.code}/customer/{customer.uuid}", {"customer[phone]": "+440000000"}
    )

    children = answer.data["form"]["children"]
    assert answer.status_code == 400
    assert children["phone"] == {"errors": ["This value is not a valid phone number."]}
    assert children["firstName"] == {}
    assert answer.data["errors"] == []


def test_refuses_a_blank_name(sam: ApiClient, shop: Store) -> None:
    customer = CustomerFactory(shop)

    answer = sam.form("PUT", f"{shop.code}/customer/{customer.uuid}", {"customer[firstName]": ""})

    assert answer.status_code == 400
    assert Customer.objects.get(pk=customer.pk).first_name == "Alice"


def test_refuses_a_customer_who_raises_their_own_level(shop: Store) -> None:
    customer = CustomerFactory(shop)
    gold = LevelFactory(shop, condition_value=1000)

    answer = ApiClient(customer).form(
        "PUT", f"{shop.code}/customer/{customer.uuid}", {"customer[levelId]": gold.uuid}
    )

    assert answer.status_code == 400
    assert answer.data["form"]["children"]["levelId"]["errors"]
    assert Customer.objects.get(pk=customer.pk).level_id == customer.level_id


def test_is_not_for_other_customers_to_change_cus23(shop: Store) -> None:
    alice, eve = CustomerFactory(shop), CustomerFactory(shop)

    answer = ApiClient(eve).put(
        f"{shop.code}/customer/{alice.uuid}", {"customer": {"firstName": "Eve"}}
    )

    assert answer.status_code == 404
    assert Customer.objects.get(pk=alice.pk).first_name == "Alice"
