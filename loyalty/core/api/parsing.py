"""
Request bodies: forms with bracketed names, JSON and multipart all become the same tree (GEN-1).

No living library reads PHP's bracket names strictly (with limits on size and depth, refusing
unfitting encodings), so this module does. The tree consists of dicts, lists, strings, numbers
(`int`, and `Decimal` for fractions), booleans, None, and uploaded files.
"""

import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import IO, Any, NoReturn, cast
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParser as DjangoMultiPartParser
from django.http.multipartparser import MultiPartParserError
from rest_framework.exceptions import APIException, ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser

DEPTH_MAX = 16
FIELDS_MAX = 20_000
NAME_LENGTH_MAX = 1_000
# A whole number longer than this is nobody's amount or id.
DIGITS_MAX = 40

Tree = dict[str, Any]


class BodyTooLarge(APIException):
    status_code = 413
    default_detail = "Request body too large."
    default_code = "too_large"


class JSONParser(BaseParser):
    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        return parse_json(_read(parser_context, media_type))


class FormParser(BaseParser):
    media_type = "application/x-www-form-urlencoded"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        raw = _read(parser_context, media_type)
        if raw.lstrip()[:1] in {b"{", b"["}:
            # curl says "form" by default, also of a JSON body; no field's name begins so.
            return parse_json(raw)
        return parse_form(raw)


class MultiPartParser(BaseParser):
    media_type = "multipart/form-data"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        assert parser_context is not None
        request: HttpRequest = parser_context["request"]._request
        try:
            fields, files = DjangoMultiPartParser(
                request.META, cast(Any, stream), request.upload_handlers, "utf-8"
            ).parse()
        except RequestDataTooBig as error:
            raise BodyTooLarge from error
        except (MultiPartParserError, SuspiciousOperation) as error:
            raise ParseError("Malformed multipart body.") from error
        pairs: list[tuple[str, Any]] = []
        for source in (fields, files):
            for name in source:
                pairs.extend((name, value) for value in source.getlist(name))
        for name, value in pairs:
            _refuse_null(name)
            if isinstance(value, str):
                _refuse_null(value)
        return tree_of(pairs)


def parse_json(raw: bytes) -> Any:
    """
    Return what a JSON body says; {} for an empty one.

    :raises ParseError: not JSON, not UTF-8, NaN, too deep, or texts that no database takes.
    """
    if not raw.strip():
        return {}
    try:
        tree = json.loads(
            raw.decode("utf-8-sig"),
            parse_float=_fraction,
            parse_int=_whole,
            parse_constant=_refuse_constant,
        )
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
        raise ParseError("Malformed JSON.") from error
    # Only an escape can bring a NUL or half a surrogate pair: JSON itself forbids the bare NUL,
    # and the decoding above the bare surrogate.
    _check(tree, texts=b"\\u" in raw)
    return tree


def parse_form(raw: bytes) -> Tree:
    """
    Return the tree that an urlencoded form's bracketed names describe.

    :raises ParseError: not UTF-8, too many fields, too deep.
    """
    fields = raw.split(b"&")
    if len(fields) > FIELDS_MAX:
        raise ParseError("Too many fields.")
    pairs = []
    for field in fields:
        name, _, value = field.partition(b"=")
        if name.strip():
            pairs.append((_decoded(name), _decoded(value)))
    return tree_of(pairs)


def tree_of(pairs: Iterable[tuple[str, Any]]) -> Tree:
    """
    Build the tree of `a[b][]=value` pairs.

    `[]` counts up; where all keys of a level are numbers it becomes a list, in their order. Of two
    values under one name the later counts, but a compound always counts before a plain value.
    Blanks around names are dropped (the reference prints `store[name] = x`).
    """
    root = _Level()
    for name, value in pairs:
        _place(root, _path(name), value)
    return {key: _with_lists(value) for key, value in root.items()}


_BRACKETS = re.compile(r"\[([^\[\]]*)\]")


