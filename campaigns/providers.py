"""
Who pays cashback out: what a provider is sent, and what is believed of what comes back.

Both sides sign each of their calls: HMAC-SHA256 of the body, as hexadecimal digits. Address and
secret are read from the environment; without a secret nothing is believed. Source: CSH-7.
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from uuid import UUID

import aiohttp
import orjson
from django.conf import settings

from loyalty.core.consumers import TryLater
from loyalty.core.errors import DomainError

SIGNATURE_HEADER = "X-Signature"
ANSWER_SECONDS = 10
ANSWER_BYTES_MAX = 64 * 1024

# The answer's words that are the last ones.
PAID = frozenset({"SUCCESS", "PAID"})
FAILED = frozenset({"FAILURE", "FAILED", "CANCELLED"})
# The request itself is refused. What else goes wrong may be put right, by them or by us.
REFUSALS = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})


class SignatureRefused(DomainError):
    """The signature of this call is not the provider's."""

    code = "signature_refused"


class MalformedAnswer(DomainError):
    """This call does not say which payout it is about."""

    code = "malformed_answer"


@dataclass(frozen=True)
class Answer:
    """What a provider says of a payout. `is_paid` None: it is not decided yet."""

    customer_uuid: UUID
    coupon_uuid: UUID
    request_id: str
    is_paid: bool | None
    code: str
    message: str


@dataclass(frozen=True)
class Payout:
    """
    Money to be paid to a customer. `coupon_uuid` is the number of the request: whoever asks again
    with the same one asks for the same money.
    """

    customer_uuid: UUID
    coupon_uuid: UUID
    amount: Decimal
    currency: str
    phone: str
    email: str


class Unavailable(TryLater):
    """The provider does not take requests at the moment."""


class Paytm:
    """`orderId` is `<customerId>_<couponId>`, both ways."""

    name = "paytm"

    @property
    def url(self) -> str:
        """Return where payouts are asked for; empty: nowhere, staff pay by hand."""
        return settings.CASHBACK_URLS.get(self.name, "")

    def ask(self, payout: Payout) -> Answer:
        """
        Ask for a payout; harmless when repeated. Waits for the answer: never under a lock.

        :raises Unavailable: it is not known whether the provider has it, or we are not let in.
        """
        order = f"{payout.customer_uuid}_{payout.coupon_uuid}"
        data = {
            "type": "CASHBACK",
            "requestGuid": str(payout.coupon_uuid),
            "orderId": order,
            "amount": str(payout.amount),
            "currencyCode": payout.currency,
            "payeePhoneNumber": payout.phone,
            "payeeEmailId": payout.email,
        }
        body = json.dumps(data).encode()
        try:
            status, content = asyncio.run(_post(self.url, body, self._headers(body)))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(f"{self.name}: {type(error).__name__}") from error
        if status in REFUSALS:
            return self._answer(payout, {"status": "FAILURE"} | _object(content), str(status))
        if not 200 <= status < 300 and status != HTTPStatus.CONFLICT:
            raise Unavailable(f"{self.name}: HTTP {status}")
        return self._answer(payout, _object(content), str(status))

    def _headers(self, body: bytes) -> dict[str, str]:
        secret = settings.CASHBACK_SECRETS.get(self.name, "")
        signature = {SIGNATURE_HEADER: self.sign(body, secret)} if secret else {}
        return {"Content-Type": "application/json", **signature}

    @staticmethod
    def _answer(payout: Payout, data: Mapping[str, object], code: str) -> Answer:
        return Answer(
            customer_uuid=payout.customer_uuid,
            coupon_uuid=payout.coupon_uuid,
            request_id=str(payout.coupon_uuid),
            is_paid=_is_paid(data),
            code=_text(data, "statusCode") or code,
            message=_text(data, "statusMessage") or f"HTTP {code}",
        )

    def read(self, body: bytes, signature: str) -> Answer:
        """
        Return what a call of the provider says.

        :raises SignatureRefused: not signed by it, or no secret is set. :raises MalformedAnswer:
        """
        secret = settings.CASHBACK_SECRETS.get(self.name, "")
        if not secret or not hmac.compare_digest(self.sign(body, secret), signature.strip()):
            raise SignatureRefused
        return self.parse(body)

    def parse(self, body: bytes) -> Answer:
        """Return what a call says, of a caller who is believed. :raises MalformedAnswer:"""
        try:
            data = orjson.loads(body)
            customer_uuid, _, coupon_uuid = str(data["orderId"]).partition("_")
            customer, coupon = UUID(customer_uuid), UUID(coupon_uuid)
        except (ValueError, KeyError, TypeError) as error:
            raise MalformedAnswer from error
        return Answer(
            customer_uuid=customer,
            coupon_uuid=coupon,
            request_id=_text(data, "requestGuid"),
            is_paid=_is_paid(data),
            code=_text(data, "statusCode"),
            message=_text(data, "statusMessage"),
        )

    @staticmethod
    def sign(body: bytes, secret: str) -> str:
        return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _is_paid(data: Mapping[str, object]) -> bool | None:
    status = str(data.get("status", "")).upper()
    return True if status in PAID else False if status in FAILED else None


def _text(data: Mapping[str, object], key: str) -> str:
    """Return what an answer says somewhere, without what no database takes."""
    return str(data.get(key, "")).replace("\0", "")


def _object(content: bytes) -> dict[str, object]:
    """Return what an answer says; one that says nothing leaves the payout open."""
    try:
        found = orjson.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


async def _post(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.post(url, data=body, headers=headers, allow_redirects=False) as response,
    ):
        return response.status, await response.content.read(ANSWER_BYTES_MAX)


PROVIDERS: Mapping[str, Paytm] = {Paytm.name: Paytm()}
