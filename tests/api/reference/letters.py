"""What the people of the examples were sent: the codes and the token that the reference prints."""

import secrets
from datetime import datetime, timedelta
from unittest import mock

from accounts.models import CodePurpose, Customer, PasswordReset
from accounts.services import codes, password_resets
from loyalty.core.throttle import NOWHERE
from loyalty.demo.cast import JOHN, WAITING

ACTIVATION_CODE = "954604"
CHANGE_CODE = "153105"
RESET_TOKEN = "AIENe11JjR2kj3XGiWuZmQ88gZYAgM7VR5inxtbswaY"
FORGETFUL = "test@example.com"
# Long enough ago to ask for another, not so long that they are over.
BEFORE = timedelta(minutes=10)


def send(*, now: datetime) -> None:
    """Write the messages; they are real but for their secrets, which are not drawn by lot."""
    moment = now - BEFORE
    waiting, john = (Customer.objects.get(uuid=uuid) for uuid in (WAITING, JOHN))
    _send_code(waiting, CodePurpose.ACTIVATION, "+48601000888", ACTIVATION_CODE, moment)
    _send_code(john, CodePurpose.PHONE_CHANGE, "+48601000777", CHANGE_CODE, moment)
    password_resets.request_for_customer(
        store=john.store, name=FORGETFUL, place=NOWHERE, now=moment
    )
    with mock.patch.object(secrets, "token_urlsafe", return_value=RESET_TOKEN):
        password_resets.issue(PasswordReset.objects.latest("pk").uuid, as_code=False, now=moment)


def _send_code(
    customer: Customer, purpose: CodePurpose, address: str, secret: str, moment: datetime
) -> None:
    code = codes.ask(
        store=customer.store,
        customer=customer,
        purpose=purpose,
        address=address,
        now=moment,
        is_pending=purpose == CodePurpose.PHONE_CHANGE,
    )
    with mock.patch.object(codes, "get_random_string", return_value=secret):
        codes.write(code, now=moment)
