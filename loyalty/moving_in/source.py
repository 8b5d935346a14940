"""The server that is moved away from: asked politely, a page at a time."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
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


class SourceRefuses(DomainError):
    """The server does not answer as Open Loyalty does."""

    code = "source_refuses"


class NotThere(SourceRefuses):
    """The server has no such address."""


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
        self.sleep = sleep

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        """
        Return the answer of an address, with its numbers as decimals.

        What passes by itself is asked for again after growing pauses, or as long as the server
        says.

        :raises NotThere: 404. :raises SourceRefuses: it refuses, or is away for long.
        """
        address = f"{self.root}/{path}" + (f"?{urlencode(query)}" if query else "")
        request = urllib.request.Request(address, headers=self.headers)  # noqa: S310  # http(s) only
        for attempt in range(ATTEMPTS_MAX):
            try:
                with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310  # as above
                    body = answer.read()
                self.sleep(self.pause)
                return json.loads(body, parse_float=Decimal)
            except urllib.error.HTTPError as error:
                if error.code == 404:
                    raise NotThere(f"{path}: there is no such address.") from error
                if error.code not in PASSING:
                    raise SourceRefuses(f"{path}: the server answers {error.code}.") from error
                wait, fault = _retry_after(error), f"the server answers {error.code}"
            except (OSError, HTTPException) as error:
                wait, fault = None, str(error)
            except ValueError as error:
                raise SourceRefuses(f"{path}: the answer is no JSON.") from error
            self.sleep(min(wait if wait is not None else 2.0**attempt, PAUSE_MAX))
        raise SourceRefuses(f"{path}: {fault}, after {ATTEMPTS_MAX} attempts.")

    def pages(
        self, path: str, key: str, *, first: int = 1, size: int = 100
    ) -> Iterator[tuple[int, list[dict[str, Any]], int]]:
        """Yield (number, rows, total) of a list's pages, from the page `first` on."""
        page = first
        while True:
            # The oldest first: what is added meanwhile comes at the end.
            answer = self.get(
                path, {"page": page, "perPage": size, "sort": "createdAt", "direction": "ASC"}
            )
            rows = answer.get(key) if isinstance(answer, dict) else None
            if not isinstance(rows, list):
                raise SourceRefuses(f"{path}: there is no list called {key} in the answer.")
            total = int(answer.get("total") or 0)
            yield page, rows, total
            if not rows or page * size >= total:
                return
            page += 1


def _retry_after(error: urllib.error.HTTPError) -> float | None:
    text = error.headers.get("Retry-After") or ""
    return float(text) if text.isascii() and text.isdecimal() else None
