"""
Values of the wrong type, everywhere: in each field of each documented call, and in each query.

Nothing answers 5xx. The calls are those of the reference, sent to the demo store; each is changed
in one place and taken back. Which value goes where turns with the field, so that each run tries
each field and each value.
"""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from django.db import transaction
from django.test import Client
from django.urls import Resolver404, resolve

from loyalty.core.api.parsing import parse_form
from tests.api.reference import test_replay
from tests.api.reference.facts import Call, read_calls
from tests.support.demo import load_small

DEEP: Any = "x"
for _ in range(14):
    DEEP = {"a": DEEP}
VALUES: list[Any] = [
    *("", None, [], {}, ["x"], [["x"]], [{}], [None], {"a": "b"}, {"a": {"b": []}}, DEEP, True),
    *(-1, 2**31, 2**63, 10**30, 1e308, -0.5, "1e400", "1e-400", "NaN", "-Infinity", "٣", "½"),
    *("0000-01-01", "0001-01-01T00:00:00+1400", "9999-12-31T23:59:59-1400", "10000-01-01"),
    *("x" * 70_000, "9" * 5_000, "\ud800", "a\x00b", "{", "%s%n", "'\"\\", "x@" + "y" * 300),
    *("00000000-0000-0000-0000-000000000000", "http://[", "all_time_active", [1] * 2_000),
]
# How many values each field is tried with in a run; more finds more, slower.
PER_FIELD = 2
QUERY = ("page", "perPage", "sort", "direction", "_locale", "scrollId", "labels[0][key]")
# Answers 503 where no worker runs.
LEFT_OUT = {"/api/healthcheck"}


@pytest.fixture
def demo(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    load_small(monkeypatch)


def fields(tree: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of each node of a body; of a list, its first entry stands for all."""
    children = tree.items() if isinstance(tree, dict) else list(enumerate(tree))[:1]
    for key, value in children:
        yield (*above, key)
        if isinstance(value, dict | list):
            yield from fields(value, (*above, key))


def changed(tree: Any, path: tuple[Any, ...], value: Any) -> Any:
    tree = deepcopy(tree)
    node = tree
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return tree


def body_of(call: Call) -> Any:
    if call.json is not None:
        return json.loads(test_replay._filled(json.dumps(call.json)))
    return parse_form(test_replay._filled("&".join(call.body)).encode())


def bodies(call: Call, seen: set[Any], turn: Iterator[Any]) -> Iterator[tuple[str, str, bytes]]:
    """Yield what, query and body of each changed call."""
    tree, query = body_of(call), urlsplit(call.path).query
    for path in fields(tree):
        if (key := (call.method, route(call), path)) in seen:
            continue
        seen.add(key)
        for _ in range(PER_FIELD):
            value = next(turn)
            raw = json.dumps(changed(tree, path, value), default=str).encode()
            yield f"{path}={str(value)[:40]!a}", query, raw


def queries(call: Call, seen: set[Any], turn: Iterator[Any]) -> Iterator[tuple[str, str, bytes]]:
    told = dict(parse_qsl(urlsplit(call.path).query, keep_blank_values=True))
    for name in dict.fromkeys([*told, *QUERY]):
        if (key := (call.method, route(call), name)) in seen:
            continue
        seen.add(key)
        for _ in range(PER_FIELD):
            value = str(next(turn))[:3_000]
            query = urlencode(told | {name: value}, errors="surrogatepass")
            yield f"{name}={value[:40]!a}", query, b""


def turning() -> Iterator[Any]:
    """Yield the values round and round."""
    while True:
        yield from VALUES


def route(call: Call) -> str:
    return resolve(urlsplit(call.path).path).route


def is_tried(call: Call) -> bool:
    path = urlsplit(call.path).path
    try:
        resolve(path)
    except Resolver404:
        return False
    # Files are tried elsewhere.
    return path not in LEFT_OUT and not any(test_replay.FAKE_PATH in pair for pair in call.body)


def test_are_refused_and_never_break(demo: None):
    client = Client(raise_request_exception=False)
    seen: set[Any] = set()
    turn = turning()
    broken = []
    for call in filter(is_tried, read_calls().values()):
        headers = {"accept": "application/json"} | test_replay._credentials(call.role)
        path = test_replay._filled(urlsplit(call.path).path)
        changes = queries if call.method == "GET" else bodies
        for what, query, raw in changes(call, seen, turn):
            with transaction.atomic():
                answer = client.generic(
                    call.method,
                    f"{path}?{query}" if query else path,
                    raw,
                    content_type="application/json",
                    headers=headers,
                )
                transaction.set_rollback(True)
            if answer.status_code >= 500:
                broken.append(f"{call.method} {path} {what}: {answer.status_code}")
    assert broken == []
