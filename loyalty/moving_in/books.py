"""
Write one customer's points: lots and debits of the other server's transfers, with their ids.

A posting's key carries the transfer that it comes from, so none can be written twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.ledger import wallets
from accounts.ledger.models import (
    AllocationState,
    Issuer,
    Lot,
    LotAllocation,
    LotOrigin,
    PointType,
    Posting,
    PostingKind,
    PostingStatus,
    Wallet,
    WalletBalance,
    WalletKind,
)
from accounts.models import Customer, TransferState, TransferType
from loyalty.core.models import Store
from loyalty.moving_in import replay
from loyalty.moving_in.values import Values, amount, text, uuid

ZERO = Decimal(0)
ADDING = {TransferType.ADDING, TransferType.P2P_ADDING}
KEY = "moved-in:"

Transfers = Sequence[Mapping[str, Any]]


@dataclass
class Books:
    """One store's books. `sent`: what was set down of points that customers sent to others."""

    store: Store
    now: datetime
    sent: Any
    values: Values = field(init=False)
    # What of each sent transfer the receiver at hand has got.
    given: dict[UUID, Decimal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.values = Values(self.store)

    @cached_property
    def point_type(self) -> PointType:
        return PointType.objects.get(store=self.store, is_default=True)

    @cached_property
    def system(self) -> dict[str, int]:
        found = Wallet.objects.in_store(self.store).exclude(kind=WalletKind.CUSTOMER)
        return dict(found.values_list("kind", "pk"))

    @transaction.atomic
    def write(
        self, customer: Customer, transfers: Transfers, figures: Mapping[str, Decimal]
    ) -> None:
        """
        Write a customer's whole history of points. Locks the wallet until commit.

        `figures`: of their status there, which the history has to lead to.
        """
        wallets.lock([customer.wallet_id])
        told = {UUID(row["pointsTransferId"]): row for row in transfers}
        lots = [self._lot(row) for row in transfers if row["type"] in ADDING]
        debits = [self._debit(row) for row in transfers if row["type"] not in ADDING]
        history = replay.fit(lots, debits, self.now, figures)
        written = self._write_lots(customer, history.lots, told)
        self._write_debits(customer, history.debits, told, written)
        self._write_balance(customer)

    # What the other server tells

    def _lot(self, row: Mapping[str, Any]) -> replay.Lot:
        state = row.get("state")
        return replay.Lot(
            uuid=UUID(row["pointsTransferId"]),
            amount=amount(row["value"]) or ZERO,
            created_at=self._moment(row),
            expires_at=self.values.moment(row.get("expiresAt") or row.get("expireAt")),
            locked_until=self.values.moment(row.get("lockedUntil")),
            ends=state if state in {TransferState.EXPIRED, TransferState.CANCELLED} else "",
            sale=uuid(row.get("transactionId")),
        )

    def _debit(self, row: Mapping[str, Any]) -> replay.Debit:
        is_hold = row["type"] == TransferType.BLOCKED
        is_released = is_hold and row.get("state") == TransferState.CANCELLED
        return replay.Debit(
            uuid=UUID(row["pointsTransferId"]),
            # What was blocked once and is free again took nothing.
            value=ZERO if is_released else amount(row["value"]) or ZERO,
            created_at=self._moment(row),
            is_hold=is_hold,
            sale=uuid(row.get("revisedTransactionId")),
        )

    def _moment(self, row: Mapping[str, Any]) -> datetime:
        moment = self.values.moment(row.get("createdAt"))
        assert moment is not None, f"Transfer {row['pointsTransferId']} has no date."
        return moment

    # Lots

    def _write_lots(
        self, customer: Customer, lots: Iterable[replay.Lot], told: Mapping[UUID, Mapping[str, Any]]
    ) -> dict[UUID, Lot]:
        in_order = sorted(lots, key=lambda lot: (lot.created_at, lot.uuid))
        self.given.clear()
        sources = {lot.uuid: self._source(customer, lot, told[lot.uuid]) for lot in in_order}
        Posting.objects.bulk_create([each for each in sources.values() if each.pk is None])
        rows = [
            self._row(customer, lot, sources[lot.uuid], told[lot.uuid]["type"]) for lot in in_order
        ]
        written = {row.uuid: row for row in Lot.objects.bulk_create(rows)}
        Posting.objects.bulk_create(
            [each for lot in in_order for each in self._endings(customer, lot, written[lot.uuid])]
        )
        return written

    def _source(self, customer: Customer, lot: replay.Lot, row: Mapping[str, Any]) -> Posting:
        """Return the posting that a lot comes from; the other customer's may be here already."""
        if row["type"] == TransferType.P2P_ADDING:
            sent = self._sent_to(customer, row)
            if sent is not None:
                return self._transfer(sent, customer)
        return self._posting(
            PostingKind.EARN,
            row,
            lot.amount,
            from_wallet=self.system[WalletKind.ISSUANCE],
            to_wallet=customer.wallet_id,
            key=f"{KEY}{lot.uuid}",
        )

    def _sent_to(self, customer: Customer, row: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return the transfer that a received one is the other half of."""
        candidates = self.sent.filter(
            content__receiverId=str(customer.uuid),
            content__createdAt=row["createdAt"],
            **({"customer_uuid": row["senderId"]} if row.get("senderId") else {}),
        )
        for each in candidates.order_by("pk"):
            content: Mapping[str, Any] = each.content
            # A transfer may arrive in several lots, each with its own end.
            given = self.given.get(each.uuid, ZERO) + (amount(row["value"]) or ZERO)
            known = Customer.objects.in_store(self.store).filter(uuid=each.customer_uuid)
            if given <= (amount(content["value"]) or ZERO):
                self.given[each.uuid] = given
                return content if known.exists() else None
        return None

    def _transfer(self, row: Mapping[str, Any], receiver: Customer) -> Posting:
        """Return the posting between two customers; whoever of them is written first makes it."""
        key = f"{KEY}{row['pointsTransferId']}"
        made = Posting.objects.in_store(self.store).filter(system_unique_key=key).first()
        if made is not None:
            return made
        sender = Customer.objects.in_store(self.store).get(uuid=row["customerId"])
        posting = self._posting(
            PostingKind.TRANSFER,
            row,
            amount(row["value"]) or ZERO,
            from_wallet=sender.wallet_id,
            to_wallet=receiver.wallet_id,
            key=key,
            id=UUID(row["pointsTransferId"]),
        )
        posting.save(force_insert=True)
        return posting

    def _row(self, customer: Customer, lot: replay.Lot, source: Posting, type: str) -> Lot:
        is_locked = lot.locked_until is not None and lot.locked_until > self.now
        ended_at = lot.expires_at if lot.expires_at and lot.expires_at <= self.now else self.now
        is_expired = bool(lot.expired) or lot.ends_early(self.now)
        is_p2p = type == TransferType.P2P_ADDING
        return Lot(
            store=self.store,
            uuid=lot.uuid,
            wallet_id=customer.wallet_id,
            point_type=self.point_type,
            posting=source,
            origin=LotOrigin.TRANSFERRED if is_p2p else LotOrigin.EARNED,
            amount=lot.amount,
            remaining=lot.remaining,
            reserved=lot.reserved,
            consumed=lot.consumed,
            expired=lot.expired,
            cancelled=lot.cancelled,
            is_locked=is_locked and not lot.ends,
            active_from=lot.locked_until or lot.created_at,
            expires_at=lot.expires_at,
            expired_at=ended_at if is_expired and lot.ends != replay.CANCELLED else None,
            cancelled_at=self.now if lot.ends == replay.CANCELLED else None,
            created_at=lot.created_at,
            transaction_uuid=lot.sale,
        )

    def _endings(self, customer: Customer, lot: replay.Lot, written: Lot) -> list[Posting]:
        """Return what expired of a lot, or was cancelled, as postings."""
        made = []
        for kind, value, wallet, moment in (
            (PostingKind.EXPIRE, lot.expired, WalletKind.EXPIRY, written.expired_at),
            (PostingKind.CANCEL, lot.cancelled, WalletKind.ISSUANCE, written.cancelled_at),
        ):
            if value:
                posting = self._posting(
                    kind,
                    {},
                    value,
                    from_wallet=customer.wallet_id,
                    to_wallet=self.system[wallet],
                    key=f"{KEY}{kind}:{lot.uuid}",
                    moment=moment,
                )
                posting.lot = written
                made.append(posting)
        return made

    # Debits

    def _write_debits(
        self,
        customer: Customer,
        debits: Iterable[replay.Debit],
        told: Mapping[UUID, Mapping[str, Any]],
        lots: Mapping[UUID, Lot],
    ) -> None:
        allocations = []
        for debit in sorted(debits, key=lambda each: (each.created_at, each.uuid)):
            posting = self._paid(customer, debit, told[debit.uuid])
            if posting is None:
                continue
            state = AllocationState.RESERVED if debit.is_hold else AllocationState.CONSUMED
            allocations += [
                LotAllocation(posting=posting, lot=lots[lot.uuid], amount=taken, state=state)
                for lot, taken in debit.takes
            ]
        LotAllocation.objects.bulk_create(allocations)

    def _paid(
        self, customer: Customer, debit: replay.Debit, row: Mapping[str, Any]
    ) -> Posting | None:
        value = amount(row["value"]) or ZERO
        common: dict[str, Any] = {
            "from_wallet": customer.wallet_id,
            "key": f"{KEY}{debit.uuid}",
            "id": debit.uuid,
        }
        if row["type"] == TransferType.P2P_SPENDING:
            named = Customer.objects.in_store(self.store).filter(uuid=str(row.get("receiverId")))
            receiver = named.first() if row.get("receiverId") else None
            if receiver is not None and debit.taken == value:
                return self._transfer(row, receiver)
        if debit.is_hold:
            posting = self._posting(PostingKind.HOLD, row, value, to_wallet=None, **common)
            is_released = row.get("state") == TransferState.CANCELLED
            posting.status = PostingStatus.RELEASED if is_released else PostingStatus.HELD
            posting.amount = value if is_released else debit.taken
            posting.captured_amount = None
        elif debit.sale is not None or not debit.taken:
            # Only a take-back may find nothing to take.
            issuance = self.system[WalletKind.ISSUANCE]
            posting = self._posting(
                PostingKind.TAKE_BACK, row, debit.taken, to_wallet=issuance, **common
            )
            posting.requested_amount = value
        else:
            redemption = self.system[WalletKind.REDEMPTION]
            posting = self._posting(
                PostingKind.SPEND, row, debit.taken, to_wallet=redemption, **common
            )
            posting.requested_amount = value
        if posting.amount == 0 and posting.kind == PostingKind.HOLD:
            return None
        posting.save(force_insert=True)
        return posting

    def _posting(
        self,
        kind: PostingKind,
        row: Mapping[str, Any],
        value: Decimal,
        *,
        from_wallet: int,
        to_wallet: int | None,
        key: str,
        id: UUID | None = None,
        moment: datetime | None = None,
    ) -> Posting:
        issuer = text(row.get("issuer"))
        moment = moment or self._moment(row)
        posting = Posting(
            store=self.store,
            point_type=self.point_type,
            from_wallet_id=from_wallet,
            to_wallet_id=to_wallet,
            kind=kind,
            status=PostingStatus.CAPTURED,
            amount=value,
            requested_amount=value,
            captured_amount=value,
            system_unique_key=key,
            issuer=issuer if issuer in Issuer.values else Issuer.SYSTEM,
            comment=text(row.get("comment")),
            effective_at=moment,
            created_at=moment,
            transaction_uuid=uuid(row.get("transactionId")),
            revised_transaction_uuid=uuid(row.get("revisedTransactionId")),
            invitation_uuid=uuid(row.get("invitationId")),
        )
        if id is not None:
            posting.uuid = id
        return posting

    # The balance

    def _write_balance(self, customer: Customer) -> None:
        lots = list(Lot.objects.filter(wallet=customer.wallet_id))
        is_open = [lot for lot in lots if lot.is_open]
        dates = [lot.active_from if lot.is_locked else lot.expires_at for lot in is_open]
        held = Posting.objects.filter(from_wallet=customer.wallet_id, status=PostingStatus.HELD)
        WalletBalance.objects.filter(wallet=customer.wallet_id, point_type=self.point_type).update(
            active=sum((lot.free for lot in is_open if not lot.is_locked), ZERO),
            pending=sum((lot.remaining for lot in is_open if lot.is_locked), ZERO),
            held=sum(held.values_list("amount", flat=True), ZERO),
            earned=sum((lot.amount for lot in lots if _is_earned(lot)), ZERO),
            spent=sum((lot.consumed for lot in lots), ZERO),
            expired=sum((lot.expired for lot in lots), ZERO),
            next_due_at=min((date for date in dates if date is not None), default=None),
        )


def _is_earned(lot: Lot) -> bool:
    return lot.origin == LotOrigin.EARNED and lot.cancelled_at is None
