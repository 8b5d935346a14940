"""Who has taken rewards, as the reference prints it."""

from copy import copy
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from accounts.ledger.models import Issuer
from accounts.models import Customer
from accounts.services import customers, points
from campaigns.models import Coupon, RewardCampaign
from campaigns.services import cashback, coupons, rewards
from loyalty.core.actors import SYSTEM
from loyalty.core.models import Store
from loyalty.demo.cast import ADDRESS, JANE, JOHN, person
from loyalty.demo.ids import next_id
from loyalty.demo.shelf import BEANS, PAID_OUT, Shelf

# People whom only the chapter Reward campaigns names.
GUESTS = (
    person(
        *("6102cef9-d263-46de-974d-ad2e89f6e81d", "Max", "Nowacki"),
        email="max.nowacki@example.com",
    ),
    person(
        *("5bfded09-0931-4eac-baad-0d663cfd8976", "Paula", "Prior"),
        email="paula.prior@example.com",
    ),
    person(
        *("5bdab759-5b31-48d6-a38b-ba4628ca1a91", "Gina", "Gift"),
        email="gina.gift@example.com",
        address=ADDRESS,
    ),
    person(
        *("f0b9914e-cd54-4a85-bc3f-d36e0c37edaa", "Carla", "Cash"),
        email="carla.cash@example.com",
    ),
)


def take_printed(shelf: Shelf, cast: list[Customer], *, now: datetime) -> None:
    """Let the customers of the reference buy what it prints them to have."""
    store = shelf.store
    guests = _register_guests(store, now=now - timedelta(days=60))
    by_id = {str(customer.uuid): customer for customer in [*cast, *guests]}
    moment = now - timedelta(days=6)
    for uuid, amount in (
        *((JOHN, 120), (JANE, 60)),
        *((str(guest.uuid), 400) for guest in guests),
    ):
        points.add(
            customer=by_id[uuid],
            amount=Decimal(amount),
            issuer=Issuer.ADMIN,
            comment="Thank you for being with us",
            now=moment,
        )
    for coupon, key, owner in (
        ("83d6a65e-d237-4049-84aa-bb107cd6f9a4", "vouchers", JOHN),
        ("6a2456ec-49b3-4970-9ac4-75ca01eab0ee", "vouchers", JOHN),
        ("00000000-0000-0000-0000-000000000002", "winter", JOHN),
        ("d481c4f2-fa88-476a-9e12-a39f728d94d8", "tests", JOHN),
        ("42d74422-ca0b-46f4-8871-be26f5a0497e", BEANS, "5bdab759-5b31-48d6-a38b-ba4628ca1a91"),
    ):
        moment += timedelta(hours=3)
        # As if it had been read before it opened: bought in one statement, a coupon gets an id that
        # cannot be chosen.
        campaign = copy(shelf.made[key])
        campaign.is_active = False
        with next_id(Coupon, coupon):
            rewards.buy(campaign=campaign, customer=by_id[owner], actor=SYSTEM, now=moment)
    # The provider has been asked to pay this one out, and has not answered yet.
    with next_id(Coupon, "1c50ef53-ab5b-4d24-9d03-f93c7ec042fe"):
        cashback.redeem(
            customer=by_id["f0b9914e-cd54-4a85-bc3f-d36e0c37edaa"],
            points=Decimal(100),
            campaign_uuid=UUID(PAID_OUT),
            actor=SYSTEM,
            now=moment + timedelta(hours=1),
        )


def use(coupon: Coupon, campaign: RewardCampaign, customer: Customer, *, now: datetime) -> None:
    """Let a customer's coupon be used, if it still can be."""
    mark = coupons.Mark(
        campaign_uuid=campaign.uuid,
        customer_uuid=customer.uuid,
        coupon_uuid=coupon.uuid,
        code=coupon.code,
        is_used=True,
    )
    try:
        coupons.mark(store=campaign.store, marks=[mark], actor=SYSTEM, now=now)
    except coupons.CannotBeUsed:
        return


def _register_guests(store: Store, *, now: datetime) -> list[Customer]:
    guests = []
    for number, (uuid, data) in enumerate(GUESTS):
        with next_id(Customer, uuid):
            moment = now + timedelta(days=number)
            guests.append(customers.register(store=store, data=data, actor=SYSTEM, now=moment))
    return guests
