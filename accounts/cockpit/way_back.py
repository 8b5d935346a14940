"""
The way back to the list that somebody came from: with its filters, search, page and order.

Each address of a row carries them, under Django's name for it, and hands them on to the next page
of the same model and at last to the list. In the address: two tabs may look at two lists.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.admin.views.main import ERROR_FLAG
from django.http import HttpRequest, QueryDict

NAME = "_changelist_filters"


@dataclass(frozen=True)
class _Page:
    """The page that is made: its address's name, such as `accounts_customer_change`, and query."""

    name: str
    query: QueryDict


_page: ContextVar[_Page | None] = ContextVar("page", default=None)


@contextmanager
def making(request: HttpRequest) -> Iterator[None]:
    """Say which page is made, so that its links lead back."""
    match = request.resolver_match
    token = _page.set(_Page((match and match.url_name) or "", request.GET))
    try:
        yield
    finally:
        _page.reset(token)


def to_list(url: str, screen: str) -> str:
    """Return the address of a list as it was left. `screen`: such as `accounts_customer`."""
    page = _page.get()
    if page is None or not page.name.startswith(f"{screen}_"):
        return url
    return listed(url, page.query)


def listed(url: str, query: QueryDict) -> str:
    """Return a list's address as the query of a page that was come to from it remembers it."""
    kept = _clean(QueryDict(query.get(NAME, "")))
    return f"{url}?{kept}" if kept else url


def onward(url: str, screen: str) -> str:
    """Return the address of a page of the screen's rows, which will know the way back."""
    page = _page.get()
    if page is None or not page.name.startswith(f"{screen}_"):
        return url
    is_list = page.name == f"{screen}_changelist"
    kept = _clean(page.query if is_list else QueryDict(page.query.get(NAME, "")))
    return remembering(url, kept)


def remembering(url: str, kept: str) -> str:
    """Return an address with a list's query to go back to."""
    if not kept:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode({NAME: kept})}"


def _clean(query: QueryDict) -> str:
    """Return a query without what a list said of the one before, and without ways of its own."""
    query = query.copy()
    for name in (NAME, ERROR_FLAG):
        query.pop(name, None)
    return query.urlencode()
