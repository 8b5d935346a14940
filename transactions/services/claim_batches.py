"""
Give many documents to customers at once: what files of matches bring in. Source: TX-10…12.

The outcome is that of `matching.claim` for one after the other. Claims go in waves, as documents do
in `batches`: in one wave no two are of the same customer, document or sale. Sales that nobody has
brought anything back of are written together; all others go the way of one in their wave.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import Customer
from accounts.services import customer_locks
from earning.services import awards, referrals
from loyalty.core import clock, sql
from loyalty.core import events as core_events
from loyalty.core.actors import Actor
from loyalty.core.errors import DomainError
from loyalty.core.models import Store
from loyalty.core.services import audit
from transactions import events
from transactions.models import DocumentType, Transaction, TransactionItem
from transactions.services import effects, matching, purchases, settling

# Fewer claims than that in a wave are quicker one by one.
WAVE_MIN = 4

Outcome = Transaction | DomainError


@dataclass(frozen=True, slots=True)
class Claim:
    """A document's number, and whose it is."""

    document_number: str
    customer: Customer


def claim_many(
    *, store: Store, claims: Sequence[Claim], actor: Actor, now: datetime | None = None
) -> list[Outcome]:
    """
    Give documents to customers in their order; return for each the row, or why it was refused.

    Locks the customers of all of them, and who invited them where purchases may move both, then
    the documents with the returns that wait for them, then the wallets and the rewards' counts,
    until commit. What is refused leaves nothing behind and stops no other.
    """
    batch = _Batch(store, claims, actor, now or clock.now())
    with transaction.atomic():
        if claims:
            batch.take_all()
    return [batch.outcomes[place] for place in range(len(claims))]


