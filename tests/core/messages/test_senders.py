"""Text messages and pushes leave …"""

import builtins
from urllib.parse import parse_qsl

import pytest
import requests
from django.core.exceptions import ImproperlyConfigured

from loyalty.core.mail import Undeliverable, Unreachable
from loyalty.core.messages import senders
from loyalty.core.messages.catalogue import MessageChannel
from loyalty.core.messages.senders import Short
from tests.factories.core import StoreFactory

pytestmark = pytest.mark.django_db

GATEWAY = {"kind": "smsapi", "domain": "smsapi.pl", "token": "ours", "sender": "Beans"}


class Gateway:
    """The other side of the wire: takes requests, and answers as it is told."""

    def __init__(self, monkeypatch) -> None:
        self.taken: list[requests.PreparedRequest] = []
        self.status, self.body = 200, b'{"count":1,"list":[{"id":"1"}]}'
        self.fault: Exception | None = None
        monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", self.answer)

    def answer(self, request, **options) -> requests.Response:
        self.taken.append(request)
        if self.fault:
            raise self.fault
        response = requests.Response()
        response.status_code, response._content, response.request = self.status, self.body, request
        return response


@pytest.fixture
def gateway(monkeypatch) -> Gateway:
    return Gateway(monkeypatch)


def send(channel=MessageChannel.SMS, **setting_values) -> None:
    store = StoreFactory(setting_values=setting_values)
    parcel = Short(store=store, address="+48601234567", text="Zażółć", title="T", number="n-1")
    with senders.opened(channel) as carrier:
        carrier.send(parcel)


def test_by_the_gateway_with_the_stores_token(gateway, settings):
    settings.SMS_CARRIER = GATEWAY

    send(smsApiToken="theirs")

    [request] = gateway.taken
    assert request.url == "https://api.smsapi.pl/sms.do"
    assert request.headers["Authorization"] == "Bearer theirs"
    form = dict(parse_qsl(request.body))
    assert form["to"] == "+48601234567"
    assert form["message"] == "Zażółć"
    # A repetition is refused there, so nothing is sent twice.
    assert (form["idx"], form["check_idx"], form["from"]) == ("n-1", "1", "Beans")


def test_by_the_gateway_with_the_installations_token(gateway, settings):
    settings.SMS_CARRIER = GATEWAY

    send()

    assert gateway.taken[0].headers["Authorization"] == "Bearer ours"


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        pytest.param(200, b'{"error":13,"message":"no number"}', Undeliverable, id="no-number"),
        pytest.param(200, b'{"error":103,"message":"no money"}', Unreachable, id="no-money"),
        pytest.param(200, b'{"error":101,"message":"who?"}', Unreachable, id="wrong-token"),
        pytest.param(503, b"busy", Unreachable, id="busy"),
        pytest.param(200, b'{"error":53,"message":"idx"}', None, id="sent-before"),
    ],
)
def test_or_are_judged_by_the_answer(gateway, settings, status, body, expected):
    settings.SMS_CARRIER = GATEWAY
    gateway.status, gateway.body = status, body

    if expected is None:
        send()
        return
    with pytest.raises(expected) as refusal:
        send()
    assert "48601234567" not in str(refusal.value)


def test_or_wait_for_a_gateway_that_is_away(gateway, settings):
    settings.SMS_CARRIER = GATEWAY
    gateway.fault = requests.ConnectTimeout("to +48601234567")

    with pytest.raises(Unreachable, match=r"^ConnectTimeout$"):
        send()


def test_or_say_which_library_is_missing(settings, monkeypatch):
    settings.SMS_CARRIER = GATEWAY
    real = builtins.__import__

    def without(name, *rest, **options):
        if name.startswith("smsapi"):
            raise ImportError(name)
        return real(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", without)

    with pytest.raises(ImproperlyConfigured, match=r"pip install 'loyalty\[sms\]'"):
        send()


def test_to_the_screen(settings, capsys):
    settings.SMS_CARRIER = {"kind": "console"}

    send()

    assert capsys.readouterr().out == "[SMS to +48601234567] T Zażółć\n"


@pytest.fixture
def firebase(gateway, settings, monkeypatch):
    from pyfcm import FCMNotification

    settings.PUSH_CARRIER = {"kind": "fcm", "key_file": "key.json", "project": "beans"}
    monkeypatch.setattr(FCMNotification, "_get_access_token", lambda self: "token")
    monkeypatch.setattr(FCMNotification, "_initialize_credentials", lambda self: None)
    gateway.body = b'{"name":"projects/beans/messages/1"}'
    return gateway


def test_by_firebase(firebase):
    send(MessageChannel.PUSH)

    [request] = firebase.taken
    assert request.url == "https://fcm.googleapis.com/v1/projects/beans/messages:send"
    assert request.headers["Authorization"] == "Bearer token"
    assert '"title":"T"' in request.body.decode()
    assert '"token":"+48601234567"' in request.body.decode()


@pytest.mark.parametrize(
    ("status", "expected"), [(404, Undeliverable), (400, Undeliverable), (500, Unreachable)]
)
def test_by_firebase_or_are_judged_by_its_answer(firebase, status, expected):
    firebase.status = status

    with pytest.raises(expected):
        send(MessageChannel.PUSH)
