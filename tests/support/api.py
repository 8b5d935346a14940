"""A client for the Open Loyalty API, signed in as somebody."""

import json
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import Customer, Seller, StaffUser
from accounts.services import tokens
from tests.support import answers


class ApiClient:
    """
    Calls `/api/…` and reads JSON.

    `client.post("DEFAULT/pos", {"pos": {…}})` sends JSON, and `client.form("POST", "DEFAULT/pos",
    {"pos[name]": "x"})` a form. Answers carry `.data`, the parsed body (None for an empty one).
    Each answer must be as the OpenAPI document tells.
    """

    def __init__(self, principal: StaffUser | Seller | Customer | None = None) -> None:
        self.http = Client(raise_request_exception=True)
        self.headers: dict[str, str] = {}
        if principal is not None:
            pair = tokens.open_session(principal, ip_address=None, now=timezone.now())
            self.session = pair.session
            self.headers["HTTP_AUTHORIZATION"] = f"Bearer {pair.token}"

    def get(self, path: str, query: dict[str, Any] | None = None, **headers: str) -> Any:
        return self.call(
            "GET", path + (f"?{urlencode(query, doseq=True)}" if query else ""), **headers
        )

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("PUT", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.call("DELETE", path, **headers)

    def send(self, method: str, path: str, body: Any, **headers: str) -> Any:
        raw = b"" if body is None else json.dumps(body, default=str).encode()
        return self.call(method, path, raw, "application/json", **headers)

    def form(self, method: str, path: str, fields: Any, **headers: str) -> Any:
        """Send an urlencoded form; `fields`: a dict or pairs, of bracketed names."""
        raw = urlencode(fields, doseq=True).encode()
        return self.call(method, path, raw, "application/x-www-form-urlencoded", **headers)

    def call(
        self,
        method: str,
        path: str,
        raw: bytes = b"",
        content_type: str = "application/json",
        **headers: str,
    ) -> Any:
        answer: HttpResponse = self.http.generic(
            method, f"/api/{path.lstrip('/')}", raw, content_type, **(self.headers | headers)
        )
        assert answers.faults(answer) == []
        answer.data = _data(answer)  # type: ignore[attr-defined]
        return answer


def _data(answer: HttpResponse) -> Any:
    """Return the parsed body; None for an empty one, and for what is not JSON, such as a file."""
    if answer.streaming or not answer.content:
        return None
    is_json = answer["Content-Type"].startswith("application/json")
    return json.loads(answer.content) if is_json else None
