"""The server that is moved away from: asked politely, a page at a time."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode

from loyalty.core.errors import DomainError

ATTEMPTS_MAX = 6
TIMEOUT_SECONDS = 60
# What passes by itself: too many requests, and servers that restart.
PASSING = {408, 425, 429, 500, 502, 503, 504}
PAUSE_MAX = 60.0
FILE_BYTES_MAX = 20 * 1024 * 1024
GO_ON = "Start the same command again with a good one: it goes on where it was."


class SourceRefuses(DomainError):
    """The server does not answer as Open Loyalty does."""

    code = "source_refuses"


class NotThere(SourceRefuses):
    """The server has no such address."""


class NotAllowed(SourceRefuses):
    """The token may not read this address."""


@dataclass(frozen=True)
class Answer:
    body: bytes
    mime_type: str


class Source:
    """
    `token`: a JSON Web Token of a sign-in, or a permanent token. `pause`: seconds after each call.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        pause: float = 0.0,
        timeout: float = TIMEOUT_SECONDS,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        if not base_url.startswith(("http://", "https://")):
            raise SourceRefuses("The address must begin with http:// or https://.")
        self.root = base_url.rstrip("/").removesuffix("/api") + "/api"
        is_jwt = token.count(".") == 2
        self.headers = {
            "Accept": "application/json",
            **({"Authorization": f"Bearer {token}"} if is_jwt else {"X-AUTH-TOKEN": token}),
        }
        self.pause = pause
        self.timeout = timeout
        self.sleep = sleep

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        """
        Return the answer of an address, with its numbers as decimals.

        What passes by itself is asked for again after growing pauses, or as long as the server
        says; so is an answer that is no JSON, such as the page of a proxy.

        :raises NotThere: 404. :raises NotAllowed: 403.
        :raises SourceRefuses: it refuses, or is away for long.
        """
        return self._ask(path, query, lambda answer: json.loads(answer.body, parse_float=Decimal))

    def get_file(self, path: str) -> Answer | None:
        """Return the file at an address, such as a picture; None where there is none."""

        def read(answer: Answer) -> Answer | None:
            return answer if answer.body and len(answer.body) <= FILE_BYTES_MAX else None

        try:
            found: Answer | None = self._ask(path, None, read)
        except NotThere:
            return None
        return found

    def pages(
        self,
        path: str,
        key: str,
        *,
        first: int = 1,
        size: int = 100,
        query: Mapping[str, Any] | None = None,
    ) -> Iterator[tuple[int, list[dict[str, Any]], int]]:
        """Yield (number, rows, total) of a list's pages, from the page `first` on."""
        page = first
        while True:
            rows, total = self.page(path, key, {"page": page, "perPage": size, **(query or {})})
            yield page, rows, total
            if not rows or page * size >= total:
                return
            page += 1

    def page(
        self, path: str, key: str, query: Mapping[str, Any]
    ) -> tuple[list[dict[str, Any]], int]:
        """Return one page's rows, and how many there are in all."""
        answer = self.get(path, query)
        rows = answer.get(key) if isinstance(answer, dict) else None
        if isinstance(rows, dict):
            # PHP writes a list with gaps as a map.
            rows = list(rows.values())
        if not isinstance(rows, list):
            raise SourceRefuses(f"{path}: there is no list called {key} in the answer.")
        return rows, _whole(answer.get("total"), len(rows))

    def scroll(
        self, path: str, key: str, *, size: int
    ) -> Iterator[tuple[int, list[dict[str, Any]], int]]:
        """Yield (number, rows, total) of a list that can be read past its window (CUS-60)."""
        cursor, page = "", 0
        while True:
            answer = self.get(path, {"scrollId": cursor, "perPage": size})
            rows = answer.get(key) if isinstance(answer, dict) else None
            if not isinstance(rows, list) or not answer.get("scrollId"):
                raise SourceRefuses(f"{path}: the server does not scroll.")
            if not rows:
                return
            page += 1
            yield page, rows, _whole(answer.get("total"), len(rows))
            cursor = str(answer["scrollId"])

    def _ask(
        self,
        path: str,
        query: Mapping[str, Any] | None,
        read: Callable[[Answer], Any],
    ) -> Any:
        address = f"{self.root}/{path}" + (f"?{urlencode(query)}" if query else "")
        request = urllib.request.Request(address, headers=self.headers)  # noqa: S310  # http(s) only
        fault = ""
        for attempt in range(ATTEMPTS_MAX):
            wait = None
            try:
                with urllib.request.urlopen(request, timeout=self.timeout) as answer:  # noqa: S310  # as above
                    told = Answer(answer.read(), answer.headers.get_content_type())
                self.sleep(self.pause)
                return read(told)
            except urllib.error.HTTPError as error:
                _refuse(path, error)
                wait, fault = _retry_after(error), f"the server answers {error.code}"
            except (OSError, HTTPException) as error:
                fault = str(error)
            except ValueError:
                fault = "the answer is no JSON"
            self.sleep(min(wait if wait is not None else 2.0**attempt, PAUSE_MAX))
        raise SourceRefuses(f"{path}: {fault}, after {ATTEMPTS_MAX} attempts.")


def _refuse(path: str, error: urllib.error.HTTPError) -> None:
    """Raise what an answer means for good; return where it may pass by itself."""
    if error.code == 404:
        raise NotThere(f"{path}: there is no such address.") from error
    if error.code == 401:
        raise SourceRefuses(
            f"{path}: the server answers 401: the token is wrong, or over. {GO_ON}"
        ) from error
    if error.code == 403:
        raise NotAllowed(
            f"{path}: the server answers 403: the token may not read this. {GO_ON}"
        ) from error
    if error.code not in PASSING:
        raise SourceRefuses(f"{path}: the server answers {error.code}.") from error


def _retry_after(error: urllib.error.HTTPError) -> float | None:
    text = error.headers.get("Retry-After") or ""
    return float(text) if text.isascii() and text.isdecimal() else None


def _whole(told: Any, otherwise: int) -> int:
    return int(told) if str(told).isascii() and str(told).isdecimal() else otherwise
