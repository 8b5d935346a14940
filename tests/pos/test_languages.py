"""The till speaks …"""

import re
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.conf import settings

from tests.portal.test_languages import CATALOG as PORTALS
from tests.portal.test_languages import KEYWORDS, as_python, is_in

ROOT = Path(settings.BASE_DIR)
CATALOG = ROOT / "loyalty/pos/locale/pl/LC_MESSAGES/django.po"


def test_every_sentence_in_polish():
    with CATALOG.open("rb") as own, PORTALS.open("rb") as shared:
        catalogs = [read_po(own), read_po(shared)]

    missing = [
        sentence
        for sentence in sentences()
        if not any((found := catalog.get(sentence)) and found.string for catalog in catalogs)
    ]

    assert not missing


def test_the_polish_that_was_last_compiled():
    with CATALOG.open("rb") as source, CATALOG.with_suffix(".mo").open("rb") as binary:
        written, compiled = read_po(source), GNUTranslations(binary)

    assert not [message.id for message in written if message.id and not is_in(message, compiled)]


def sentences():
    templates = [as_python(path.read_text()) for path in (ROOT / "templates/pos").glob("*.html")]
    sources = [
        *(path.read_bytes() for path in (ROOT / "loyalty/pos").rglob("*.py")),
        *(template.encode() for template in templates),
    ]
    for source in sources:
        for _, message, _, _ in extract("python", BytesIO(source), keywords=KEYWORDS):
            first = message if isinstance(message, str) else message[0]
            if re.search(r"\w", first):
                yield first
