"""Codes that prove a phone number or an e-mail address (ACT-2…4, ACT-6)."""

from dataclasses import replace

from accounts.models import CodePurpose, CustomerCode
from accounts.services import codes
from loyalty.core.messages.catalogue import MessageChannel
from loyalty.core.messages.outbox import Addressee, Values
from loyalty.core.models import Event
from loyalty.notices.addressees import addressee

BY_EMAIL = frozenset({MessageChannel.EMAIL})
BY_TEXT = frozenset({MessageChannel.SMS})


def activates(fact: Event) -> bool:
    return bool(fact.payload["purpose"] == CodePurpose.ACTIVATION)


def changes_email(fact: Event) -> bool:
    return bool(fact.payload["purpose"] == CodePurpose.EMAIL_CHANGE)


def changes_phone(fact: Event) -> bool:
    return bool(fact.payload["purpose"] == CodePurpose.PHONE_CHANGE)


def who_wants_it(fact: Event) -> Addressee | None:
    """Return whom an open code goes to, at the address that it is to prove."""
    code = _open_code(fact)
    if code is None or code.customer is None:
        return None
    if code.purpose == CodePurpose.EMAIL_CHANGE:
        return replace(addressee(code.customer, channels=BY_EMAIL), email=code.address)
    to = addressee(code.customer, channels=BY_TEXT)
    return replace(to, phone=code.address) if code.address else to


def code_and_number(fact: Event, to: Addressee, language: str) -> Values | None:
    """Make the code. A repetition brings another one, and the one before is no longer good."""
    code = _open_code(fact)
    secret = codes.write(code) if code is not None else None
    if code is None or code.customer is None or secret is None:
        return None
    return {
        "first_name": code.customer.first_name,
        "code": secret,
        "code_number": str(code.number),
    }


def _open_code(fact: Event) -> CustomerCode | None:
    found = CustomerCode.objects.filter(uuid=fact.payload["codeId"], ended_at=None)
    return found.select_related("customer__store", "store").first()
