"""
The addresses of the Open Loyalty API.

Everything of a store stands twice: at `/api/<storeCode>/…` (4.x) and at `/api/…`, meaning the
default store (3.x). Staff, stores, roles, tokens and events stand at `/api/…` only.
"""

from functools import lru_cache

from django.urls import (
    Resolver404,
    ResolverMatch,
    URLPattern,
    URLResolver,
    path,
    register_converter,
)
from django.urls.resolvers import RoutePattern

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


class Indexed(URLResolver):
    """
    Finds an address among hundreds by how many words it has, its first and its last.

    Django tries one address after the other. Here it tries, in the same order, those alone that
    have as many words and the same first and last one, or a parameter in its place; mostly that is
    one address.
    """

    def resolve(self, path: str) -> ResolverMatch:
        found = self.pattern.match(str(path))
        if not found:
            raise Resolver404({"path": path})
        words = found[0].split("/")
        return self._narrowed(len(words), words[0], words[-1]).resolve(path)

    @lru_cache(maxsize=1_024)  # noqa: B019  # a resolver lives as long as its process
    def _narrowed(self, count: int, first: str, last: str) -> URLResolver:
        fitting = [each for each in self.url_patterns if _fits(each, count, first, last)]
        return URLResolver(self.pattern, fitting)


def _fits(address: URLPattern | URLResolver, count: int, first: str, last: str) -> bool:
    words = str(address.pattern).split("/")
    if "<path:" in str(address.pattern):
        return True
    return len(words) == count and _stands_for(words[0], first) and _stands_for(words[-1], last)


def _stands_for(word: str, given: str) -> bool:
    return word == given or "<" in word


# Every address of a store, for who lists them.
store_patterns: list[URLPattern] = [
    *transactions_urls.store_urls,
    *core_urls.store_urls,
    *accounts_urls.store_urls,
    *campaigns_urls.store_urls,
    *earning_urls.store_urls,
]
global_urls: list[URLPattern] = [
    *core_urls.global_urls,
    *accounts_urls.global_urls,
    *campaigns_urls.global_urls,
    *earning_urls.global_urls,
    *transactions_urls.global_urls,
]

urlpatterns: list[URLPattern | URLResolver] = [
    # First, because tills call these all day; reserved words keep it from taking the others'.
    Indexed(RoutePattern("<store_code:store_code>/"), store_patterns),
    path("healthcheck", healthcheck),
    *document.urls,
    Indexed(RoutePattern(""), [*global_urls, *store_patterns]),
]
