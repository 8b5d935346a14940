"""The catalogs of translations, which are one when the program runs …"""

from collections import defaultdict
from pathlib import Path

from babel.messages.pofile import read_po
from django.conf import settings

CATALOGS = sorted((Path(settings.BASE_DIR) / "loyalty").rglob("*.po"))


def test_agree_on_what_they_share():
    """Else one door's words are lost: of two translations of a text, one is shown everywhere."""
    found: dict[tuple[str, ...], set[tuple[str, ...]]] = defaultdict(set)
    for path in CATALOGS:
        with path.open("rb") as file:
            for message in read_po(file):
                if message.id:
                    texts = message.string if message.pluralizable else (message.string,)
                    found[(path.parts[-3], str(message.context), str(message.id))].add(tuple(texts))

    assert len(CATALOGS) == 3
    assert not [text for text, translations in found.items() if len(translations) > 1]
