"""Write a document with its lines and facts: one statement, because every till waits for it."""

from collections.abc import Sequence
from typing import Any

from loyalty.core import rows, sql
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
    FROM document, json_to_recordset(%s) AS line (
        position integer, sku text, name text, quantity numeric, gross_value numeric,
        category text, maker text, labels jsonb
    )
), labels AS (
    INSERT INTO transactions_itemlabel (store_id, key, value)
    SELECT %s, label.key, label.value
    FROM document, json_to_recordset(%s) AS label (key text, value text)
    ORDER BY label.key, label.value
    ON CONFLICT (store_id, key, value) DO NOTHING
), facts AS (
    INSERT INTO core_event (uuid, store_id, type, subject, customer_id, payload, recorded_at)
    SELECT fact.uuid, fact.store_id, fact.type, fact.subject, fact.customer_id, fact.payload,
        fact.recorded_at
    FROM document, json_to_recordset(%s) AS fact (
        number integer, uuid uuid, store_id bigint, type text, subject uuid, customer_id bigint,
        payload jsonb, recorded_at timestamptz
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
        _lines(items),
        document.store_id,
        _labels(items),
        _facts(facts),
    ]
    written = sql.write(INSERT, arguments)
    if not written:
        return False
    [(document_id, fact_ids)] = written
    rows.stored(document, document_id)
    for fact, fact_id in zip(facts, fact_ids, strict=True):
        rows.stored(fact, fact_id)
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
        sql.as_json(document.customer_data),
        document.pos_id,
        document.revised_id,
        document.gross_value,
        document.gross_value_without_delivery,
        document.amount_excluded_for_level,
        document.excluded_delivery_skus,
        document.excluded_level_skus,
        document.excluded_level_categories,
        sql.as_json(document.labels),
        document.created_at,
    ]


# Rows go as one JSON text each: an array per column takes psycopg several times as long.
def _lines(items: Sequence[TransactionItem]) -> str:
    return sql.as_json(
        [
            {
                "position": item.position,
                "sku": item.sku,
                "name": item.name,
                "quantity": str(item.quantity),
                "gross_value": str(item.gross_value),
                "category": item.category,
                "maker": item.maker,
                "labels": item.labels,
            }
            for item in items
        ]
    )


def _labels(items: Sequence[TransactionItem]) -> str:
    pairs = sorted({(label["key"], label["value"]) for item in items for label in item.labels})
    return sql.as_json([{"key": key, "value": value} for key, value in pairs])


def _facts(facts: Sequence[Event]) -> str:
    return sql.as_json(
        [
            {
                "number": number,
                "uuid": str(fact.uuid),
                "store_id": fact.store_id,
                "type": fact.type,
                "subject": str(fact.subject),
                "customer_id": fact.customer_id,
                "payload": fact.payload,
                "recorded_at": fact.recorded_at.isoformat(),
            }
            for number, fact in enumerate(facts)
        ]
    )
