"""The customers whom the reference names, what it shows them to have, and their documents."""

from copy import copy
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from accounts.ledger.models import Issuer
from accounts.models import Customer, Gender
from accounts.services import customers, points
from accounts.services.customers import Registration
from loyalty.core.actors import SYSTEM
from loyalty.core.models import Store
from loyalty.demo import friends
from loyalty.demo.ids import next_id
from transactions.models import Transaction
from transactions.services import purchases
from transactions.services.documents import Buyer, Document, Label, Line

JOHN = "00000000-0000-474c-b092-b0dd880c07e1"
JANE = "00000000-0000-474c-b092-b0dd880c07e2"
SPENDER = "b9af6a8c-9cc5-4924-989c-e4af614ab2a3"
PENDING_TRANSFER = "313cf0c1-5376-4f66-9de3-77943760423a"
WAITING = "0f0d346e-9fd0-492a-84aa-2a2b61419c97"
ACTIVATION_TOKEN = "abcde"  # noqa: S105 - the one that the reference prints
WELCOME = "Welcome to the club"

ADDRESS = {
    "street": "Bagno",
    "address1": "12",
    "postal": "00-800",
    "city": "Warszawa",
    "province": "Mazowieckie",
    "country": "PL",
}


def person(uuid: str, first_name: str, last_name: str, **data: Any) -> tuple[str, Registration]:
    return uuid, Registration(first_name=first_name, last_name=last_name, agreement1=True, **data)


CAST = (
    person(
        *(JOHN, "John", "Doe"),
        email="user@example.com",
        phone="+48234234000",
        loyalty_card_number="47834433524",
        gender=Gender.MALE,
        birth_date=date(1990, 9, 11),
        address=ADDRESS | {"street": "Dmowskiego", "address1": "21", "city": "Wrocław"},
        agreement2=True,
    ),
    person(
        *(JANE, "Jane", "Doe"),
        email="user-temp@example.com",
        phone="111112222",
        loyalty_card_number="0000",
        gender=Gender.FEMALE,
        birth_date=date(1990, 9, 11),
        address=ADDRESS,
    ),
    person(
        *("11111111-0000-474c-b092-b0dd880c07e1", "John", "Doeson"),
        email="user-1@example.com",
        phone="+48456456000",
        labels=[{"key": "test", "value": "test"}],
    ),
    person(
        *("00000000-0000-474c-b092-b0dd880c07f5", "Robert", "Receiver"),
        email="receiver@example.com",
        phone="899000333",
    ),
    person(
        *("1bbafb37-b51b-47c5-b3e4-e0a2d028e655", "Tom", "Test"),
        email="test@example.com",
    ),
    person(
        *("e0eb0355-8aaa-4fb1-8159-f58e81b7a25c", "Helen", "Hill"),
        email="helen.hill@example.com",
        phone="+48601000111",
    ),
    person(
        *("1cb6d205-8b77-40e1-a801-052185ed52d9", "Maria", "Moss"),
        email="maria.moss@example.com",
    ),
    person(
        *(SPENDER, "Adam", "Adder"),
        email="adam.adder@example.com",
        loyalty_card_number="2000000001",
    ),
    person(
        *("b9af6a8c-9cc5-4924-989c-e4af614ab3c5", "Beata", "Bridge"),
        email="beata.bridge@example.com",
    ),
    person(
        *("57524216-c059-405a-b951-3ab5c49bae14", "Oliver", "Low"),
        email="oliver.low@example.com",
        phone="333333",
        loyalty_card_number="333",
    ),
    person(
        *("4b32a723-9923-46fc-a2bc-d09767e5e59b", "Tomasz", "Till"),
        email="tomasztest8@wp.pl",
        loyalty_card_number="11111111111",
    ),
    person(
        *("41fd3247-2069-4677-8904-584f0ed9f6be", "Test", "Fourth"),
        email="test4@example.com",
    ),
    person(
        *("142cbe32-da28-42d0-87aa-f93f3e1ebb91", "Test", "Third"),
        email="test3@example.com",
    ),
    person(
        *("c9be6a4e-9a21-414a-bbbd-f506d9ffad85", "Nora", "Nobody"),
        email="nora.nobody@example.com",
        phone="+48601000222",
    ),
)

DOCUMENT = Document(
    number="",
    purchase_place="Wrocław",
    labels=(Label("scan_id", "123"),),
    buyer=Buyer(name="Jan Nowak", nip="5260001246", address=ADDRESS),
    lines=(
        Line(
            sku="SKU1",
            name="item 1",
            quantity=Decimal(1),
            gross_value=Decimal(1),
            category="aaa",
            maker="sss",
            labels=(Label("test", "label"), Label("test", "label2")),
        ),
        Line(
            sku="SKU2",
            name="item 2",
            quantity=Decimal(2),
            gross_value=Decimal(2),
            category="bbb",
            maker="ccc",
        ),
    ),
)


