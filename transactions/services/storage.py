"""Write a document with its lines and facts: one statement, because every till waits for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from loyalty.core import rows, sql
from loyalty.core.models import Event
from transactions.models import Transaction, TransactionItem
from transactions.services import item_labels

# ON CONFLICT instead of an exception: a second document with the same number waits until the first
# has committed, then inserts nothing, and the surrounding transaction stays usable.
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
SELECT document.id, array(SELECT id FROM facts ORDER BY id), (
    SELECT json_agg(json_build_array(label.key, label.value))
    FROM json_to_recordset(%s) AS label (key text, value text)
    WHERE NOT EXISTS (
        SELECT FROM transactions_itemlabel known
        WHERE known.store_id = %s AND known.key = label.key AND known.value = label.value
    )
) FROM document
"""


INSERT_MANY = """
with document as (
    insert into transactions_transaction (
        uuid, store_id, document_type, document_number, purchased_at, purchase_place,
        customer_id, assigned_at, customer_data, pos_id, revised_id, gross_value,
        gross_value_without_delivery, amount_excluded_for_level, excluded_delivery_skus,
        excluded_level_skus, excluded_level_categories, labels, created_at
    )
    select d.uuid, %(store)s::bigint, d.type, d.document_number, d.purchased_at, d.place,
        d.customer, d.assigned_at, d.buyer, d.pos, d.revised, d.gross,
        d.without_delivery, d.excluded, d.delivery_skus,
        d.level_skus, d.level_categories, d.labels, d.created_at
    from json_to_recordset(%(documents)s) as d (
        number integer, uuid uuid, type text, document_number text, purchased_at timestamptz,
        place text, customer bigint, assigned_at timestamptz, buyer jsonb, pos bigint,
        revised bigint, gross numeric, without_delivery numeric, excluded numeric,
        delivery_skus text[], level_skus text[], level_categories text[], labels jsonb,
        created_at timestamptz
    )
    order by d.number
    on conflict (store_id, document_number) do nothing
    returning id, uuid
), lines as (
    insert into transactions_transactionitem (
        transaction_id, position, sku, name, quantity, gross_value, category, maker, labels
    )
    select document.id, line.position, line.sku, line.name, line.quantity, line.gross_value,
        line.category, line.maker, line.labels
    from json_to_recordset(%(lines)s) as line (
        document uuid, position integer, sku text, name text, quantity numeric,
        gross_value numeric, category text, maker text, labels jsonb
    )
    join document on document.uuid = line.document
), facts as (
    insert into core_event (uuid, store_id, type, subject, customer_id, payload, recorded_at)
    select fact.uuid, fact.store_id, fact.type, fact.subject, fact.customer_id, fact.payload,
        fact.recorded_at
    from json_to_recordset(%(facts)s) as fact (
        number integer, uuid uuid, store_id bigint, type text, subject uuid, customer_id bigint,
        payload jsonb, recorded_at timestamptz
    )
    join document on document.uuid = fact.subject
    order by fact.number
    returning id, uuid
)
select uuid, id, true from document union all select uuid, id, false from facts
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """A document that is about to be stored, with its lines and facts."""

    document: Transaction
    items: Sequence[TransactionItem]
    facts: Sequence[Event]


def insert_many(store_id: int, drafts: Sequence[Draft]) -> set[UUID]:
    """
    Do what `insert` does to many documents, by one statement; return the ids of those stored.

    Those that are missing have a number that was used before.
    """
    documents = [_row(number, draft.document) for number, draft in enumerate(drafts)]
    lines: list[dict[str, Any]] = []
    facts: list[Event] = []
    for draft in drafts:
        uuid = draft.document.uuid
        lines += [{"document": uuid} | _line(item) for item in draft.items]
        facts += draft.facts
    written = sql.write(
        INSERT_MANY,
        {
            "store": store_id,
            "documents": sql.as_json(documents),
            "lines": sql.as_json(lines),
            "facts": _facts(facts),
        },
    )
    ids = {uuid: pk for uuid, pk, _is_document in written}
    for draft in drafts:
        for row in (draft.document, *draft.facts):
            if row.uuid in ids:
                rows.stored(row, ids[row.uuid])
        for item in draft.items:
            rows.relate(item, "transaction", draft.document)
        if draft.document.uuid in ids:
            item_labels.note(_pairs(draft.items))
    return {uuid for uuid, _pk, is_document in written if is_document}


def _row(number: int, document: Transaction) -> dict[str, Any]:
    return {
        "number": number,
        "uuid": document.uuid,
        "type": document.document_type,
        "document_number": document.document_number,
        "purchased_at": document.purchased_at,
        "place": document.purchase_place,
        "customer": document.customer_id,
        "assigned_at": document.assigned_at,
        "buyer": document.customer_data,
        "pos": document.pos_id,
        "revised": document.revised_id,
        "gross": str(document.gross_value),
        "without_delivery": str(document.gross_value_without_delivery),
        "excluded": str(document.amount_excluded_for_level),
        "delivery_skus": document.excluded_delivery_skus,
        "level_skus": document.excluded_level_skus,
        "level_categories": document.excluded_level_categories,
        "labels": document.labels,
        "created_at": document.created_at,
    }


def insert(document: Transaction, items: Sequence[TransactionItem], facts: Sequence[Event]) -> bool:
    """
    Insert a document, its lines and its facts, and note labels that the store had not seen.

    Sets the keys of document and facts; dispatching these is the caller's. Waits while another
    transaction is inserting the same number. False: the number was used, and nothing was written.
    """
    arguments = [
        *_document(document),
        _lines(items),
        _facts(facts),
        _labels(items),
        document.store_id,
    ]
    written = sql.write(INSERT, arguments)
    if not written:
        return False
    [(document_id, fact_ids, new_labels)] = written
    item_labels.note((key, value) for key, value in new_labels or ())
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
    return sql.as_json([_line(item) for item in items])


def _line(item: TransactionItem) -> dict[str, Any]:
    return {
        "position": item.position,
        "sku": item.sku,
        "name": item.name,
        "quantity": str(item.quantity),
        "gross_value": str(item.gross_value),
        "category": item.category,
        "maker": item.maker,
        "labels": item.labels,
    }


def _labels(items: Sequence[TransactionItem]) -> str:
    return sql.as_json([{"key": key, "value": value} for key, value in _pairs(items)])


def _pairs(items: Sequence[TransactionItem]) -> set[item_labels.Pair]:
    return {(label["key"], label["value"]) for item in items for label in item.labels}


def _facts(facts: Sequence[Event]) -> str:
    return sql.as_json(
        [
            {
                "number": number,
                "uuid": fact.uuid,
                "store_id": fact.store_id,
                "type": fact.type,
                "subject": fact.subject,
                "customer_id": fact.customer_id,
                "payload": fact.payload,
                "recorded_at": fact.recorded_at,
            }
            for number, fact in enumerate(facts)
        ]
    )
