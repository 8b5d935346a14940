"""The cockpit speaks …"""

import re
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.conf import settings
from django.urls import reverse
from django.utils.translation import override

from accounts.cockpit.vocabulary import word
from loyalty.core.errors import DomainError
from tests.portal.test_languages import KEYWORDS, as_python, is_in

ROOT = Path(settings.BASE_DIR)
CATALOG = ROOT / "loyalty/locale/pl/LC_MESSAGES/django.po"
CODE = (
    "accounts/admin/*.py",
    "accounts/cockpit/*.py",
    "*/tasks.py",
    "campaigns/admin/*.py",
    "campaigns/selectors/reasons.py",
    "loyalty/core/tasks.py",
    "earning/admin/**/*.py",
    "earning/selectors/explanations.py",
    "loyalty/cockpit/**/*.py",
    "loyalty/core/messages/*.py",
    "transactions/admin.py",
)
LEDGERS = "accounts.ledger.errors"
# What only an API says, or a sign-in page in words of its own.
HEARD_BY_PROGRAMS = {"BadCredentials", "Inactive", "ReservedKey", "TokenRefused"}
TEMPLATES = ("templates/cockpit/*.html", "templates/unfold/**/*.html")


def test_the_language_of_the_browser(cockpit, store):
    page = cockpit().get(reverse("admin:index"), headers={"accept-language": "pl"})

    assert '<html lang="pl"' in page.content.decode()
    assert "Pulpit" in page.content.decode()


def test_every_sentence_in_polish():
    with CATALOG.open("rb") as file:
        catalog = read_po(file)

    missing = [text for text in sentences() if not (found := catalog.get(text)) or not found.string]

    assert not missing


def test_the_polish_that_was_last_compiled():
    with CATALOG.open("rb") as source, CATALOG.with_suffix(".mo").open("rb") as binary:
        written, compiled = read_po(source), GNUTranslations(binary)

    stale = [message.id for message in written if message.id and not is_in(message, compiled)]

    assert not stale


def test_what_commands_refuse_in_polish():
    """Each refusal that a command of a room may raise, by its own sentence."""
    with override("pl"):
        missing = [
            f"{kind.__module__}.{kind.__name__}"
            for kind in refusals(DomainError)
            if kind.__name__ not in HEARD_BY_PROGRAMS and word(kind()) == str(kind())
        ]

    assert not missing


def refusals(kind):
    """Yield the kinds of refusals that services and the ledger have, without those with facts."""
    for each in kind.__subclasses__():
        is_of_a_command = ".services." in each.__module__ or each.__module__ == LEDGERS
        if is_of_a_command and each.__init__ is DomainError.__init__:
            yield each
        yield from refusals(each)


def sentences():
    """Yield each sentence of the cockpit's templates and code."""
    sources = [path.read_bytes() for pattern in CODE for path in ROOT.glob(pattern)]
    for pattern in TEMPLATES:
        sources += [as_python(path.read_text()).encode() for path in ROOT.glob(pattern)]
    keywords = KEYWORDS | {"gettext_noop": None}
    for source in sources:
        for _, message, _, _ in extract("python", BytesIO(source), keywords=keywords):
            text = message if isinstance(message, str) else message[0]
            if re.search(r"\w", text):
                yield text
