"""Which languages there are, and the texts of clients in them. Source: TRN-1…5."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from loyalty.core.errors import NotFound
from loyalty.core.models import Language

FOLDER = Path(__file__).parent.parent / "translations"
# Languages that nobody has touched are as old as the program.
UNTOUCHED = datetime(2026, 1, 1, tzinfo=UTC)

Tree = dict[str, Any]


def list_languages() -> list[Language]:
    """
    Return the languages in their order.

    While nobody has changed any they are the program's own, and stand in no table.
    """
    return list(Language.objects.all()) or built_in()


def built_in() -> list[Language]:
    """Return the languages that the program itself speaks, not stored."""
    return [
        Language(
            code=code,
            name=str(name),
            is_default=code == settings.LANGUAGE_CODE,
            order=order,
            updated_at=UNTOUCHED,
        )
        for order, (code, name) in enumerate(settings.LANGUAGES)
    ]


def get_language(code: str) -> Language:
    """:raises NotFound: there is no such language."""
    found = next((each for each in list_languages() if each.code == code), None)
    if found is None:
        raise NotFound
    return found


def default_of(languages: list[Language]) -> Language:
    return next(each for each in languages if each.is_default)


def default_code() -> str:
    """Return the language in which levels, categories and rewards must have a name (TRN-3)."""
    return default_of(list_languages()).code


def content_languages() -> list[tuple[str, str]]:
    """Return (code, name) of the languages that texts are asked for in, the default one first."""
    found = list_languages()
    found.sort(key=lambda language: not language.is_default)
    return [(language.code, language.name) for language in found]


def content_of(language: Language) -> Tree:
    """Return a language's own texts; ours where staff wrote none."""
    own: Tree | None = language.content
    return ours(language.code) if own is None else own


def texts_for(code: str | None) -> Tree:
    """
    Return all texts for a client in a language, or in the default one.

    What a language lacks is said in the default one, and what that lacks in our English.
    """
    languages = list_languages()
    default = default_of(languages)
    wanted = next((each for each in languages if each.code == code), default)
    texts = ours(settings.LANGUAGE_CODE)
    for language in (default, wanted):
        texts = merged(texts, content_of(language))
    return texts


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> Tree:
    """Lay one tree over another: texts of `above` win, branches are laid over one another."""
    tree: Tree = dict(below)
    for key, value in above.items():
        under = tree.get(key)
        if isinstance(value, Mapping) and isinstance(under, Mapping):
            value = merged(under, value)
        tree[key] = value
    return tree


@cache
def ours(code: str) -> Tree:
    """Return our texts in a language, if we have any."""
    file = FOLDER / f"{code}.json"
    known = {each for each, _name in settings.LANGUAGES}
    if code not in known or not file.exists():
        return {}
    texts: Tree = json.loads(file.read_text(encoding="utf-8"))
    return texts
