"""
Register many documents at once: what files bring in, and nobody at a till waits for.

The outcome is that of `purchases.register` for one after the other. Documents go in waves: in one
wave no two have the same customer, number or sale, so that none depends on another, and everything
that follows from all of them is read and written by the same few statements. What is rare goes the
long way in its wave: first purchases that a rule pays for, invited customers, wallets in which
something is due, returns that concern coupons.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts.models import Customer, Pos
from accounts.selectors import customers as customer_selectors
from accounts.services import customer_locks
from campaigns.models import Coupon
from earning import engine
from earning.services import awards, referrals
from loyalty.core import clock
from loyalty.core import events as core_events
from loyalty.core.actors import Actor
from loyalty.core.errors import DomainError
from loyalty.core.models import Store
from transactions import events
from transactions.models import Transaction
from transactions.services import documents as rules_of_documents
from transactions.services import effects, item_labels, purchases, settling, storage
from transactions.services.documents import Document
from transactions.services.storage import Draft

ZERO = Decimal(0)
# Fewer documents than that in a wave are quicker one by one.
WAVE_MIN = 4

Outcome = Transaction | DomainError


def register_many(
    *, store: Store, documents: Sequence[Document], actor: Actor, now: datetime | None = None
) -> list[Outcome]:
    """
    Register documents in their order; return for each the row, or why it was refused.

    Locks the customers of all of them, and who invited them where purchases may move both, then
    the sales that are returned, then the wallets and the rewards' counts, until commit. What is
    refused leaves nothing behind and stops no other.
    """
    now = now or clock.now()
    batch = _Batch(store, documents, actor, now)
    with transaction.atomic(), item_labels.written_last(store.pk):
        if documents:
            batch.take_all()
    return [batch.outcomes[place] for place in range(len(documents))]


@dataclass(frozen=True, slots=True)
class _Given:
    """A document that is ready to be stored. `sale`: what it returns."""

    place: int
    draft: Draft
    customer: Customer | None
    sale: Transaction | None
    found: engine.Evaluation | None

    @property
    def row(self) -> Transaction:
        return self.draft.document


class _Batch:
    def __init__(
        self, store: Store, documents: Sequence[Document], actor: Actor, now: datetime
    ) -> None:
        self.store = store
        self.documents = documents
        self.actor = actor
        self.now = now
        self.outcomes: dict[int, Outcome] = {}

    def take_singly(self, places: Iterable[int]) -> None:
        for place in places:
            try:
                with transaction.atomic():
                    self.outcomes[place] = purchases.register(
                        store=self.store,
                        document=self.documents[place],
                        actor=self.actor,
                        now=self.now,
                    )
            except DomainError as refusal:
                self.outcomes[place] = refusal

    def take_all(self) -> None:
        places = [place for place in range(len(self.documents)) if self._is_well_formed(place)]
        self.pos = self._find_pos(places)
        buyers = [self.documents[place].buyer for place in places]
        found = customer_selectors.find_buyers(
            self.store, [(each.email, each.phone, each.loyalty_card_number) for each in buyers]
        )
        locked = self._lock(places, found)
        if settling.goes_singly(self.store):
            self.take_singly(places)
            return
        self.buyers = {place: pk for place, pk in zip(places, found, strict=True) if pk is not None}
        self.buyers = {place: pk for place, pk in self.buyers.items() if pk in locked}
        self.referrers = {pk: customer.invited_by_id for pk, customer in locked.items()}
        for number, wave in enumerate(self._waves(places)):
            if len(wave) < WAVE_MIN:
                self.take_singly(wave)
            else:
                # Nobody has written yet what the first reads; later ones see what came before.
                self._take_wave(wave, locked if number == 0 else None)

    def _lock(self, places: Sequence[int], buyers: Sequence[int | None]) -> dict[int, Customer]:
        """
        Lock all that the documents at these places will change; return who of `buyers` is active.

        All at once, in their order: a later document must not wait with what an earlier one locked.
        """
        known = {pk for pk in buyers if pk is not None}
        wanted = set(known)
        if referrals.moves_referrers(self.store):
            invited = Customer.objects.filter(pk__in=known, invited_by__isnull=False)
            wanted.update(invited.values_list("invited_by_id", flat=True))
        found = customer_locks.lock_buyers(self.store, wanted)
        locked = {pk: customer for pk, customer in found.items() if pk in known}
        self._lock_sales(places)
        referrals.lock_all_wallets(locked.values())
        awards.prepare_rewards(self.store)
        return locked

    def _is_well_formed(self, place: int) -> bool:
        document = self.documents[place]
        try:
            rules_of_documents.check(document, now=self.now)
            if document.is_return and not self.store.settings.returns:
                raise purchases.ReturnsNotEnabled
        except DomainError as refusal:
            self.outcomes[place] = refusal
            return False
        return True

    def _find_pos(self, places: Sequence[int]) -> dict[UUID, int]:
        wanted = {uuid for place in places if (uuid := self.documents[place].pos_uuid)}
        if not wanted:
            return {}
        rows = Pos.objects.in_store(self.store).filter(uuid__in=wanted)
        return dict(rows.values_list("uuid", "pk"))

    def _lock_sales(self, places: Iterable[int]) -> None:
        numbers = {
            self.documents[place].revised_number
            for place in places
            if self.documents[place].is_return
        }
        if numbers:
            self._sales(numbers)

    def _sales(self, numbers: set[str]) -> dict[str, Transaction]:
        """Lock documents that returns name; of other stores and unknown ones none are there."""
        rows = (
            Transaction.objects.in_store(self.store)
            .select_for_update(of=("self",), no_key=True)
            .filter(document_number__in=numbers)
            .order_by("pk")
        )
        return {row.document_number: row for row in rows}

    def _waves(self, places: Iterable[int]) -> list[list[int]]:
        """Part the documents so that each comes after those that it depends on."""
        last: dict[tuple[str, object], int] = {}
        waves: list[list[int]] = []
        for place in places:
            document = self.documents[place]
            keys: list[tuple[str, object]] = [("number", document.number.strip())]
            if document.is_return:
                keys.append(("number", document.revised_number))
            if place in self.buyers:
                keys.append(("customer", self.buyers[place]))
                if (referrer := self.referrers[self.buyers[place]]) is not None:
                    # Paid for this purchase, too.
                    keys.append(("customer", referrer))
            wave = max(last.get(key, -1) for key in keys) + 1
            last |= dict.fromkeys(keys, wave)
            if wave == len(waves):
                waves.append([])
            waves[wave].append(place)
        return waves

    # One wave

    def _take_wave(self, places: Sequence[int], locked: Mapping[int, Customer] | None) -> None:
        wanted = {self.buyers[place] for place in places if place in self.buyers}
        if locked is None:
            self.customers = customer_locks.lock_buyers(self.store, wanted)
        else:
            self.customers = {pk: locked[pk] for pk in wanted}
        self._read_sales(places)
        self.segments = awards.segments_of_many(self.store, self.customers.values())
        numbers = {self.documents[place].number.strip() for place in places}
        used = Transaction.objects.in_store(self.store).filter(document_number__in=numbers)
        self.used = set(used.values_list("document_number", flat=True))
        rare = self._rare(places)
        given = [one for place in places if place not in rare if (one := self._prepared(place))]
        if given:
            settling.settle_many(
                store=self.store,
                settled=[
                    settling.Settled(one.customer, one.row, one.sale, one.found)
                    for one in self._stored(given)
                    if one.customer is not None
                ],
                returns=self.returns,
                now=self.now,
            )
        self.take_singly(place for place in places if place in rare)

    def _read_sales(self, places: Sequence[int]) -> None:
        returns = [self.documents[place] for place in places if self.documents[place].is_return]
        self.sales: dict[str, Transaction] = {}
        self.returns: dict[int, list[Transaction]] = defaultdict(list)
        if not returns:
            return
        self.sales = self._sales({document.revised_number for document in returns})
        for sale in self.sales.values():
            sale.store = self.store
        earlier = Transaction.objects.filter(revised__in=[row.pk for row in self.sales.values()])
        for row in earlier:
            assert row.revised_id is not None
            self.returns[row.revised_id].append(row)

    def _rare(self, places: Sequence[int]) -> set[int]:
        """Return the places of documents that have more consequences than a batch knows."""
        rare_buyers = settling.find_rare(self.store, self.customers.values(), self.now)
        with_coupons = self._sales_with_coupons()
        rare = set()
        for place in places:
            customer = self._customer(place)
            if customer is None:
                continue
            document = self.documents[place]
            sale = self.sales.get(document.revised_number) if document.is_return else None
            if (
                customer.pk in rare_buyers.of_anything
                or (sale is not None and sale.uuid in with_coupons)
                or (not document.is_return and customer.pk in rare_buyers.of_sales)
            ):
                rare.add(place)
        return rare

    def _sales_with_coupons(self) -> set[UUID]:
        uuids = [sale.uuid for sale in self.sales.values()]
        if not uuids:
            return set()
        coupons = Coupon.objects.in_store(self.store).filter(
            Q(used_for_transaction_uuid__in=uuids) | Q(transaction_uuid__in=uuids)
        )
        pairs = coupons.values_list("used_for_transaction_uuid", "transaction_uuid")
        return {uuid for pair in pairs for uuid in pair if uuid is not None}

    def _customer(self, place: int) -> Customer | None:
        pk = self.buyers.get(place)
        return None if pk is None else self.customers.get(pk)

    def _prepared(self, place: int) -> _Given | None:
        """Return a document with all that is to be stored of it; None: it is refused."""
        try:
            return self._prepare(place)
        except DomainError as refusal:
            self.outcomes[place] = refusal
            return None

    def _prepare(self, place: int) -> _Given:
        document, customer = self.documents[place], self._customer(place)
        if document.pos_uuid is not None and document.pos_uuid not in self.pos:
            raise purchases.UnknownPos
        sale = None
        if document.is_return:
            sale = purchases.check_sale(self.sales.get(document.revised_number), customer)
        row = purchases.new_row(
            self.store,
            document,
            sale,
            pos_id=self.pos[document.pos_uuid] if document.pos_uuid else None,
            now=self.now,
        )
        items = purchases.new_items(row, document.lines)
        purchases.sum_up(row, items)
        if customer is not None:
            purchases.give_to(row, customer, now=self.now)
        if sale is not None:
            returned = sum((each.gross_value for each in self.returns[sale.pk]), ZERO)
            purchases.check_left(sale, row, returned=returned)
        if row.document_number in self.used:
            raise purchases.DocumentNumberUsed
        found = None
        if customer is not None and sale is None:
            found = awards.price(
                customer=customer,
                purchase=effects.purchase_of(row, items),
                segment_ids=self.segments.get(customer.pk, frozenset()),
            )
        facts = events.of_new_document(row, actor=self.actor, customer=customer, now=self.now)
        return _Given(place, Draft(row, items, facts), customer, sale, found)

    def _stored(self, given: Sequence[_Given]) -> list[_Given]:
        """Store documents; return those whose number nobody else took in this moment."""
        written = storage.insert_many(self.store.pk, [one.draft for one in given])
        stored = []
        for one in given:
            if one.row.uuid not in written:
                self.outcomes[one.place] = purchases.DocumentNumberUsed()
                continue
            self.outcomes[one.place] = one.row
            stored.append(one)
            for fact in one.draft.facts:
                core_events.dispatch(fact)
        return stored
