"""The welcome mail …"""

import json
import re
import smtplib
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import override_settings
from django.utils import timezone

from accounts.models import Customer, CustomerStatus
from accounts.services import customers
from loyalty.core.actors import SYSTEM
from loyalty.core.models import AuditEntry, Event, SentMessage, Store
from tests.factories.accounts import PASSWORD, CustomerFactory, LevelFactory
from tests.factories.core import StoreFactory
from tests.support.messages import deliver, send_due, states

pytestmark = pytest.mark.django_db

BACKEND = f"{__name__}.Refusing"


class Refusing(EmailBackend):
    """A mail server that refuses: on greeting, or each mail by a code."""

    greeting: OSError | None = None
    code = 550

    def open(self):
        if self.greeting:
            raise self.greeting

    def send_messages(self, messages):
        recipient = messages[0].to[0]
        raise smtplib.SMTPRecipientsRefused({recipient: (self.code, b"no " + recipient.encode())})


def newcomer(store: Store, **fields) -> Customer:
    LevelFactory(store)
    data = {
        "first_name": "Nina",
        "last_name": "New",
        "email": "nina@example.com",
        "agreement1": True,
        "password": PASSWORD,
    }
    return customers.self_register(store=store, data=customers.Registration(**data | fields))


def registration(customer: Customer) -> Event:
    return Event.objects.get(type="customer.registered", customer_id=customer.pk)


def test_brings_somebody_new_the_link(store):
    nina = newcomer(store)

    deliver(registration(nina))

    [letter] = mail.outbox
    link = f"http://localhost:8181/portal/activate/{nina.activation_token}"
    assert letter.to == ["nina@example.com"]
    assert letter.subject == f"{store.name}: confirm your registration"
    assert f"\n{link}\n" in letter.body
    assert f'href="{link}"' in letter.alternatives[0].content


@override_settings(PUBLIC_URL="https://club.example.com", DEFAULT_FROM_EMAIL="club@example.com")
def test_speaks_in_the_name_of_the_program():
    store = StoreFactory(
        code="beans",
        setting_values={
            "programName": "Beans & More",
            "helpEmailAddress": "help@example.com",
            "programConditionsUrl": "https://example.com/conditions",
        },
    )
    nina = newcomer(store)

    deliver(registration(nina))

    [letter] = mail.outbox
    assert letter.from_email == "Beans & More <club@example.com>"
    assert letter.reply_to == ["help@example.com"]
    assert letter.subject == "Beans & More: confirm your registration"
    assert "registered with Beans & More." in letter.body
    assert "registered with Beans &amp; More." in letter.alternatives[0].content
    assert "https://example.com/conditions" in letter.body
    assert f"https://club.example.com/portal/beans/activate/{nina.activation_token}" in letter.body


def test_brings_somebody_without_a_password_a_temporary_one(store):
    alice = CustomerFactory(store, email="alice@example.com")

    deliver(registration(alice))

    [letter] = mail.outbox
    alice.refresh_from_db()
    assert letter.subject == f"{store.name}: your first password"
    assert alice.check_password(password_in(letter))
    assert alice.must_change_password
    assert "http://localhost:8181/portal/sign-in/" in letter.body


def test_is_sent_once_however_often_the_fact_is_told(store):
    alice = CustomerFactory(store)
    deliver(registration(alice))

    deliver(registration(alice))

    [letter] = mail.outbox
    alice.refresh_from_db()
    assert alice.check_password(password_in(letter))


def test_brings_another_password_where_the_first_try_was_killed(store):
    """Nobody knows whether the first one left; it must not be the one that counts."""
    alice = CustomerFactory(store)
    deliver(registration(alice))
    long_ago = timezone.now() - timedelta(minutes=11)
    SentMessage.objects.update(state="sending", sent_at=None, tried_at=long_ago)

    send_due()

    first, second = mail.outbox
    alice.refresh_from_db()
    assert not alice.check_password(password_in(first))
    assert alice.check_password(password_in(second))
    assert first.extra_headers["Message-ID"] != second.extra_headers["Message-ID"]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"must_change_password": False}, id="has-a-password-of-their-own"),
        pytest.param({"last_login_at": timezone.now()}, id="signed-in-with-the-temporary-one"),
        pytest.param({"status": CustomerStatus.BLOCKED}, id="blocked"),
        pytest.param({"status": CustomerStatus.DELETED}, id="deleted"),
        pytest.param({"email": None}, id="has-no-address"),
    ],
)
def test_is_not_for_somebody_who(store, changes):
    alice = CustomerFactory(store)
    Customer.objects.filter(pk=alice.pk).update(**changes)

    deliver(registration(alice))

    assert mail.outbox == []


