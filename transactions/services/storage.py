"""Write a document with its lines and facts: one statement, because every till waits for it."""

import json
from collections.abc import Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model

from loyalty.core import sql
from loyalty.core.models import Event
from transactions.models import Transaction, TransactionItem

# ON CONFLICT instead of an exception: a second document with the same number waits until the first
# has committed, then inserts nothing, and the surrounding transaction stays usable. The labels are
# inserted in order, so that two documents with the same new ones cannot deadlock.
INSERT = """
WITH document AS (
    INSERT INTO transactions_transaction (
        uuid, store_id, document_type, document_number, purchased_at, purchase_place,
        customer_id, assigned_at, customer_data, pos_id, revised_id, gross_value,
        gross_value_without_delivery, amount_excluded_for_level, excluded_delivery_skus,
        excluded_level_skus, excluded_level_categories, labels, created_at
    ) VALUES (
        %s::uuid, %s::bigint, %s::text, %s::text, %s::timestamptz, %s::text,
        %s::bigint, %s::timestamptz, %s::jsonb, %s::bigint, %s::bigint, %s::numeric,
        %s::numeric, %s::numeric, %s::text[],
        %s::text[], %s::text[], %s::jsonb, %s::timestamptz
    )
    ON CONFLICT (store_id, document_number) DO NOTHING
    RETURNING id
), lines AS (
    INSERT INTO transactions_transactionitem (
        transaction_id, position, sku, name, quantity, gross_value, category, maker, labels
    )
    SELECT document.id, line.*
    FROM document, unnest(
        %s::integer[], %s::text[], %s::text[], %s::numeric[], %s::numeric[],
        %s::text[], %s::text[], %s::jsonb[]
    ) AS line
), labels AS (
    INSERT INTO transactions_itemlabel (store_id, key, value)
    SELECT %s, label.key, label.value
    FROM document, unnest(%s::text[], %s::text[]) AS label (key, value)
    ORDER BY label.key, label.value
    ON CONFLICT (store_id, key, value) DO NOTHING
), facts AS (
    INSERT INTO core_event (uuid, store_id, type, subject, customer_id, payload, recorded_at)
    SELECT fact.uuid, fact.store_id, fact.type, fact.subject, fact.customer_id, fact.payload,
        fact.recorded_at
    FROM document, unnest(
        %s::uuid[], %s::bigint[], %s::text[], %s::uuid[], %s::bigint[], %s::jsonb[],
        %s::timestamptz[]
    ) WITH ORDINALITY AS fact (
        uuid, store_id, type, subject, customer_id, payload, recorded_at, number
    )
    ORDER BY fact.number
    RETURNING id
)
SELECT document.id, array(SELECT id FROM facts ORDER BY id) FROM document
"""


def insert(document: Transaction, items: Sequence[TransactionItem], facts: Sequence[Event]) -> bool:
    """
    Insert a document, its lines, its facts and the labels that the store had not seen.

    Sets the keys of document and facts; dispatching these is the caller's. Waits while another
    transaction is inserting the same number. False: the number was used, and nothing was written.
    """
    arguments = [
        *_document(document),
        *_lines(items),
        *_labels(document, items),
        *_facts(facts),
    ]
    written = sql.write(INSERT, arguments)
    if not written:
        return False
    [(document_id, fact_ids)] = written
    _mark_stored(document, document_id)
    for fact, fact_id in zip(facts, fact_ids, strict=True):
        _mark_stored(fact, fact_id)
    for item in items:
        item.transaction = document
    return True


def _mark_stored(row: Model, pk: int) -> None:
    """Say of a model what saving it would have said."""
    row.pk = pk
    row._state.adding = False
    row._state.db = DEFAULT_DB_ALIAS


def _document(document: Transaction) -> list[Any]:
    return [
        document.uuid,
        document.store_id,
        document.document_type,
        document.document_number,
        document.purchased_at,
        document.purchase_place,
        document.customer_id,
        document.assigned_at,
        json.dumps(document.customer_data),
        document.pos_id,
        document.revised_id,
        document.gross_value,
        document.gross_value_without_delivery,
        document.amount_excluded_for_level,
        document.excluded_delivery_skus,
        document.excluded_level_skus,
        document.excluded_level_categories,
        json.dumps(document.labels),
        document.created_at,
    ]


def _lines(items: Sequence[TransactionItem]) -> list[Any]:
    return [
        [item.position for item in items],
        [item.sku for item in items],
        [item.name for item in items],
        [item.quantity for item in items],
        [item.gross_value for item in items],
        [item.category for item in items],
        [item.maker for item in items],
        [json.dumps(item.labels) for item in items],
    ]


def _labels(document: Transaction, items: Sequence[TransactionItem]) -> list[Any]:
    pairs = sorted({(label["key"], label["value"]) for item in items for label in item.labels})
    return [document.store_id, [key for key, _ in pairs], [value for _, value in pairs]]


def _facts(facts: Sequence[Event]) -> list[Any]:
    return [
        [fact.uuid for fact in facts],
        [fact.store_id for fact in facts],
        [fact.type for fact in facts],
        [fact.subject for fact in facts],
        [fact.customer_id for fact in facts],
        [json.dumps(fact.payload) for fact in facts],
        [fact.recorded_at for fact in facts],
    ]
