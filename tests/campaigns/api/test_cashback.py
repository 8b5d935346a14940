"""Cashback over the API: CSH-4…7."""

import json
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Customer, Level
from campaigns.models import Coupon, RewardCampaign, RewardType
from campaigns.providers import Paytm
from loyalty.core.models import Store
from tests.factories.campaigns import CampaignFactory
from tests.support.api import ApiClient

SIMULATE = "SHOP/admin/campaign/cashback/simulate"
REDEEM = "SHOP/admin/campaign/cashback/redeem"
OWN = "SHOP/customer/campaign/cashback/redeem"
CALLBACK = "SHOP/campaign/cashback/callback/paytm"


@pytest.fixture
def offers(shop: Store, entry: Level) -> list[RewardCampaign]:
    return [
        CampaignFactory(shop, RewardType.CASHBACK, level=entry, point_value=Decimal(value))
        for value in ("2.00", "3.00")
    ]


def test_simulates_by_the_best(
    sam: ApiClient, offers: list[RewardCampaign], alice: Customer
) -> None:
    """CSH-2, CSH-4: a text as the value, and nothing is stored."""
    answer = sam.form("POST", SIMULATE, {"customerId": str(alice.uuid), "pointsAmount": "100"})

    assert answer.data == {
        "customerId": str(alice.uuid),
        "pointsAmount": 100,
        "pointValue": "3.00",
        "rewardAmount": 300,
        "cashbackId": str(offers[1].uuid),
    }
    assert not Coupon.objects.exists()


def test_simulates_nothing_where_there_is_none(sam: ApiClient, alice: Customer) -> None:
    """CSH-4."""
    answer = sam.post(SIMULATE, {"customerId": str(alice.uuid), "pointsAmount": 1})

    assert (answer.status_code, answer.data) == (400, {"error": "Cashback not available"})


@pytest.mark.parametrize("who", ["sam", "app"])
def test_redeems(
    request: pytest.FixtureRequest, who: str, offers: list[RewardCampaign], alice: Customer
) -> None:
    """CSH-5, CSH-8: 5 points at 2 are 10."""
    client: ApiClient = request.getfixturevalue(who)
    body = {"pointsAmount": 5, "cashbackId": str(offers[0].uuid)}

    answer = client.post(REDEEM if who == "sam" else OWN, body | {"customerId": str(alice.uuid)})

    coupon = Coupon.objects.get()
    assert answer.data == {
        "customerId": str(alice.uuid),
        "pointsAmount": 5,
        "pointValue": 2,
        "rewardAmount": 10,
        "cashbackId": str(offers[0].uuid),
    }
    assert (coupon.customer_id, coupon.code, coupon.cost_in_points) == (alice.pk, "", 5)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        pytest.param({"pointsAmount": 81}, "Not enough points", id="points"),
        pytest.param({"pointValue": 1}, "Cashback not valid", id="CSH-6-value"),
        pytest.param({"rewardAmount": 1}, "Cashback not valid", id="CSH-6-amount"),
        pytest.param({"pointsAmount": -1}, None, id="negative"),
        pytest.param({"pointsAmount": 0}, None, id="nothing"),
        pytest.param({"pointsAmount": ""}, None, id="missing"),
    ],
)
def test_redeems_nothing(
    app: ApiClient,
    offers: list[RewardCampaign],
    alice: Customer,
    change: dict[str, Any],
    error: str | None,
) -> None:
    """CSH-5, CSH-6."""
    answer = app.post(OWN, {"pointsAmount": 5} | change)

    assert answer.status_code == 400
    if error:
        assert answer.data == {"error": error}
    else:
        assert answer.data["form"]["children"]["pointsAmount"]["errors"]
    assert not Coupon.objects.exists()


@pytest.fixture
def requested(shop: Store, entry: Level, alice: Customer, app: ApiClient) -> Coupon:
    """A payout that the provider was asked for."""
    CampaignFactory(shop, RewardType.CASHBACK, level=entry, cashback_provider="paytm")
    assert app.post(OWN, {"pointsAmount": 5}).status_code == 200
    return Coupon.objects.get()


def word(coupon: Coupon, alice: Customer, status: str | None) -> bytes:
    said = {
        "orderId": f"{alice.uuid}_{coupon.uuid}",
        "status": status,
        "statusCode": "CODE",
        "statusMessage": "Said",
    }
    return json.dumps(said).encode()


@pytest.mark.parametrize(
    ("status", "failed", "payout"),
    [("FAILURE", True, "failed"), ("SUCCESS", False, "paid"), (None, False, "requested")],
)
def test_believes_the_provider(
    nobody: ApiClient,
    requested: Coupon,
    alice: Customer,
    settings: Any,
    status: str | None,
    failed: bool,
    payout: str,
) -> None:
    """CSH-7."""
    settings.CASHBACK_SECRETS = {"paytm": "s3cret"}
    body = word(requested, alice, status)

    answer = nobody.call("POST", CALLBACK, body, HTTP_X_SIGNATURE=Paytm.sign(body, "s3cret"))

    requested.refresh_from_db()
    assert answer.data == {
        "couponId": str(requested.uuid),
        "id": f"{alice.uuid}_{requested.uuid}",
        "customerId": str(alice.uuid),
        "code": "CODE",
        "message": "Said",
        "provider": "paytm",
        "failed": failed,
    }
    assert requested.payout_status == payout


@pytest.mark.parametrize("signature", ["", "00", None])
def test_believes_nobody_else(
    nobody: ApiClient,
    app: ApiClient,
    viewer: ApiClient,
    requested: Coupon,
    alice: Customer,
    settings: Any,
    signature: str | None,
) -> None:
    """CSH-7: unsigned, wrongly signed, and by people who may not say it."""
    settings.CASHBACK_SECRETS = {"paytm": "s3cret"}
    headers = {} if signature is None else {"HTTP_X_SIGNATURE": signature}

    for client in (nobody, app, viewer):
        answer = client.call("POST", CALLBACK, word(requested, alice, "FAILURE"), **headers)
        assert answer.status_code == 400

    requested.refresh_from_db()
    assert requested.payout_status == "requested"


def test_takes_the_word_of_staff(sam: ApiClient, requested: Coupon, alice: Customer) -> None:
    """CSH-7: as the reference sends it, with a token and in a header."""
    said = word(requested, alice, "SUCCESS").decode()

    answer = sam.call("POST", CALLBACK, HTTP_CONTENT=said)

    requested.refresh_from_db()
    assert answer.status_code == 200
    assert requested.payout_status == "paid"


def test_knows_no_other_provider(sam: ApiClient, requested: Coupon, alice: Customer) -> None:
    body = word(requested, alice, "SUCCESS")

    assert sam.call("POST", CALLBACK.replace("paytm", "bank"), body).status_code == 404
    assert sam.call("POST", CALLBACK, b"{}").status_code == 400


@pytest.mark.parametrize(
    "said",
    [b"\\ud800", b'"' + b"," * 3, b"a" + b'", "x": ' + b"[" * 100_000],
    ids=["surrogate", "broken", "deep"],
)
def test_refuses_what_is_no_json(
    sam: ApiClient, requested: Coupon, alice: Customer, said: bytes
) -> None:
    """Half a character, a broken end, and lists in lists without end."""
    body = word(requested, alice, "FAILURE").replace(b"Said", said)

    answer = sam.call("POST", CALLBACK, body)

    requested.refresh_from_db()
    assert answer.status_code == 400
    assert requested.payout_status == "requested"
