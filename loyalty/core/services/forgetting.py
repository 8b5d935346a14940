"""
Take a person out of what the core keeps: audit trail, facts, answers kept for repetition, webhooks.

The core knows no customers, so whoever does names ids. Nothing here changes a figure: what goes is
what people wrote, who somebody was and where they called from. Source: campaigns-people spec 8.3.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import connection

from loyalty.core import sql
from loyalty.core.models import Store

# Who acted, where a person was forgotten.
NOBODY = "anonymized"
# What an entry about a person may go on saying. A list of what stays, so that a datum that somebody
# adds tomorrow goes.
KEPT_IN_AUDIT = (
    "agreement1",
    "agreement2",
    "agreement3",
    "level",
    "levelId",
    "status",
    "pos",
    "posId",
    "seller",
    "sellerId",
    "customerId",
)
# Keys of messages under which personal data stand.
PERSONAL_KEYS = frozenset(
    {
        "firstName",
        "lastName",
        "gender",
        "email",
        "phone",
        "birthDate",
        "loyaltyCardNumber",
        "address",
        "company",
        "labels",
        "customerData",
        "customerEmail",
        "customerPhone",
        "customerLoyaltyCardNumber",
        "customerFirstName",
        "customerLastName",
        "name",
        "comment",
    }
)
TEXT_LENGTH_MIN = 3


@contextmanager
def allowed() -> Iterator[None]:
    """Let the append-only tables lose what people wrote, in this transaction, inside this block."""
    assert connection.in_atomic_block
    sql.write("select set_config('loyalty.forgetting', 'on', true)", ())
    try:
        yield
    finally:
        if not connection.needs_rollback:
            sql.write("select set_config('loyalty.forgetting', '', true)", ())


def forget_in_audit(*, person: UUID, written: Collection[UUID] = ()) -> None:
    """
    Take a person out of the audit trail; that and when something was done to or by them stays.

    `written`: what they or others wrote a comment about, such as transfers.
    """
    with allowed():
        for table in AUDIT_TABLES:
            about, by, comments = (
                statement.format(table=table)
                for statement in (AUDIT_ABOUT, AUDIT_BY, AUDIT_COMMENTS)
            )
            sql.write(about, {"person": str(person), "kept": list(KEPT_IN_AUDIT)})
            sql.write(by, {"person": str(person), "nobody": NOBODY})
            if written:
                sql.write(comments, {"ids": [str(uuid) for uuid in written]})


def forget_in_facts(*, customer_ids: Collection[int], comments: Collection[str]) -> None:
    """Take these comments out of the facts of these customers."""
    if comments:
        with allowed():
            sql.write(FACTS, {"customers": list(customer_ids), "comments": list(comments)})


def forget_answers(*, store: Store, person: UUID, texts: Collection[str]) -> None:
    """
    Empty the answers kept for repetitions that name a person, by their id or by one of `texts`.

    A repetition is still known for one, and gets an empty answer.
    """
    named = [str(person), *(text for text in texts if len(text) >= TEXT_LENGTH_MIN)]
    sql.write(
        ANSWERS,
        {
            "store": store.pk,
            "caller": f"customer:{person}",
            "patterns": [f"%{_escaped(text)}%" for text in named],
        },
    )


def forget_deliveries(*, store: Store, person: UUID, customer_id: int | None) -> None:
    """
    Take a person out of webhooks: of what was sent, body and answer go; what waits is sent without.

    `person`: the uuid of the customer, or of a document that has none. Lists lose only what they
    say of this person.
    """
    of_lane = sql.write(DELIVERIES, {"store": store.pk, "person": person, "customer": customer_id})
    of_lists = sql.write(
        LISTS, {"store": store.pk, "store_lane": store.uuid, "pattern": f"%{person}%"}
    )
    bodies = {
        pk: _without(body, None) if state == "waiting" else "" for pk, state, body in of_lane
    } | {pk: _without(body, person) for pk, body in of_lists}
    if bodies:
        sql.write(REWRITE, {"ids": list(bodies), "bodies": list(bodies.values())})


def _without(body: str, person: UUID | None) -> str:
    """Return a message's body without personal data: everybody's, or those of `person` alone."""
    if not body:
        return ""
    return json.dumps(
        _redacted(json.loads(body), person), ensure_ascii=False, separators=(",", ":")
    )


def _redacted(node: Any, person: UUID | None) -> Any:
    if isinstance(node, Sequence) and not isinstance(node, str):
        return [_redacted(part, person) for part in node]
    if not isinstance(node, dict):
        return node
    is_theirs = person is None or node.get("customerId") == str(person)
    return {
        key: None if is_theirs and key in PERSONAL_KEYS else _redacted(value, person)
        for key, value in node.items()
    }


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


# The trail, and what was moved out of it.
AUDIT_TABLES = ("core_auditentry", "core_archivedauditentry")

AUDIT_ABOUT = """
update {table} set data = (
    select coalesce(jsonb_object_agg(key, value), '{{}}') from jsonb_each(data)
    where key = any(%(kept)s::text[])
)
where entity_type = 'Customer' and entity_id = %(person)s::text and data <> '{{}}'
returning id
"""

AUDIT_BY = """
update {table}
set username = %(nobody)s::text, ip_address = null, data = data - 'ip' - 'comment'
where (actor_kind = 'customer' and actor_id = %(person)s::text)
    or (actor_kind = '' and entity_id = %(person)s::text)
returning id
"""

AUDIT_COMMENTS = """
update {table} set data = data - 'comment'
where entity_id = any(%(ids)s::text[]) and data ? 'comment'
returning id
"""

FACTS = """
update core_event set payload = payload - 'comment'
where customer_id = any(%(customers)s::bigint[])
    and payload ->> 'comment' = any(%(comments)s::text[])
returning id
"""

ANSWERS = """
update core_idempotencyrecord set body = null
where body is not null and (store_id = %(store)s::bigint or store_id is null)
    and (caller = %(caller)s::text or body::text ilike any(%(patterns)s::text[]))
returning id
"""

# Both by an index: of the customer, and of the age, for bodies are kept for two weeks only.
DELIVERIES = """
select id, state, body from core_webhookdelivery
where body <> '' and id in (
    select id from core_webhookdelivery where customer_id = %(customer)s::bigint
    union all
    select id from core_webhookdelivery
    where lane_key = %(person)s::uuid and store_id = %(store)s::bigint
        and created_at > now() - interval '15 days'
)
order by id for update
"""

LISTS = """
select id, body from core_webhookdelivery
where lane_key = %(store_lane)s::uuid and store_id = %(store)s::bigint
    and created_at > now() - interval '15 days' and body like %(pattern)s::text
order by id for update
"""

REWRITE = """
update core_webhookdelivery d set body = new.body, attempts = (
    select coalesce(jsonb_agg(a || '{"answer": ""}'), '[]') from jsonb_array_elements(attempts) a
)
from unnest(%(ids)s::bigint[], %(bodies)s::text[]) as new (id, body)
where d.id = new.id
returning d.id
"""