class _Batch:
    def __init__(self, store: Store, claims: Sequence[Claim], actor: Actor, now: datetime) -> None:
        self.store = store
        self.claims = claims
        self.actor = actor
        self.now = now
        self.outcomes: dict[int, Outcome] = {}

    def take_singly(self, places: Iterable[int]) -> None:
        for place in places:
            claim = self.claims[place]
            try:
                with transaction.atomic():
                    self.outcomes[place] = matching.claim(
                        store=self.store,
                        document_number=claim.document_number,
                        customer=claim.customer,
                        actor=self.actor,
                        now=self.now,
                    )
            except DomainError as refusal:
                self.outcomes[place] = refusal

    def take_all(self) -> None:
        places = range(len(self.claims))
        self._lock(places)
        if settling.goes_singly(self.store):
            self.take_singly(places)
            return
        for wave in self._waves(places, self._lock_documents(places)):
            if len(wave) < WAVE_MIN:
                self.take_singly(wave)
            else:
                self._take_wave(wave)

    def _lock(self, places: Iterable[int]) -> None:
        """
        Lock all that the claims will change.

        All at once, in their order: a later claim must not wait with what an earlier one locked.
        """
        buyers = {claim.customer.pk for claim in self.claims}
        wanted = set(buyers)
        if referrals.moves_referrers(self.store):
            invited_by = {claim.customer.invited_by_id for claim in self.claims}
            wanted |= {pk for pk in invited_by if pk is not None}
        locked = customer_locks.lock(wanted, store=self.store)
        documents = Transaction.objects.in_store(self.store).order_by()
        named = documents.filter(document_number__in={self._number(place) for place in places})
        keys = list(named.values_list("pk", flat=True))
        waiting = documents.filter(revised__in=keys, customer=None)
        keys += waiting.values_list("pk", flat=True)
        rows = documents.filter(pk__in=keys).order_by("pk")
        # list(): a lazy queryset locks nothing.
        list(rows.select_for_update(of=("self",), no_key=True).values_list("pk"))
        referrals.lock_all_wallets(each for each in locked if each.pk in buyers)
        awards.prepare_rewards(self.store)

    def _number(self, place: int) -> str:
        return self.claims[place].document_number.strip()

    def _lock_documents(self, places: Iterable[int]) -> dict[str, Transaction]:
        rows = (
            Transaction.objects.in_store(self.store)
            .select_for_update(of=("self",), no_key=True)
            .filter(document_number__in={self._number(place) for place in places})
            .order_by("pk")
        )
        return {row.document_number: row for row in rows}

    def _waves(self, places: Iterable[int], documents: dict[str, Transaction]) -> list[list[int]]:
        """Part the claims so that each comes after those that it depends on."""
        last: dict[tuple[str, object], int] = {}
        waves: list[list[int]] = []
        for place in places:
            customer, document = self.claims[place].customer, documents.get(self._number(place))
            keys: list[tuple[str, object]] = [
                ("number", self._number(place)),
                ("customer", customer.pk),
            ]
            if document is not None:
                keys.append(("sale", document.revised_id or document.pk))
            if customer.invited_by_id is not None:
                # Paid for this purchase, too.
                keys.append(("customer", customer.invited_by_id))
            wave = max(last.get(key, -1) for key in keys) + 1
            last |= dict.fromkeys(keys, wave)
            if wave == len(waves):
                waves.append([])
            waves[wave].append(place)
        return waves

    # One wave

    def _take_wave(self, places: Sequence[int]) -> None:
        # Read again: what the waves before have written counts.
        wanted = {self.claims[place].customer.pk for place in places}
        customers = {each.pk: each for each in customer_locks.lock(wanted, store=self.store)}
        documents = self._lock_documents(places)
        with_returns = self._sales_with_waiting_returns(documents.values())
        rare = settling.find_rare(self.store, customers.values(), self.now)
        given: dict[int, tuple[Transaction, Customer]] = {}
        singly = []
        for place in places:
            document = documents.get(self._number(place))
            customer = customers[self.claims[place].customer.pk]
            if customer.anonymized_at is not None:
                self.outcomes[place] = customer_locks.CustomerAnonymized()
            elif document is None:
                self.outcomes[place] = matching.TransactionNotFound()
            elif document.customer_id is not None:
                self.outcomes[place] = matching.AlreadyAssigned()
            elif (
                document.document_type == DocumentType.RETURN
                or document.pk in with_returns
                or customer.pk in rare.of_sales | rare.of_anything
            ):
                singly.append(place)
            else:
                document.store = self.store
                given[place] = document, customer
        if given:
            self._give(given)
        self.take_singly(singly)

    def _sales_with_waiting_returns(self, documents: Iterable[Transaction]) -> set[int | None]:
        """Nobody can add to them: whoever returns a sale locks it first."""
        waiting = Transaction.objects.filter(
            revised__in=[document.pk for document in documents], customer=None
        )
        return set(waiting.values_list("revised_id", flat=True))

    def _give(self, given: dict[int, tuple[Transaction, Customer]]) -> None:
        items: dict[int, list[TransactionItem]] = defaultdict(list)
        rows = TransactionItem.objects.filter(
            transaction__in=[document.pk for document, _customer in given.values()]
        )
        for item in rows.order_by("position"):
            items[item.transaction_id].append(item)
        segments = awards.segments_of_many(
            self.store, [customer for _document, customer in given.values()]
        )
        settled = []
        for place, (document, customer) in given.items():
            try:
                found = awards.price(
                    customer=customer,
                    purchase=effects.purchase_of(document, items[document.pk]),
                    segment_ids=segments.get(customer.pk, frozenset()),
                )
            except DomainError as refusal:
                self.outcomes[place] = refusal
                continue
            purchases.give_to(document, customer, now=self.now)
            settled.append(settling.Settled(customer, document, None, found))
            self.outcomes[place] = document
        self._write(settled)
        settling.settle_many(store=self.store, settled=settled, returns={}, now=self.now)
        deeds = [matching.deed_of(one.row, one.customer) for one in settled]
        audit.record_many(self.actor, store=self.store, deeds=deeds, now=self.now)

    def _write(self, settled: Sequence[settling.Settled]) -> None:
        rows = [
            {"id": one.row.pk, "customer": one.customer.pk, "buyer": one.row.customer_data}
            for one in settled
        ]
        written = sql.write(_GIVE, {"now": self.now, "rows": sql.as_json(rows)})
        assert len(written) == len(rows)
        core_events.append_many(
            [
                events.transaction_assigned(one.row, customer=one.customer, now=self.now)
                for one in settled
            ]
        )


_GIVE = """
update transactions_transaction d
set customer_id = n.customer, assigned_at = %(now)s::timestamptz, customer_data = n.buyer
from json_to_recordset(%(rows)s) as n (id bigint, customer bigint, buyer jsonb)
where d.id = n.id
returning d.id
"""
