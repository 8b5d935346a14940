"""Invitations: the four that the reference prints, and some that brought somebody."""

from datetime import datetime, timedelta
from decimal import Decimal

from accounts.models import Customer
from accounts.services import customers
from accounts.services.customers import Registration
from earning.models import Invitation
from earning.services import invitations
from loyalty.core.actors import SYSTEM
from loyalty.core.models import Store
from loyalty.demo.ids import next_id
from transactions.services import purchases
from transactions.services.documents import Buyer, Document, Line

# id, whom, token; none of them has come.
PRINTED = (
    (
        "22200000-0000-474c-b092-b0dd880c07e1",
        "test1@example.com",
        "ebea0309e2ca40f45b11537694270df8fc7161b7",
    ),
    (
        "22200000-0000-474c-b092-b0dd880c07e2",
        "test2@example.com",
        "8e3889f08265ec0c81e511e23cab94200a7d18b7",
    ),
    (
        "22200000-0000-474c-b092-b0dd880c07e3",
        "test3@example.com",
        "575c0f0435d0970853b25b967378c4155c8c0843",
    ),
    (
        "22200000-0000-474c-b092-b0dd880c07e4",
        "test4@example.com",
        "1042654f4acd5099f54286acbb10d668173a95d0",
    ),
)
# As an example of the chapter Customer points transfers prints it.
PAID = "054af48a-e965-4d61-84ac-9b9304115c9a"
# Who came: first and last name, how many days ago, and what they bought first, in euros.
NEWCOMERS = (
    ("Zofia", "Wójcik", 40, "14.50"),
    ("Marek", "Lis", 23, "9.80"),
    ("Iga", "Sowa", 6, ""),
)


def invite_strangers(john: Customer, *, now: datetime) -> None:
    """Invite whom the reference prints; some of them join later, but not by the invitation."""
    for uuid, email, token in PRINTED:
        with next_id(Invitation, uuid):
            invitation = invitations.invite(referrer=john, email=email, now=now)
        invitation.token = token
        invitation.save(update_fields=["token"])


def bring_friends(store: Store, referrer: Customer, *, now: datetime) -> None:
    """Invite friends who come; all but the last have bought since."""
    for number, (first_name, last_name, days, spent) in enumerate(NEWCOMERS):
        joined = now - timedelta(days=days)
        email = f"{first_name}.{last_name}@example.com".lower().replace("ó", "o")
        invited = joined - timedelta(days=2)
        if number:
            invitation = invitations.invite(referrer=referrer, email=email, now=invited)
        else:
            with next_id(Invitation, PAID):
                invitation = invitations.invite(referrer=referrer, email=email, now=invited)
        data = Registration(
            first_name=first_name,
            last_name=last_name,
            email=email,
            agreement1=True,
            invitation_token=invitation.token,
        )
        customers.register(store=store, data=data, actor=SYSTEM, now=joined)
        if spent:
            _buy(store, f"FRIEND-{number + 1}", email, Decimal(spent), joined + timedelta(hours=5))


def _buy(store: Store, number: str, email: str, value: Decimal, moment: datetime) -> None:
    document = Document(
        number=number,
        purchased_at=moment,
        buyer=Buyer(email=email),
        lines=(
            Line(
                sku="BEANS-250",
                name="House blend, 250 g",
                quantity=Decimal(1),
                gross_value=value,
                category="beans",
            ),
        ),
    )
    purchases.register(store=store, document=document, actor=SYSTEM, now=moment)
