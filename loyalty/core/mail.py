"""Write to people by mail. Where it goes is decided in the settings (`EMAIL_URL`)."""

import smtplib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.utils import translation

from loyalty.core.consumers import TryLater

PERMANENT = 500


class Unreachable(TryLater):
    """The mail server does not take mail at the moment."""


class Undeliverable(Exception):
    """This mail will never be taken, such as one to a mailbox that does not exist."""


@dataclass(frozen=True)
class Letter:
    """
    A mail in one language, for one person.

    `template`: the name in templates/email of `<name>_subject.txt`, `<name>.txt` and `<name>.html`,
    which all see `values`. `sender`: the name before our address.
    """

    template: str
    recipient: str
    sender: str
    language: str
    values: Mapping[str, Any] = field(default_factory=dict)
    reply_to: str = ""

    def as_message(self) -> EmailMultiAlternatives:
        _, our_address = parseaddr(settings.DEFAULT_FROM_EMAIL)
        with translation.override(self.language):
            message = EmailMultiAlternatives(
                subject=one_line(self._render("_subject.txt")),
                body=self._render(".txt"),
                from_email=formataddr((one_line(self.sender), our_address)),
                to=[self.recipient],
                reply_to=[self.reply_to] if self.reply_to else None,
                # So that no absence notice answers.
                headers={"Auto-Submitted": "auto-generated"},
            )
            message.attach_alternative(self._render(".html"), "text/html")
        return message

    def _render(self, ending: str) -> str:
        values = {"language": self.language, **self.values}
        return render_to_string(f"email/{self.template}{ending}", values)


@contextmanager
def connected() -> Iterator[BaseEmailBackend]:
    """
    Open the way to the mail server, so that what is undone by a failure begins only after it.

    :raises Unreachable: it does not answer, or does not know us.
    """
    backend: BaseEmailBackend = get_connection()
    try:
        backend.open()
    except (OSError, smtplib.SMTPException) as error:
        raise Unreachable(_without_address(error)) from None
    try:
        yield backend
    finally:
        backend.close()


def send(letter: Letter, backend: BaseEmailBackend) -> None:
    """
    Hand a letter to the mail server.

    :raises Unreachable: not now; worth another try.
    :raises Undeliverable: refused for good, by a code from 500.
    """
    message = letter.as_message()
    # What the library says of a failure holds the recipient's address: it is not passed on.
    try:
        backend.send_messages([message])
    except smtplib.SMTPRecipientsRefused as error:
        code = max(code for code, _ in error.recipients.values())
        raise _refusal(code) from None
    except smtplib.SMTPDataError as error:
        raise _refusal(error.smtp_code) from None
    except (smtplib.SMTPNotSupportedError, ValueError) as error:
        # An address that cannot stand in a mail, or not on this server.
        raise Undeliverable(_without_address(error)) from None
    except (OSError, smtplib.SMTPException) as error:
        raise Unreachable(_without_address(error)) from None


def one_line(text: str) -> str:
    """Return a text as a header can carry it."""
    return " ".join(text.split())


def _refusal(code: int) -> Exception:
    kind = Undeliverable if code >= PERMANENT else Unreachable
    return kind(f"The mail server answered {code}.")


def _without_address(error: Exception) -> str:
    code = getattr(error, "smtp_code", "") or getattr(error, "errno", "") or ""
    return f"{type(error).__name__} {code}".strip()
