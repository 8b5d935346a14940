"""Our own words for each occasion, channel and language, for stores that have none of theirs."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

from loyalty.core.messages.catalogue import MessageChannel, Occasion

FOLDER = Path(__file__).parent / "words"


@dataclass(frozen=True)
class Text:
    """`subject`: of a mail, or the title of a push; empty in a text message."""

    subject: str = ""
    content: str = ""


def languages() -> tuple[str, ...]:
    """Return the languages that messages are written in."""
    return tuple(code for code, _ in settings.LANGUAGES)


@cache
def ours(occasion: Occasion, channel: MessageChannel) -> Mapping[str, Text]:
    """Return our texts by language; none where we have no words for this channel."""
    found: dict[str, Text] = {}
    for language in languages():
        words = _file(language).get(occasion.name, {}).get(channel.value)
        if words is not None:
            found[language] = Text(words.get("subject", ""), words["content"].strip())
    return found


@cache
def _file(language: str) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    with (FOLDER / f"{language}.toml").open("rb") as file:
        return tomllib.load(file)
