"""Cashback is paid out by its provider, which a server of this test plays (CSH-7)."""

import json
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from campaigns import providers
from campaigns.models import Coupon
from campaigns.services import cashback, coupons, payouts, rewards
from loyalty.core.models import Event
from tests.campaigns.conftest import STAFF, points_of
from tests.factories.campaigns import CampaignFactory

SECRET = "provider-secret"


class Provider(HTTPServer):
    """Answers each request with the next of `answers`, the last one for ever."""

    answers: list
    calls: list

    def answer(self):
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.calls.append((json.loads(body), body, self.headers["X-Signature"]))
        status, data = self.server.answer()
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(data).encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def provider(settings):
    server = Provider(("127.0.0.1", 0), Handler)
    server.calls, server.answers = [], [(202, {"status": "PENDING"})]
    settings.CASHBACK_URLS = {"paytm": f"http://127.0.0.1:{server.server_port}/payouts"}
    settings.CASHBACK_SECRETS = {"paytm": SECRET}
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def redeem(customer, provider="paytm"):
    """Spend 20 of 100 points for 40 of money; return the coupon and its fact."""
    CampaignFactory(customer.store, "cashback", point_value=Decimal(2), cashback_provider=provider)
    _, coupon = cashback.redeem(customer=customer, points=Decimal(20), actor=STAFF)
    return coupon, Event.objects.get(type="campaign.bought")


def test_asks_for_the_money(customer, provider):
    """CSH-7: signed, by a number that stays the same; the answer comes later."""
    coupon, fact = redeem(customer)

    payouts.ask(fact)

    [(data, body, signature)] = provider.calls
    assert data == {
        "type": "CASHBACK",
        "requestGuid": str(coupon.uuid),
        "orderId": f"{customer.uuid}_{coupon.uuid}",
        "amount": "40.00",
        "currencyCode": customer.store.currency,
        "payeePhoneNumber": customer.phone or "",
        "payeeEmailId": customer.email,
    }
    assert signature == providers.Paytm.sign(body, SECRET)
    coupon.refresh_from_db()
    assert (coupon.payout_status, coupon.status) == ("requested", "active")


def test_notes_that_it_is_paid_and_asks_no_more(customer, provider):
    """CSH-7."""
    provider.answers = [(200, {"status": "SUCCESS", "statusMessage": "Done"})]
    coupon, fact = redeem(customer)

    payouts.ask(fact)
    payouts.ask(fact)

    coupon.refresh_from_db()
    assert (coupon.payout_status, coupon.payout_message) == ("paid", "Done")
    assert len(provider.calls) == 1
    assert points_of(customer) == 80


def test_asks_for_nothing_that_was_cancelled(customer, provider):
    """CSH-7."""
    coupon, fact = redeem(customer)
    coupons.cancel(store=customer.store, coupon_uuid=coupon.uuid, actor=STAFF)

    payouts.ask(fact)

    assert provider.calls == []


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param((200, {"status": "FAILURE", "statusMessage": "No wallet"}), id="CSH-7-failed"),
        pytest.param((422, {"statusMessage": "No wallet"}), id="CSH-7-refused"),
    ],
)
def test_a_failure_gives_the_points_back(customer, provider, answer):
    """CSH-7: and staff see why."""
    provider.answers = [answer]
    coupon, fact = redeem(customer)

    payouts.ask(fact)

    coupon.refresh_from_db()
    assert (coupon.payout_status, coupon.status) == ("failed", "cancelled")
    assert coupon.payout_message == "No wallet"
    assert points_of(customer) == 100
    assert Event.objects.filter(type="campaign.cashback_status_changed").count() == 1


@pytest.mark.parametrize("status", [500, 503, 429, 401, 404, 302])
def test_what_may_pass_is_asked_again(customer, provider, status):
    """CSH-7: with the same number, so that nobody is paid twice."""
    provider.answers = [(status, {}), (200, {"status": "SUCCESS"})]
    coupon, fact = redeem(customer)

    with pytest.raises(providers.Unavailable):
        payouts.ask(fact)
    coupon.refresh_from_db()
    assert (coupon.payout_status, points_of(customer)) == ("requested", 80)
    payouts.ask(fact)

    coupon.refresh_from_db()
    assert coupon.payout_status == "paid"
    assert len({data["requestGuid"] for data, *_ in provider.calls}) == 1


def test_a_provider_that_is_not_there_is_asked_again(customer, settings):
    """CSH-7."""
    settings.CASHBACK_URLS = {"paytm": "http://127.0.0.1:9/"}
    coupon, fact = redeem(customer)

    with pytest.raises(providers.Unavailable):
        payouts.ask(fact)

    coupon.refresh_from_db()
    assert coupon.payout_status == "requested"


def test_a_request_that_it_knows_is_waited_for(customer, provider):
    """CSH-7: it was asked before, and its answer was lost."""
    provider.answers = [(409, {"statusMessage": "Known"})]
    coupon, fact = redeem(customer)

    payouts.ask(fact)

    coupon.refresh_from_db()
    assert coupon.payout_status == "requested"


def test_without_a_provider_staff_pay(customer, provider):
    """CSH-7."""
    coupon, fact = redeem(customer, provider="")

    payouts.ask(fact)

    assert not provider.calls
    assert Coupon.objects.get(pk=coupon.pk).payout_status == ""


def test_other_rewards_ask_nobody(customer, provider):
    campaign = CampaignFactory(customer.store)
    rewards.buy(campaign=campaign, customer=customer, actor=STAFF)

    payouts.ask(Event.objects.get(type="campaign.bought"))

    assert not provider.calls