def test_is_not_for_somebody_who_registered_with_a_password(store):
    deliver(registration(CustomerFactory(store, password=PASSWORD)))

    assert mail.outbox == []


def test_is_not_for_somebody_activated_meanwhile(store):
    nina = newcomer(store)
    customers.activate(customer=nina, actor=SYSTEM)

    deliver(registration(nina))

    assert mail.outbox == []


def test_is_not_for_a_registration_of_long_ago(store):
    """As of the demo store's customers, and of any history that is loaded."""
    LevelFactory(store)
    data = customers.Registration(
        first_name="Olga", last_name="Old", email="olga@example.com", agreement1=True
    )
    past = timezone.now() - timedelta(days=3, seconds=1)
    olga = customers.register(store=store, data=data, actor=SYSTEM, now=past)

    deliver(registration(olga))

    assert mail.outbox == []


def test_is_not_sent_by_a_store_that_writes_text_messages():
    store = StoreFactory(setting_values={"preferredCommunicationMethod": "sms"})
    nina = newcomer(store, phone="+48601234567")

    deliver(registration(nina))

    assert mail.outbox == []


def test_is_in_the_language_of_the_country(store):
    nina = newcomer(store, address={"country": "PL"})

    deliver(registration(nina))

    [letter] = mail.outbox
    assert letter.subject == f"{store.name}: potwierdź rejestrację"
    assert '<html lang="pl">' in letter.alternatives[0].content


@override_settings(MAIL_LANGUAGE="pl")
def test_is_in_the_language_of_the_installation_otherwise(store):
    deliver(registration(CustomerFactory(store)))

    [letter] = mail.outbox
    assert letter.subject == f"{store.name}: pierwsze hasło"
    assert "Hasło tymczasowe: " in letter.body


@override_settings(EMAIL_BACKEND=BACKEND)
def test_waits_for_the_server_and_makes_no_password_meanwhile(store, monkeypatch, caplog):
    monkeypatch.setattr(Refusing, "greeting", ConnectionRefusedError(111, "refused"))
    alice = CustomerFactory(store)

    deliver(registration(alice))

    alice.refresh_from_db()
    assert alice.password == ""
    assert not AuditEntry.objects.filter(event_type="IssueTemporaryPassword").exists()
    assert states() == [("temporary_password", "email", "waiting")]
    assert "ConnectionRefusedError 111" in caplog.text


@override_settings(EMAIL_BACKEND=BACKEND)
def test_is_tried_again_where_the_server_says_not_now(store, monkeypatch):
    monkeypatch.setattr(Refusing, "code", 451)
    nina = newcomer(store)

    deliver(registration(nina))

    [waiting] = SentMessage.objects.all()
    assert (waiting.state, waiting.attempts) == ("waiting", 1)
    assert waiting.error == "The mail server answered 451."
    assert timedelta(seconds=55) < waiting.due_at - timezone.now() < timedelta(seconds=61)


@override_settings(EMAIL_BACKEND=BACKEND)
def test_is_given_up_where_the_server_says_never(store, caplog):
    nina = newcomer(store)

    deliver(registration(nina))

    [refused] = SentMessage.objects.all()
    assert (refused.state, refused.error) == ("failed", "The mail server answered 550.")
    assert refused.customer_id == nina.pk
    assert "nina@example.com" not in caplog.text
    assert send_due() == 0


def test_cannot_smuggle_headers():
    store = StoreFactory(setting_values={"programName": "Beans\nBcc: eve@example.com"})

    deliver(registration(newcomer(store)))

    [letter] = mail.outbox
    assert letter.subject == "Beans Bcc: eve@example.com: confirm your registration"
    assert letter.message()["Bcc"] is None


def password_in(letter) -> str:
    [line] = [line for line in letter.body.splitlines() if line.startswith("Temporary password: ")]
    return line.removeprefix("Temporary password: ")


def test_is_a_text_message_where_the_store_writes_those(settings, tmp_path):
    """CUS-7, MSG-5: what lets people in is enabled where the store writes text messages."""
    settings.VAR_DIR = tmp_path
    store = StoreFactory(setting_values={"preferredCommunicationMethod": "sms"})
    alice = CustomerFactory(store, phone="+48601234567")

    deliver(registration(alice))

    assert mail.outbox == []
    [file] = (tmp_path / "sms").iterdir()
    told = json.loads(file.read_text())
    alice.refresh_from_db()
    assert told["to"] == "+48601234567"
    password = re.search(r"temporary password (\S+) at", told["text"])[1]
    assert alice.check_password(password)
    assert file.stat().st_mode & 0o077 == 0
