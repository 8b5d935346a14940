"""Bodies of every kind become the same tree, or a refusal."""

from decimal import Decimal
from typing import Any
from urllib.parse import quote_plus

import pytest
from rest_framework.exceptions import ParseError

from loyalty.core.api.parsing import FIELDS_MAX, parse_form, parse_json, tree_of


def form(*pairs: tuple[str, str]) -> dict[str, Any]:
    return parse_form(
        "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs).encode()
    )


@pytest.mark.parametrize(
    ("pairs", "tree"),
    [
        pytest.param([], {}, id="empty"),
        pytest.param([("a", "1")], {"a": "1"}, id="plain"),
        pytest.param([("a", "1"), ("a", "2")], {"a": "2"}, id="the-later-counts"),
        pytest.param([("a[b]", "1"), ("a[c]", "2")], {"a": {"b": "1", "c": "2"}}, id="nested"),
        pytest.param([("a[b][c][d]", "1")], {"a": {"b": {"c": {"d": "1"}}}}, id="deep"),
        pytest.param([("a[]", "1"), ("a[]", "2")], {"a": ["1", "2"]}, id="running-index"),
        pytest.param([("a[1]", "y"), ("a[0]", "x")], {"a": ["x", "y"]}, id="by-number"),
        pytest.param([("a[7]", "x")], {"a": ["x"]}, id="sparse"),
        pytest.param(
            [("a[0][b]", "1"), ("a[0][c]", "2"), ("a[1][b]", "3")],
            {"a": [{"b": "1", "c": "2"}, {"b": "3"}]},
            id="list-of-objects",
        ),
        pytest.param([("a[0]", "x"), ("a[b]", "y")], {"a": {"0": "x", "b": "y"}}, id="mixed-keys"),
        pytest.param([("a[b]", "1"), ("a", "2")], {"a": {"b": "1"}}, id="compound-then-plain"),
        pytest.param([("a", "2"), ("a[b]", "1")], {"a": {"b": "1"}}, id="plain-then-compound"),
        pytest.param([(" a [ b ] ", " 1")], {"a": {"b": " 1"}}, id="blanks-around-names"),
        pytest.param([("a[b", "1")], {"a[b": "1"}, id="unbalanced"),
        pytest.param([("a]b", "1")], {"a]b": "1"}, id="closing-only"),
        pytest.param([("[a]", "1")], {"[a]": "1"}, id="no-head"),
        pytest.param([("a[b]c", "1")], {"a[b]c": "1"}, id="text-behind"),
        pytest.param([("a", "żółw +&=")], {"a": "żółw +&="}, id="any-text"),
    ],
)
def test_forms(pairs: list[tuple[str, str]], tree: Any):
    assert form(*pairs) == tree


def test_forms_take_bytes_that_curl_did_not_encode():
    assert parse_form("a[b]=żółw x&c=1".encode()) == {"a": {"b": "żółw x"}, "c": "1"}


def test_forms_and_json_of_the_same_tree_are_the_same():
    sent = form(("a[b][0][c]", "1"), ("a[b][1][c]", "2"), ("a[d]", "x"))

    assert sent == parse_json(b'{"a": {"b": [{"c": "1"}, {"c": "2"}], "d": "x"}}')


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"a=%ff", id="no-utf8-percent"),
        pytest.param(b"a=\xff", id="no-utf8"),
        pytest.param(b"a%00b=1", id="nul-in-name"),
        pytest.param(b"a=%00", id="nul"),
        pytest.param(b"a=%ED%A0%80", id="half-a-surrogate-pair"),
        pytest.param(b"a" + b"[b]" * 20 + b"=1", id="too-deep"),
        pytest.param(b"a" * 2000 + b"=1", id="name-too-long"),
        pytest.param(b"&".join([b"a=1"] * (FIELDS_MAX + 1)), id="too-many"),
    ],
)
def test_forms_refuse(raw: bytes):
    with pytest.raises(ParseError):
        parse_form(raw)


def test_twenty_thousand_running_indexes_take_no_quadratic_time():
    tree = tree_of(("a[]", "x") for _ in range(FIELDS_MAX))

    assert len(tree["a"]) == FIELDS_MAX


@pytest.mark.parametrize(
    ("raw", "tree"),
    [
        pytest.param(b"", {}, id="empty"),
        pytest.param(b"  ", {}, id="blank"),
        pytest.param(b'\xef\xbb\xbf{"a": 1}', {"a": 1}, id="byte-order-mark"),
        pytest.param(b'{"a": 10.10}', {"a": Decimal("10.10")}, id="exact-fraction"),
        pytest.param(b'{"a": "\\u017c"}', {"a": "ż"}, id="escape"),
        pytest.param(b'{"a": "\\ud83d\\ude00"}', {"a": "😀"}, id="whole-surrogate-pair"),
        pytest.param(b'{"a": null, "b": true}', {"a": None, "b": True}, id="words"),
    ],
)
def test_json(raw: bytes, tree: Any):
    assert parse_json(raw) == tree


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"{", id="cut"),
        pytest.param(b"{'a': 1}", id="single-quotes"),
        pytest.param(b'{"a": NaN}', id="nan"),
        pytest.param(b'{"a": -Infinity}', id="infinity"),
        pytest.param('{"a": "ż"}'.encode("utf-16"), id="utf-16"),
        pytest.param('{"a": "ż"}'.encode("iso-8859-2"), id="latin-2"),
        pytest.param(b'{"a": "\\u0000"}', id="nul"),
        pytest.param(b'{"a\\u0000": 1}', id="nul-in-key"),
        pytest.param(b'{"a": ["\\ud800"]}', id="half-a-surrogate-pair"),
        pytest.param(b"[" * 100_000, id="endless"),
        pytest.param(b"[" * 18 + b"]" * 18, id="too-deep"),
        pytest.param(b'{"a": ' + b"9" * 5000 + b"}", id="endless-number"),
    ],
)
def test_json_refuses(raw: bytes):
    with pytest.raises(ParseError):
        parse_json(raw)
