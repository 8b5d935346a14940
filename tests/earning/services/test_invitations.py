"""A customer invites a friend by e-mail or phone."""

import re
from datetime import UTC, datetime
from threading import Barrier, Thread

import pytest
from django.db import connections

from earning.models import Invitation
from earning.services import invitations
from loyalty.core.errors import InvalidFields
from loyalty.core.models import Event
from tests.factories import CustomerFactory, StoreFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
FRIEND = "carol@example.com"


def test_writes_an_invitation_by_email():
    """RF-1, RF-3, RF-4."""
    alice = CustomerFactory()

    made = invitations.invite(referrer=alice, email=" Carol@Example.com ", now=NOW)

    made.refresh_from_db()
    assert (made.referrer, made.recipient, made.store) == (alice, None, alice.store)
    assert (made.channel, made.status) == ("email", "invited")
    assert (made.recipient_email, made.recipient_phone) == (FRIEND, None)
    assert re.fullmatch("[0-9a-f]{40}", made.token)


def test_writes_an_invitation_by_phone():
    """RF-1."""
    made = invitations.invite(referrer=CustomerFactory(), phone="+48 601 234 567", now=NOW)

    assert (made.channel, made.recipient_phone) == ("mobile", "+48601234567")
    assert made.recipient_email is None


def test_tells_it_with_ids_alone():
    """RF-3: whoever sends the message hears of it later."""
    alice = CustomerFactory()

    made = invitations.invite(referrer=alice, email=FRIEND, now=NOW)

    fact = Event.objects.get(type="invitation.created")
    assert (fact.customer_id, fact.subject) == (alice.pk, made.uuid)
    assert fact.payload == {
        "invitationId": str(made.uuid),
        "referrerId": str(alice.uuid),
        "recipientId": None,
    }


@pytest.mark.parametrize(
    ("address", "field"),
    [
        pytest.param({"email": ""}, "recipient_email", id="RF-1 nothing"),
        pytest.param({"email": "carol"}, "recipient_email", id="RF-1 no e-mail"),
        pytest.param({"phone": "call me"}, "recipient_phone", id="RF-1 no number"),
        pytest.param({"email": f"{'c' * 250}@example.com"}, "recipient_email", id="RF-1 too long"),
    ],
)
def test_refuses_what_is_no_address(address, field):
    with pytest.raises(InvalidFields) as refusal:
        invitations.invite(referrer=CustomerFactory(), now=NOW, **address)

    assert list(refusal.value.errors) == [field]
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    "address",
    [
        pytest.param({"email": "BOB@example.com"}, id="RF-2 e-mail"),
        pytest.param({"phone": "+48601234567"}, id="RF-2 phone"),
    ],
)
def test_refuses_who_is_a_customer(address):
    """INV-2."""
    alice = CustomerFactory()
    CustomerFactory(alice.store, email="bob@example.com", phone="+48601234567")

    with pytest.raises(invitations.InvitationExists, match="Invitation exists"):
        invitations.invite(referrer=alice, now=NOW, **address)

    assert not Invitation.objects.exists()
    assert not Event.objects.filter(type="invitation.created").exists()


def test_refuses_the_same_person_twice_but_lets_another_invite_them():
    """INV-2, RF-2."""
    alice = CustomerFactory()
    bob = CustomerFactory(alice.store)
    invitations.invite(referrer=alice, email=FRIEND, now=NOW)

    with pytest.raises(invitations.InvitationExists):
        invitations.invite(referrer=alice, email=FRIEND.upper(), now=NOW)
    invitations.invite(referrer=bob, email=FRIEND, now=NOW)

    assert Invitation.objects.filter(recipient_email=FRIEND).count() == 2


def test_a_customer_of_another_store_may_be_invited():
    """RF-2."""
    CustomerFactory(StoreFactory(), email=FRIEND)

    assert invitations.invite(referrer=CustomerFactory(), email=FRIEND, now=NOW)


def test_refuses_oneself():
    """RF-2."""
    alice = CustomerFactory(phone="+48601234567")

    for address in ({"email": alice.email.upper()}, {"phone": "+48 601-234-567"}):
        with pytest.raises(invitations.SelfInvitation, match="cannot invite yourself"):
            invitations.invite(referrer=alice, now=NOW, **address)

    assert not Invitation.objects.exists()


def test_refuses_who_brought_the_referrer():
    """RF-2: a circle, however long."""
    alice = CustomerFactory()
    bob = CustomerFactory(alice.store, invited_by=alice)
    carol = CustomerFactory(alice.store, invited_by=bob)

    for above in (alice, bob):
        with pytest.raises(invitations.CircularInvitation, match="by this person's invitation"):
            invitations.invite(referrer=carol, email=above.email, now=NOW)
    # Downwards it is no circle, only late.
    with pytest.raises(invitations.InvitationExists):
        invitations.invite(referrer=alice, email=carol.email, now=NOW)

    assert not Invitation.objects.exists()


def test_refuses_a_referrer_who_is_not_active():
    blocked = CustomerFactory(status="blocked")

    with pytest.raises(invitations.NotAllowedToInvite):
        invitations.invite(referrer=blocked, email=FRIEND, now=NOW)

    assert not Invitation.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_eight_same_invitations_at_once_one_is_written():
    """RF-2."""
    alice = CustomerFactory()
    barrier, refusals = Barrier(8), []

    def invite():
        try:
            barrier.wait()
            invitations.invite(referrer=alice, email=FRIEND, now=NOW)
        except invitations.InvitationExists:
            refusals.append(1)
        finally:
            connections.close_all()

    threads = [Thread(target=invite) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (Invitation.objects.count(), len(refusals)) == (1, 7)
    assert Event.objects.filter(type="invitation.created").count() == 1
