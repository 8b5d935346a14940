"""Write to people by mail. Where it goes is decided in the settings (`EMAIL_URL`)."""

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import mark_safe

from loyalty.core.consumers import TryLater

PERMANENT = 500


class Unreachable(TryLater):
    """The mail server does not take mail at the moment."""


class NotThisOne(Unreachable):
    """This message is not taken at the moment; others may be."""


class Undeliverable(Exception):
    """This mail will never be taken, such as one to a mailbox that does not exist."""


@dataclass(frozen=True)
class Frame:
    """What stands around every letter: whose it is, and where to ask."""

    brand: str
    store_name: str
    conditions_url: str = ""
    help_email: str = ""


@dataclass(frozen=True)
class Letter:
    """
    A mail in one language. `html` and `text`: what is in the frame, ready to be read.

    `sender_name` stands before the address; `sender_email`: empty for the installation's own.
    `number`: so that a server that is handed the same letter twice can tell.
    """

    recipients: tuple[str, ...]
    subject: str
    html: str
    text: str
    language: str
    frame: Frame
    sender_name: str = ""
    sender_email: str = ""
    reply_to: str = ""
    number: str = ""

    def as_message(self) -> EmailMultiAlternatives:
        _, our_address = parseaddr(settings.DEFAULT_FROM_EMAIL)
        sender = one_line(self.sender_name or self.frame.brand)
        # So that no absence notice answers.
        headers = {"Auto-Submitted": "auto-generated"}
        if self.number:
            headers["Message-ID"] = f"<{self.number}@{our_address.rpartition('@')[2]}>"
        message = EmailMultiAlternatives(
            subject=one_line(self.subject),
            body=self.as_text(),
            from_email=formataddr((sender, self.sender_email or our_address)),
            to=list(self.recipients),
            reply_to=[self.reply_to] if self.reply_to else None,
            headers=headers,
        )
        message.attach_alternative(self.as_html(), "text/html")
        return message

    def as_html(self) -> str:
        """Return the whole page; a text that is one already stands without our frame."""
        if "<html" in self.html[:1_000].lower():
            return self.html
        content = mark_safe(self.html)  # noqa: S308  # checked when saved, its values escaped
        return self._framed("email/message.html", content=content)

    def as_text(self) -> str:
        return self._framed("email/message.txt", content=self.text.strip())

    def _framed(self, template: str, **values: str) -> str:
        with translation.override(self.language):
            return render_to_string(
                template, {"language": self.language, "frame": self.frame, **values}
            )


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
    kind = Undeliverable if code >= PERMANENT else NotThisOne
    return kind(f"The mail server answered {code}.")


def _without_address(error: Exception) -> str:
    code = getattr(error, "smtp_code", "") or getattr(error, "errno", "") or ""
    return f"{type(error).__name__} {code}".strip()
