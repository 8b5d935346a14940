"""Write a document with its lines: one statement, because every till waits for it."""

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection

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
        %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s, %s, %s, %s,
        %s::text[], %s::text[], %s::text[], %s::jsonb, %s
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
)
SELECT id FROM document
"""


def insert(document: Transaction, items: Sequence[TransactionItem]) -> bool:
    """
    Insert a document, its lines and the labels that the store had not seen; set its `pk`.

    Waits while another transaction is inserting the same number. False: the number was used, and
    nothing was written.
    """
    assert connection.in_atomic_block
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [*_document(document), *_lines(items), *_labels(document, items)])
        row = cursor.fetchone()
    if row is None:
        return False
    document.pk = row[0]
    document._state.adding = False
    document._state.db = connection.alias
    for item in items:
        item.transaction = document
    return True


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
