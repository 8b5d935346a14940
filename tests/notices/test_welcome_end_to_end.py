"""From a registration over the API to the first sign-in, by mail."""

import re
import smtplib
import time
from collections.abc import Callable

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import override_settings

from accounts.models import Customer
from loyalty import switchboard
from loyalty.core import consumers
from loyalty.core.models import SentMessage
from tests.factories.accounts import LevelFactory
from tests.factories.core import default_store
from tests.factories.staff import StaffFactory
from tests.support.api import ApiClient
from tests.support.messages import send_due

pytestmark = pytest.mark.django_db(transaction=True)

DEADLINE = 60
EMAIL, PASSWORD = "nina@example.com", "Coffee-2-go!"
NINA = {"firstName": "Nina", "lastName": "New", "email": EMAIL, "agreement1": True}
[WELCOME] = [consumer for consumer in switchboard.LATER if consumer.name == "welcome-mail"]


class Away(EmailBackend):
    def send_messages(self, messages):
        raise smtplib.SMTPServerDisconnected("gone")


@pytest.fixture(autouse=True)
def _entry_level(transactional_db):
    LevelFactory(default_store())


def relay_until(is_done: Callable[[], object]) -> None:
    """Other databases' transactions on this server hold the relay back, too."""
    end = time.monotonic() + DEADLINE
    while not is_done() and time.monotonic() < end:
        consumers.relay(WELCOME)
        send_due()
        time.sleep(0.02)


def sign_in(password: str = PASSWORD):
    return ApiClient().post(
        "DEFAULT/customer/login_check", {"_username": EMAIL, "_password": password}
    )


def test_who_registers_confirms_by_the_link_and_signs_in(client):
    answer = ApiClient().post(
        "DEFAULT/customer/self_register", {"customer": NINA | {"plainPassword": PASSWORD}}
    )
    assert answer.status_code == 200
    assert sign_in().status_code != 200

    relay_until(lambda: mail.outbox)
    [letter] = mail.outbox
    path = re.search(r"http://localhost:\d+(/portal/activate/\S+)", letter.body)[1]
    assert client.get(path).status_code == 200
    assert sign_in().status_code != 200
    assert client.post(path).status_code == 200

    assert sign_in().data["token"]
    consumers.relay(WELCOME)
    send_due()
    assert len(mail.outbox) == 1


def test_who_was_registered_by_staff_signs_in_with_the_mail_and_chooses_a_password(client):
    answer = ApiClient(StaffFactory()).post("DEFAULT/admin/customer/register", {"customer": NINA})
    assert answer.status_code == 200

    relay_until(lambda: mail.outbox)
    temporary = re.search(r"^Temporary password: (\S+)$", mail.outbox[0].body, re.M)[1]
    client.post("/portal/sign-in/", {"login": EMAIL, "password": temporary})
    assert client.get("/portal/")["Location"] == "/portal/password/"
    client.post("/portal/password/", {"new": PASSWORD, "again": PASSWORD})

    assert client.get("/portal/").status_code == 200
    assert sign_in().data["token"]
    assert sign_in(temporary).status_code != 200


def test_a_mail_that_fails_is_sent_when_the_server_is_back():
    ApiClient().post(
        "DEFAULT/customer/self_register", {"customer": NINA | {"plainPassword": PASSWORD}}
    )
    with override_settings(EMAIL_BACKEND=f"{__name__}.Away"):
        relay_until(SentMessage.objects.exclude(error="").exists)
    waiting = SentMessage.objects.get()
    assert (waiting.state, waiting.attempts) == ("waiting", 0)

    relay_until(lambda: mail.outbox)

    assert [letter.to for letter in mail.outbox] == [[EMAIL]]
    assert Customer.objects.get().status == "new"
