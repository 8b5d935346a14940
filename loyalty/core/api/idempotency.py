"""
`Idempotency-Key`: a POST that is sent again gets its first answer again.

The record is written in the transaction of the effect, so that there is never one without the
other. A second request with the same key that arrives meanwhile waits at the unique index for the
first one's end. A refusal rolls the record back: it does not use up its key.
"""

import hashlib
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import ParseError
from rest_framework.response import Response

from loyalty.core import locks, throttle
from loyalty.core.actors import Actor
from loyalty.core.api.rendering import QuickJSONRenderer
from loyalty.core.errors import KeyReused
from loyalty.core.models import IdempotencyRecord, Store

KEY_LENGTH_MAX = 255


def key_of(request: HttpRequest) -> str | None:
    """Return the key that came with a request. :raises ParseError: no key can look so."""
    key = request.headers.get("Idempotency-Key")
    if key is None or key == "":
        return None
    if len(key) > KEY_LENGTH_MAX or not key.isprintable():
        raise ParseError("The Idempotency-Key is too long or has control characters.")
    return key


@locks.again_after_deadlock
def run(
    *,
    key: str,
    actor: Actor | None,
    store: Store | None,
    fingerprint: str,
    handler: Callable[[], Response],
) -> HttpResponse:
    """
    Run `handler` once per key and caller, and answer a repetition from the record.

    :raises KeyReused: the key stands for another request.
    """
    caller = f"{actor.kind}:{actor.uuid or actor.name}" if actor else "public"
    # A refusal is undone, and yet it counts against guessing.
    with throttle.outliving_rollback(), transaction.atomic():
        record_id = _claim(caller, key, fingerprint, store)
        if record_id is None:
            return _replayed(caller, key, fingerprint)
        response = handler()
        if response.status_code >= 400:
            transaction.set_rollback(True)
            return response
        body = None if response.data is None else QuickJSONRenderer().render(response.data).decode()
        IdempotencyRecord.objects.filter(pk=record_id).update(
            status=response.status_code, body=body
        )
        throttle.keep()
        return response


def fingerprint_of(request: HttpRequest, tree: Any) -> str:
    """Return a digest of what a request asks: method, path with query, and body."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if request.content_type == "multipart/form-data" or not hasattr(request, "_body"):
        # The boundary differs each time, and a large body was never in memory: take the content.
        _digest_tree(digest, tree)
    else:
        digest.update(request.body)
    return digest.hexdigest()


def _digest_tree(digest: Any, node: Any) -> None:
    if isinstance(node, dict):
        for name in sorted(node):
            digest.update(f"{name}=".encode())
            _digest_tree(digest, node[name])
    elif isinstance(node, list):
        for item in node:
            _digest_tree(digest, item)
    elif hasattr(node, "chunks"):
        for chunk in node.chunks():
            digest.update(chunk)
        node.seek(0)
    else:
        digest.update(f"{node!r};".encode())


def _claim(caller: str, key: str, fingerprint: str, store: Store | None) -> int | None:
    """Write the record and return its id; None: another request has it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into core_idempotencyrecord (caller, key, fingerprint, store_id, created_at)"
            " values (%s, %s, %s, %s, now()) on conflict (caller, key) do nothing returning id",
            [caller, key, fingerprint, store.pk if store else None],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def _replayed(caller: str, key: str, fingerprint: str) -> HttpResponse:
    record = IdempotencyRecord.objects.get(caller=caller, key=key)
    if record.fingerprint != fingerprint:
        raise KeyReused
    assert record.status is not None, "A record is committed with its answer."
    response = HttpResponse(
        record.body or b"", status=record.status, content_type="application/json"
    )
    response["Idempotent-Replayed"] = "true"
    return response
