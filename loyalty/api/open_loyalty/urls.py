"""
The addresses of the Open Loyalty API.

Everything of a store stands twice: at `/api/<storeCode>/…` (4.x) and at `/api/…`, meaning the
default store (3.x). Staff, stores, roles, tokens and events stand at `/api/…` only.
"""

from collections.abc import Iterable

from django.urls import URLPattern, URLResolver, include, path, register_converter

from accounts.api.open_loyalty import urls as accounts_urls
from campaigns.api.open_loyalty import urls as campaigns_urls
from earning.api.open_loyalty import urls as earning_urls
from loyalty.api.open_loyalty import document
from loyalty.core.api.open_loyalty import urls as core_urls
from loyalty.core.services import stores
from loyalty.health import healthcheck
from transactions.api.open_loyalty import urls as transactions_urls


class StoreCode:
    """A store's code; never a word that an address without a code begins with."""

    regex = "[a-zA-Z0-9_-]{1,64}"

    def to_python(self, value: str) -> str:
        if value.lower() in stores.RESERVED_CODES:
            raise ValueError(f"{value} is no store's code")
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(StoreCode, "store_code")


def by_words(patterns: Iterable[URLPattern]) -> list[URLPattern | URLResolver]:
    """
    Group addresses by their first word, and those of a word by their second, and so on.

    Django tries one address after the other, and a store has hundreds; so it tries a dozen words
    and then the few below the right one. What begins with a parameter stays where it is, and the
    rest of a word comes where its first address is.
    """
    found: list[URLPattern | URLResolver] = []
    groups: dict[str, list[URLPattern]] = {}
    for pattern in patterns:
        word, slash, _rest = str(pattern.pattern).partition("/")
        if not slash or "<" in word:
            found.append(pattern)
            continue
        if word not in groups:
            groups[word] = []
            found.append(pattern)
        groups[word].append(pattern)
    return [_grouped(each, groups) for each in found]


def _grouped(
    first: URLPattern | URLResolver, groups: dict[str, list[URLPattern]]
) -> URLPattern | URLResolver:
    """Return the group that begins with an address, if it begins one of several."""
    word, _slash, _rest = str(first.pattern).partition("/")
    members = groups.get(word, [])
    if len(members) < 2 or first is not members[0]:
        return first
    below = [
        path(
            str(member.pattern).removeprefix(f"{word}/"),
            member.callback,
            member.default_args,
            member.name,
        )
        for member in members
    ]
    return path(f"{word}/", include(by_words(below)))


# Every address of a store, for who lists them.
store_patterns: list[URLPattern] = [
    *transactions_urls.store_urls,
    *core_urls.store_urls,
    *accounts_urls.store_urls,
    *campaigns_urls.store_urls,
    *earning_urls.store_urls,
]
store_urls = by_words(store_patterns)
global_urls: list[URLPattern] = [
    *core_urls.global_urls,
    *accounts_urls.global_urls,
    *campaigns_urls.global_urls,
    *earning_urls.global_urls,
    *transactions_urls.global_urls,
]

urlpatterns: list[URLPattern | URLResolver] = [
    # First, because tills call these all day; reserved words keep it from taking the others'.
    path("<store_code:store_code>/", include(store_urls)),
    path("healthcheck", healthcheck),
    *document.urls,
    *global_urls,
    *store_urls,
]
