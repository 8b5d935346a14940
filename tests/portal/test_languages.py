"""The portal speaks …"""

import re
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils.translation import templatize

from accounts.services import own_password, passwords

ROOT = Path(settings.BASE_DIR)
CATALOG = ROOT / "loyalty/portal/locale/pl/LC_MESSAGES/django.po"
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}


def test_the_language_of_the_browser(client, store):
    page = client.get("/portal/sign-in/", headers={"accept-language": "pl"}).content.decode()

    assert '<html lang="pl">' in page
    assert "Zaloguj się" in page


def test_the_language_that_was_chosen(client, store):
    response = client.post(
        "/portal/language/", {"language": "pl"}, headers={"accept-language": "en"}
    )

    assert response["Location"] == "/portal/"
    page = client.get("/portal/sign-in/", headers={"accept-language": "en"}).content.decode()
    assert '<html lang="pl">' in page


def test_it_on_the_page_where_it_was_chosen(client, store):
    page = client.get("/portal/sign-in/").content.decode()
    assert '<input type="hidden" name="here" value="/portal/sign-in/">' in page

    response = client.post("/portal/language/", {"language": "pl", "here": "/portal/sign-in/"})

    assert response["Location"] == "/portal/sign-in/"


@pytest.mark.parametrize("here", ["https://evil.example/", "//evil.example", "/cockpit/", "\\x"])
def test_it_on_no_page_that_is_not_ours(client, store, here):
    response = client.post("/portal/language/", {"language": "pl", "here": here})

    assert response["Location"] == "/portal/"


@pytest.mark.parametrize("language", ["xx", "", "../etc"])
def test_no_language_that_it_does_not_know(client, store, language):
    response = client.post("/portal/language/", {"language": language})

    assert settings.LANGUAGE_COOKIE_NAME not in response.cookies


def test_every_sentence_in_polish():
    with CATALOG.open("rb") as file:
        catalog = read_po(file)

    missing = [
        message
        for message, context in sentences()
        if not (found := catalog.get(message, context)) or not found.string
    ]

    assert not missing


def test_what_it_says_of_a_weak_password_in_polish():
    with CATALOG.open("rb") as file:
        catalog = read_po(file)

    sentences = {
        *passwords.weaknesses(""),
        *passwords.weaknesses("a" * 129),
        own_password.TEMPORARY,
    }

    assert not [sentence for sentence in sentences if not catalog.get(sentence)]


def test_the_polish_that_was_last_compiled():
    with CATALOG.open("rb") as source, CATALOG.with_suffix(".mo").open("rb") as binary:
        written, compiled = read_po(source), GNUTranslations(binary)

    stale = [message.id for message in written if message.id and not is_in(message, compiled)]

    assert not stale


def is_in(message, compiled: GNUTranslations) -> bool:
    if message.pluralizable:
        # 1, 2, 5: the forms that whole numbers take.
        found = [compiled.ngettext(*message.id, number) for number in (1, 2, 5)]
        return found == list(message.string[:3])
    if message.context:
        return compiled.pgettext(message.context, message.id) == message.string
    return compiled.gettext(message.id) == message.string


def sentences():
    """Yield each sentence of the portal's templates, mails and code, with its context."""
    files = [
        *(ROOT / "templates/portal").glob("*.html"),
        *(ROOT / "templates/email").iterdir(),
    ]
    templates = (path.read_text() for path in files)
    sources = [
        *(path.read_bytes() for path in (ROOT / "loyalty/portal").rglob("*.py")),
        *(as_python(template).encode() for template in templates),
    ]
    for source in sources:
        for _, message, _, context in extract("python", BytesIO(source), keywords=KEYWORDS):
            first = message if isinstance(message, str) else message[0]
            if re.search(r"\w", first):
                yield first, context


def as_python(template: str) -> str:
    """Turn a template into something whose gettext calls can be read; its indents mean nothing."""
    return "\n".join(line.strip() for line in templatize(template).splitlines())