def _path(name: str) -> list[str]:
    """Split `a[b][]` into ["a", "b", ""]; a name with unbalanced brackets is one word."""
    name = name.strip()
    if len(name) > NAME_LENGTH_MAX:
        raise ParseError("A field's name is too long.")
    head, bracket, _ = name.partition("[")
    head = head.strip()
    if not bracket or not head:
        return [name]
    rest = name[name.index("[") :]
    if _BRACKETS.sub("", rest).strip():
        return [name]
    keys = [key.strip() for key in _BRACKETS.findall(rest)]
    if len(keys) >= DEPTH_MAX:
        raise ParseError("Too deeply nested.")
    return [head, *keys]


class _Level(dict[str, Any]):
    """One level of the tree while it is built; knows the number that `[]` stands for next."""

    next = 0

    def key(self, written: str) -> str:
        key = written or str(self.next)
        if _is_index(key):
            self.next = max(self.next, int(key) + 1)
        return key


def _place(root: _Level, path: list[str], value: Any) -> None:
    level = root
    for written in path[:-1]:
        key = level.key(written)
        if not isinstance(level.get(key), _Level):
            level[key] = _Level()
        level = level[key]
    key = level.key(path[-1])
    if not isinstance(level.get(key), _Level):
        level[key] = value


def _with_lists(node: Any) -> Any:
    """Turn every level whose keys are all numbers into a list."""
    if not isinstance(node, _Level):
        return node
    if all(_is_index(key) for key in node):
        return [_with_lists(node[key]) for key in sorted(node, key=int)]
    return {key: _with_lists(value) for key, value in node.items()}


def _is_index(key: str) -> bool:
    return key.isascii() and key.isdigit() and len(key) <= 9


def _decoded(part: bytes) -> str:
    try:
        text = unquote_to_bytes(part.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ParseError("The body is not UTF-8.") from error
    _refuse_null(text)
    return text


def _refuse_null(text: str) -> None:
    if "\0" in text:
        raise ParseError("The body contains a NUL character.")


def _whole(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= DIGITS_MAX else _fraction(digits)


def _fraction(digits: str) -> Decimal:
    if len(digits) > 1000:
        raise ValueError("number too long")
    return Decimal(digits)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _check(tree: Any, *, texts: bool) -> None:
    """Refuse what is nested too deep, and, where `texts`, what PostgreSQL cannot store."""
    level = [tree]
    for _ in range(DEPTH_MAX + 1):
        following: list[Any] = []
        for node in level:
            if isinstance(node, dict):
                following.extend(node.values())
                if texts:
                    following.extend(node.keys())
            elif isinstance(node, list):
                following.extend(node)
            elif texts and isinstance(node, str):
                _refuse_null(node)
                try:
                    node.encode()
                except UnicodeEncodeError as error:
                    raise ParseError("The body contains half a surrogate pair.") from error
        if not following:
            return
        level = following
    raise ParseError("Too deeply nested.")


def _read(context: Mapping[str, Any] | None, media_type: str | None) -> bytes:
    """Return the whole body, which the request keeps for its fingerprint."""
    assert context is not None
    request: HttpRequest = context["request"]._request
    charset = (
        str(request.content_params.get("charset") or "utf-8") if request.content_params else "utf-8"
    )
    if charset.lower().replace("_", "-") not in {"utf-8", "utf8", "us-ascii", "ascii"}:
        raise UnsupportedMediaType(media_type or "")
    try:
        return request.body
    except RequestDataTooBig as error:
        raise BodyTooLarge from error


def refuse_compressed(request: HttpRequest) -> None:
    """Refuse a body under another coding than its own: nothing here unpacks one."""
    coding = request.headers.get("Content-Encoding", "").strip().lower()
    if coding not in {"", "identity"}:
        raise UnsupportedMediaType(coding, "A body must not be compressed.")


def refuse_large(request: HttpRequest, *, takes_long_bodies: bool = False) -> None:
    """Refuse a body by its announced length, before anything is read of it."""
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if takes_long_bodies or request.content_type == "multipart/form-data":
        limit = settings.UPLOAD_MAX_BYTES
    if limit is not None and int(request.META.get("CONTENT_LENGTH") or 0) > limit:
        raise BodyTooLarge
