"""
How a message leaves: by the mail server, an SMS gateway or a push service.

A carrier is opened once for many messages. Each has three kinds: a file per message (the default,
for development), the log, and a real one by a library that is imported only where it is chosen.
"""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail.backends.base import BaseEmailBackend

from loyalty.core import mail
from loyalty.core.mail import Letter, NotThisOne, Undeliverable, Unreachable
from loyalty.core.messages.catalogue import MessageChannel
from loyalty.core.models import Store

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 10
# What SMSAPI answers where waiting helps: its own failures, no money left, too many at once.
SMSAPI_LATER = frozenset({103, 201, 203, 666, 999, 9999, 9001, 8, 4})
SMSAPI_REPEATED = 53


@dataclass(frozen=True)
class Short:
    """
    A text message (to a phone number) or a push (to one device's token).

    `number`: the same for each try, so that a gateway can tell a repetition.
    """

    store: Store
    address: str
    text: str
    title: str = ""
    number: str = ""


class Carrier(Protocol):
    def send(self, parcel: Any) -> None:
        """
        Hand a message over.

        :raises Unreachable: nothing is taken at the moment.
        :raises NotThisOne: this message is not, others may be.
        :raises Undeliverable: never.
        """


@contextmanager
def opened(channel: MessageChannel) -> Iterator[Carrier]:
    """
    Open the way of a channel.

    :raises Unreachable: it cannot be opened at the moment.
    :raises ImproperlyConfigured: the library that was chosen is not installed.
    """
    with OPENERS[channel]() as carrier:
        yield carrier


@dataclass(frozen=True)
class Mailer:
    backend: BaseEmailBackend

    def send(self, parcel: Letter) -> None:
        mail.send(parcel, self.backend)


@dataclass(frozen=True)
class ToLog:
    """Says that a message was sent; what it says may be a password, and is for the screen only."""

    name: str

    def send(self, parcel: Short) -> None:
        # print(): a log may be kept and read by others.
        print(f"[{self.name} to {parcel.address}] {parcel.title} {parcel.text}")  # noqa: T201


@dataclass(frozen=True)
class ToFiles:
    """Writes each message to a file of its own, for its owner only: it may hold a password."""

    folder: Path

    def send(self, parcel: Short) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self.folder / f"{parcel.number}.json"
        file.touch(mode=0o600)
        told = {"to": parcel.address, "title": parcel.title, "text": parcel.text}
        file.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n")


class BySmsApi:
    """
    The gateway SMSAPI, by its own client.

    The token is the store's setting `smsApiToken`, else the one of `SMS_URL`. Each message has an
    index that the gateway takes once a day, so that a repetition sends nothing twice.
    """

    def __init__(self, *, domain: str, token: str, sender: str) -> None:
        self.domain, self.token, self.sender = domain, token, sender

    def send(self, parcel: Short) -> None:
        import requests
        from smsapi.client import Client
        from smsapi.exception import SmsApiException

        token = parcel.store.settings.sms_api_token or self.token
        if not token:
            raise Undeliverable("The store has no smsApiToken, and SMS_URL no token.")
        options: dict[str, Any] = {"from_": self.sender} if self.sender else {}
        client = Client(f"https://api.{self.domain}/", access_token=token)
        try:
            client.sms.send(
                to=parcel.address,
                message=parcel.text,
                encoding="utf-8",
                idx=parcel.number,
                check_idx=1,
                timeout=TIMEOUT_SECONDS,
                **options,
            )
        except SmsApiException as error:
            self._judge(error.code)
        except requests.RequestException as error:
            raise Unreachable(type(error).__name__) from None

    @staticmethod
    def _judge(code: object) -> None:
        number = int(code) if isinstance(code, int | str) and str(code).isdecimal() else 0
        if number == SMSAPI_REPEATED:
            return  # An earlier try had reached it.
        said = f"The SMS gateway answered {number or code}."
        if number in SMSAPI_LATER or (number >= 500 and number < 600) or number == 429:
            raise Unreachable(said)
        if number in {101, 102, 105, 110, 401, 403}:
            # Its account refuses us: somebody must mend that, and then all of them can go.
            raise Unreachable(said)
        raise Undeliverable(said)


class ByFirebase:
    """Firebase Cloud Messaging, by PyFCM and a service account's key file."""

    def __init__(self, *, key_file: str, project: str) -> None:
        from pyfcm import FCMNotification

        self._client = FCMNotification(service_account_file=key_file, project_id=project or None)

    def send(self, parcel: Short) -> None:
        import requests
        from pyfcm import errors

        try:
            self._client.notify(
                fcm_token=parcel.address,
                notification_title=parcel.title,
                notification_body=parcel.text,
                timeout=TIMEOUT_SECONDS,
            )
        except errors.FCMNotRegisteredError:
            raise Undeliverable("The device is no longer registered.") from None
        except (errors.AuthenticationError, errors.FCMServerError) as error:
            raise Unreachable(type(error).__name__) from None
        except (errors.FCMSenderIdMismatchError, errors.FCMError) as error:
            raise Undeliverable(type(error).__name__) from None
        except requests.RequestException as error:
            raise NotThisOne(type(error).__name__) from None


@contextmanager
def _mailer() -> Iterator[Carrier]:
    with mail.connected() as backend:
        yield Mailer(backend)


@contextmanager
def _texter() -> Iterator[Carrier]:
    yield _carrier("SMS", settings.SMS_CARRIER)


@contextmanager
def _pusher() -> Iterator[Carrier]:
    yield _carrier("PUSH", settings.PUSH_CARRIER)


def _carrier(name: str, chosen: Mapping[str, str]) -> Carrier:
    options = dict(chosen)
    kind = options.pop("kind")
    if kind == "file":
        return ToFiles(settings.VAR_DIR / name.lower())
    if kind == "console":
        return ToLog(name)
    makers: dict[str, Any] = {"smsapi": BySmsApi, "fcm": ByFirebase}
    packages = {"smsapi": "smsapi.client", "fcm": "pyfcm"}
    try:
        __import__(packages[kind])
    except ImportError as error:
        raise ImproperlyConfigured(
            f"{name}_URL needs a library that is not installed: "
            f"pip install 'loyalty[{name.lower()}]'."
        ) from error
    carrier: Carrier = makers[kind](**options)
    return carrier


OPENERS: dict[MessageChannel, Any] = {
    MessageChannel.EMAIL: _mailer,
    MessageChannel.SMS: _texter,
    MessageChannel.PUSH: _pusher,
}
