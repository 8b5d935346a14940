"""Compare what the API answers with what its OpenAPI document says."""

import json
import re
from functools import cache
from typing import Any

from django.http import HttpResponse
from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator

from loyalty.api.open_loyalty.document import document

FAULTS_MAX = 5


def faults(answer: HttpResponse) -> list[str]:
    """
    Return a line for each place where an answer is another one than the document says.

    A key that the document does not name is one. Nothing is said of addresses and statuses that are
    no part of it: any call may be refused with 405, 413 or 415.
    """
    request: Any = answer.wsgi_request  # type: ignore[attr-defined]  # the test client's
    if request.resolver_match is None:
        return []
    address, method = _address(request.resolver_match.route), request.method.lower()
    told = _told(address, method, answer.status_code)
    if told is None:
        return []
    if not told:
        is_empty = not answer.streaming and not answer.content
        return [] if is_empty else ["There is a body, and none is told of."]
    if "application/json" not in told:
        return []
    if not answer.headers.get("Content-Type", "").startswith("application/json"):
        return ["It is no JSON."]
    found = _validator(address, method, answer.status_code).iter_errors(json.loads(answer.content))
    return [f"{fault.json_path}: {fault.message[:500]}" for fault in found][:FAULTS_MAX]


def _address(route: str) -> str:
    """Return an address as the document has it, also of a call that names no store."""
    path = "/" + re.sub(r"<(?:[^:>]*:)?([^>]*)>", r"{\1}", route)
    if path in document()["paths"]:
        return path
    return path.replace("/api/", "/api/{store_code}/", 1)


def _told(address: str, method: str, status: int) -> dict[str, Any] | None:
    """Return the content of an answer by its type, {} for an empty body; None: nothing is told."""
    operation = document()["paths"].get(address, {}).get(method, {})
    response = operation.get("responses", {}).get(str(status))
    return None if response is None else response.get("content", {})


@cache
def _validator(address: str, method: str, status: int) -> Validator:
    told = _told(address, method, status)
    assert told is not None
    schema = _closed(told["application/json"]["schema"]) | {"components": _components()}
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


@cache
def _components() -> dict[str, Any]:
    closed: dict[str, Any] = _closed(document()["components"])
    return closed


def _closed(node: Any) -> Any:
    """Return a schema that lets no object have other keys than it names."""
    if isinstance(node, list):
        return [_closed(each) for each in node]
    if not isinstance(node, dict):
        return node
    closed = {key: _closed(value) for key, value in node.items()}
    if isinstance(node.get("properties"), dict) and "type" in node:
        closed.setdefault("additionalProperties", False)
    return closed
