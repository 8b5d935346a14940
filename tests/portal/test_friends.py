"""Customers invite friends, and friends join, on the portal's pages."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import Customer
from earning.models import Invitation, RuleType
from earning.services import invitations, referrals
from loyalty.core import throttle
from loyalty.core.models import Event
from tests.factories import CustomerFactory
from tests.factories.earning import EarningRuleFactory
from tests.support.messages import deliver

FRIEND = "carol@example.com"
FORM = {
    "first_name": "Carol",
    "last_name": "Cole",
    "email": FRIEND,
    "password": "Open-Sesame-1",
    "agreement1": "on",
}


def text_of(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def fact() -> Event:
    return Event.objects.get(type="invitation.created")


def test_the_page_needs_a_sign_in(client, store):
    answers = [client.get("/portal/invite/"), client.post("/portal/invite/", {"email": FRIEND})]

    assert [answer["Location"] for answer in answers] == ["/portal/sign-in/"] * 2
    assert not Invitation.objects.exists()


def test_shows_the_link_and_what_it_promises(signed_in, alice):
    """RF-3, RF-8."""
    rule = {"type": RuleType.REFERRAL, "event_name": "register", "reward_type": "both"}
    EarningRuleFactory(store=alice.store, **rule, points_amount=Decimal(50))

    page = text_of(signed_in.get("/portal/invite/"))

    assert f"/portal/join/{referrals.personal_code(alice)}" in page
    assert "you both get 50 points" in page
    assert "Nobody yet" in page


def test_invites_by_email_and_lists_it(signed_in, alice):
    """RF-1, RF-4."""
    answer = signed_in.post("/portal/invite/", {"email": FRIEND}, follow=True)

    assert Invitation.objects.get().referrer == alice
    assert "Your invitation is on its way." in text_of(answer)
    assert FRIEND in text_of(answer)


@pytest.mark.parametrize(
    ("email", "says"),
    [
        pytest.param("alice@example.com", "You cannot invite yourself.", id="RF-2 oneself"),
        pytest.param("bob@example.com", "they are a member", id="RF-2 a member"),
        pytest.param("nonsense", "not a valid email", id="RF-1 no address"),
    ],
)
def test_says_why_not(signed_in, alice, email, says):
    CustomerFactory(alice.store, email="bob@example.com")

    answer = signed_in.post("/portal/invite/", {"email": email})

    assert answer.status_code == 422
    assert says in text_of(answer)
    assert not Invitation.objects.exists()


def test_a_friend_joins_by_the_link(client, alice):
    """RF-5, CUS-8."""
    invitation = invitations.invite(referrer=alice, email=FRIEND)
    address = f"/portal/join/{invitation.token}"

    page = text_of(client.get(address))
    answer = client.post(address, FORM)

    assert "Alice invites you" in page
    assert answer.status_code == 200
    carol = Customer.objects.get(email=FRIEND)
    assert (carol.invited_by, carol.status) == (alice, "new")
    invitation.refresh_from_db()
    assert (invitation.status, invitation.recipient) == ("registered", carol)


@pytest.mark.parametrize("path", ["/portal/join/", f"/portal/join/{'0' * 40}"])
def test_joins_without_an_invitation_too(client, alice, path):
    """RF-5."""
    page = client.get(path)
    answer = client.post(path, FORM)

    assert "invites you" not in text_of(page)
    assert answer.status_code == 200
    assert Customer.objects.get(email=FRIEND).invited_by is None


def test_the_form_says_what_is_wrong_and_keeps_what_was_typed(client, alice):
    answer = client.post("/portal/join/", {"first_name": "Carol", "email": "alice@example.com"})

    assert answer.status_code == 422
    page = text_of(answer)
    for sentence in ("already used", "should not be blank", "agreement is required"):
        assert sentence in page
    assert 'value="Carol"' in page
    assert Customer.objects.count() == 1


def test_the_mail_carries_the_link(alice):
    """RF-3, INV-5."""
    invitation = invitations.invite(referrer=alice, email=FRIEND)

    deliver(fact())

    [letter] = mail.outbox
    link = f"http://localhost:8181/portal/join/{invitation.token}"
    assert letter.to == [FRIEND]
    assert letter.subject.startswith("Alice ")
    assert f"\n{link}\n" in letter.body
    assert f'href="{link}"' in letter.alternatives[0].content


@pytest.mark.parametrize("why", ["old", "by phone", "has come", "blocked"])
def test_no_mail_where_it_is_not_worth_its_while(alice, why):
    """RF-3."""
    now = timezone.now() - (timedelta(days=4) if why == "old" else timedelta(0))
    address = {"phone": "48602345678"} if why == "by phone" else {"email": FRIEND}
    invitation = invitations.invite(referrer=alice, now=now, **address)
    if why == "has come":
        CustomerFactory(alice.store, email=FRIEND, invitation_token=invitation.token)
    if why == "blocked":
        Customer.objects.filter(pk=alice.pk).update(status="blocked")

    deliver(fact())

    assert mail.outbox == []


def test_joining_tells_only_so_often_which_addresses_are_taken(client, alice, monkeypatch):
    monkeypatch.setattr(throttle, "PER_ADDRESS", 1)
    form = {"first_name": "E", "last_name": "E", "email": alice.email, "password": "Open-Sesame-1"}

    pages = [client.post("/portal/join/", form | {"agreement1": "on"}) for _ in range(2)]

    assert [page.status_code for page in pages] == [422, 429]
    assert "Too many attempts." in pages[1].content.decode()
