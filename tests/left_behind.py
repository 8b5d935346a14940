"""What is left in a store, by names instead of ids, so that two ways to one end can be compared."""

import re
from collections import defaultdict
from datetime import datetime
from typing import Any

from accounts.ledger.models import Lot, LotAllocation, Posting, WalletBalance
from accounts.models import Customer, Level, LevelChange, Pos, SegmentMembership
from earning.models import Evaluation, RuleUse
from loyalty.core.models import AuditEntry, Event, Store
from transactions.models import ItemLabel, Transaction, TransactionItem

A_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


def everything(store: Store, now: datetime) -> dict[str, Any]:
    """Return all that a store holds of what was done at `now`, with names instead of ids."""
    names = names_of(store)
    return {
        "customers": {
            customer.email: plain(customer, names, without=("wallet", "password", "uuid"))
            for customer in Customer.objects.in_store(store)
        },
        "documents": {
            document.document_number: plain(document, names)
            for document in Transaction.objects.in_store(store)
        },
        "items": grouped(TransactionItem.objects.filter(transaction__store=store), names),
        "labels": list(ItemLabel.objects.filter(store=store).values_list("key", "value")),
        "balances": grouped(WalletBalance.objects.filter(wallet__store=store), names),
        "lots": grouped(Lot.objects.in_store(store), names, without=("posting",)),
        "postings": grouped(Posting.objects.in_store(store), names),
        "levels": grouped(LevelChange.objects.filter(customer__store=store, changed_at=now), names),
        "segments": grouped(SegmentMembership.objects.filter(customer__store=store), names),
        "uses": grouped(RuleUse.objects.in_store(store), names),
        "evaluations": {
            names[str(each.transaction_uuid)]: (
                each.points,
                explained(each.explanation),
                sorted(each.executions.values_list("rule__name", "points")),
            )
            for each in Evaluation.objects.in_store(store)
        },
        "allocations": grouped(
            LotAllocation.objects.filter(posting__store=store), names, without=("posting", "lot")
        ),
        "trail": [
            (each.event_type, each.username, named(each.data, names))
            for each in AuditEntry.objects.filter(store=store, created_at=now).order_by("pk")
        ],
        "facts": facts_of(store, names, now),
    }


def facts_of(store: Store, names: dict[str, str], now: datetime) -> dict[str, list[Any]]:
    """Return the facts of each customer, and of each document of nobody, in their order."""
    found: dict[str, list[Any]] = defaultdict(list)
    for fact in Event.objects.filter(store=store, recorded_at=now).order_by("pk"):
        whose = f"customer {fact.customer_id}" if fact.customer_id else str(fact.subject)
        found[named(whose, names)].append((fact.type, named(fact.payload, names)))
    return found


def names_of(store: Store) -> dict[str, str]:
    names = {}
    for customer in Customer.objects.in_store(store).select_related("wallet"):
        name = customer.email or ""
        names |= {
            str(customer.uuid): name,
            f"customer {customer.pk}": name,
            str(customer.wallet.uuid): f"wallet of {name}",
            f"wallet {customer.wallet_id}": f"wallet of {name}",
        }
    for document in Transaction.objects.in_store(store):
        names[str(document.uuid)] = document.document_number
        names[f"transaction {document.pk}"] = document.document_number
    for level in Level.objects.in_store(store):
        names[str(level.uuid)] = names[f"level {level.pk}"] = str(level.condition_value)
    for till in Pos.objects.in_store(store):
        names[str(till.uuid)] = "Till"
    return names


FOREIGN = {
    "customer_id": "customer",
    "invited_by_id": "customer",
    "wallet_id": "wallet",
    "from_wallet_id": "wallet",
    "to_wallet_id": "wallet",
    "transaction_id": "transaction",
    "revised_id": "transaction",
    "level_id": "level",
    "old_level_id": "level",
    "new_level_id": "level",
}
# Numbers and moments of the test's own making.
OWN = {"id", "uuid", "store_id", "created_at", "updated_at", "lot_uuid", "key"}


def plain(row: Any, names: dict[str, str], *, without: tuple[str, ...] = ()) -> dict[str, Any]:
    found = {}
    for field in row._meta.concrete_fields:
        name = field.attname
        if name in OWN or name.removesuffix("_id") in without:
            continue
        value = getattr(row, name)
        if name in FOREIGN and value is not None:
            value = names.get(f"{FOREIGN[name]} {value}", FOREIGN[name])
        elif name.endswith("_id"):
            value = value is not None
        found[name] = named(value, names)
    return found


def grouped(rows: Any, names: dict[str, str], *, without: tuple[str, ...] = ()) -> list[str]:
    return sorted(repr(plain(row, names, without=without)) for row in rows)


def named(value: Any, names: dict[str, str]) -> str:
    """Write a value down with names instead of ids; an id of nothing named is `some`."""
    return A_UUID.sub(lambda found: names.get(found[0], "some"), names.get(str(value), str(value)))


def explained(explanation: dict[str, Any]) -> str:
    """Return an explanation without the numbers of rules, levels and segments."""
    kept = {key: explanation[key] for key in ("points", "exact", "refusal", "lines")}
    rules = [
        {key: value for key, value in rule.items() if key not in {"id", "uuid", "detail"}}
        for rule in explanation["rules"]
    ]
    return repr((kept, rules))
