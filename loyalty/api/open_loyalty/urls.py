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


def by_first_word(patterns: Iterable[URLPattern]) -> list[URLPattern | URLResolver]:
    """
    Group addresses by their first word: `transaction`, `transaction/simulate` … under one.

    Django tries one address after the other, and a store has hundreds; so it tries a dozen words
    and then the few below the right one. Within a word the order stays.
    """
    found: list[URLPattern | URLResolver] = []
    groups: dict[str, list[URLPattern]] = {}
    for pattern in patterns:
        word, slash, rest = str(pattern.pattern).partition("/")
        assert "<" not in word, f"{pattern.pattern} does not begin with a word."
        if not slash:
            found.append(pattern)
            continue
        if word not in groups:
            groups[word] = []
            found.append(path(f"{word}/", include(groups[word])))
        groups[word].append(path(rest, pattern.callback, pattern.default_args, pattern.name))
    return found


# Every address of a store, for who lists them.
store_patterns: list[URLPattern] = [
    *transactions_urls.store_urls,
    *core_urls.store_urls,
    *accounts_urls.store_urls,
    *campaigns_urls.store_urls,
    *earning_urls.store_urls,
]
store_urls = by_first_word(store_patterns)
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