@dataclass(frozen=True)
class Printed:
    """A document of the reference. `days`: how long ago. `buyer`: as the till knew them."""

    uuid: str
    number: str
    days: float
    buyer: dict[str, str]
    # Each line is worth so many times what is printed.
    times: int = 1


PRINTED = (
    Printed("00000000-0000-1111-0000-000000000003", "456", 20, {"email": "user@example.com"}),
    Printed("00000000-0000-1111-0000-000000000002", "345", 21, {"email": "user-temp@example.com"}),
    Printed("28f79fe5-00af-41f6-9200-e59e86b0c67f", "28-79", 19, {"email": "user@example.com"}),
    # The one that a coupon is used on.
    Printed("00000000-0000-0000-0000-000000000003", "567", 16, {"email": "user@example.com"}),
    # These two wait for their customers.
    Printed("00000000-0000-1111-0000-000000000000", "123", 18, {"loyalty_card_number": "sa2222"}),
    Printed("00000000-0000-1111-0000-000000000005", "888", 17, {"email": "o@lo.com"}),
    # The last one that moves somebody to another level, as the chapter Event shows it.
    Printed(
        "13000000-0000-1111-0000-000000000001", "999", 0.02, {"email": "user-1@example.com"}, 9
    ),
)


def register(store: Store, *, now: datetime) -> list[Customer]:
    """Register everybody whom the reference names, and the one who has not confirmed yet."""
    registered = []
    for number, (uuid, data) in enumerate(CAST):
        moment = now + timedelta(hours=number)
        with next_id(Customer, uuid):
            customer = customers.register(store=store, data=data, actor=SYSTEM, now=moment)
        registered.append(customer)
        if uuid == JOHN:
            # Before two of them register by themselves: who is a customer is not invited.
            friends.invite_strangers(customer, now=moment)
    john = registered[0]
    # Too short for the policy: known from the documentation, and only in this store.
    john.set_password("loyalty")
    john.must_change_password = False
    john.save(update_fields=["password", "must_change_password"])
    return registered


def register_waiting(store: Store, *, now: datetime) -> None:
    data = Registration(
        first_name="Nina",
        last_name="New",
        email="nina.new@example.com",
        password="Coffee-2-go!",  # noqa: S106 - nobody can sign in before the activation
        agreement1=True,
    )
    with next_id(Customer, WAITING):
        waiting = customers.self_register(store=store, data=data, now=now)
    waiting.activation_token = ACTIVATION_TOKEN
    waiting.save(update_fields=["activation_token"])


def sell(store: Store, *, now: datetime) -> None:
    """Register the documents that the reference prints, in their order in time."""
    for printed in sorted(PRINTED, key=lambda each: -each.days):
        moment = now - timedelta(days=printed.days)
        document = replace(
            DOCUMENT,
            number=printed.number,
            purchased_at=moment,
            buyer=replace(DOCUMENT.buyer, **printed.buyer),  # type: ignore[arg-type]  # texts only
            lines=tuple(
                replace(line, gross_value=line.gross_value * printed.times)
                for line in DOCUMENT.lines
            ),
        )
        with next_id(Transaction, printed.uuid):
            purchases.register(store=store, document=document, actor=SYSTEM, now=moment)


def give_points(cast: list[Customer], *, now: datetime) -> None:
    """Give the points that the examples of the chapter Points transfers send, spend and block."""
    by_id = {str(customer.uuid): customer for customer in cast}
    moment = now - timedelta(days=30)
    for uuid, amount in ((JOHN, 250), (SPENDER, 500), (JANE, 40)):
        points.add(
            customer=by_id[uuid],
            amount=Decimal(amount),
            issuer=Issuer.ADMIN,
            comment=WELCOME,
            now=moment,
        )
    points.spend(
        customer=by_id[JOHN],
        amount=Decimal(25),
        issuer=Issuer.ADMIN,
        comment="Voucher: a coffee on the house",
        now=moment + timedelta(days=3),
    )
    points.transfer(
        sender=by_id[SPENDER],
        receiver=by_id[JANE],
        amount=Decimal(15),
        now=moment + timedelta(days=4),
    )
    points.block(
        customer=by_id[SPENDER],
        amount=Decimal(20),
        issuer=Issuer.ADMIN,
        comment="Held for an order",
        now=now - timedelta(days=1),
    )
    _give_locked(by_id[JANE], now=now - timedelta(days=2))


def _give_locked(customer: Customer, *, now: datetime) -> None:
    """Give points that are still locked, which this store's settings alone would never do."""
    store = copy(customer.store)
    store.setting_values = store.setting_values | {
        "allTimeNotLocked": False,
        "pointsDaysLocked": 30,
    }
    gift = points.Grant(
        customer=customer,
        amount=Decimal(30),
        issuer=Issuer.ADMIN,
        comment="For a friend whom you brought, from next month on",
        uuid=UUID(PENDING_TRANSFER),
    )
    points.add_many(store=store, grants=[gift], now=now)
