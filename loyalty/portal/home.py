"""What the first page shows of one customer: plain values, from a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Case, F, Q, QuerySet, Sum, When
from django.db.models.functions import TruncDate
from django.utils.translation import get_language, gettext, ngettext, pgettext

from accounts.ledger.models import Lot, Posting, PostingKind
from accounts.models import Customer
from accounts.selectors import balances, points_history, qualifying, standing
from accounts.selectors.ladder import Step
from loyalty.core.models import Store
from loyalty.portal import program
from loyalty.portal.templatetags.portal_format import PointWords, percentage
from transactions.models import DocumentType, Transaction

SOON = timedelta(days=60)
DAYS_SHOWN = 5
PENDING_SHOWN = 3
PURCHASES_SHOWN = 6
MOVEMENTS_SHOWN = 8
ZERO = Decimal(0)


@dataclass(frozen=True)
class NextLevel:
    """
    `missing`: how much more in purchases, in the store's currency. `percent`: of the way from the
    present level, 0 to 100. Both None where purchases do not decide the level.
    """

    name: str
    benefit: str
    missing: Decimal | None
    percent: int | None


@dataclass(frozen=True)
class LevelProgress:
    """`benefit`: such as "Discount 5%", empty where there is none. `next` None: at the top."""

    name: str
    benefit: str
    next: NextLevel | None


@dataclass(frozen=True)
class Expiry:
    """Points whose last day is `day`, in the store's time zone."""

    day: date
    amount: Decimal
    days_left: str


@dataclass(frozen=True)
class PendingLot:
    available_at: datetime
    amount: Decimal


@dataclass(frozen=True)
class Purchase:
    """`points`: signed, what the document brought or, for a return, took back."""

    place: str
    purchased_at: datetime
    document_number: str
    is_return: bool
    amount: Decimal
    points: Decimal
    uuid: UUID
    url: str


@dataclass(frozen=True)
class Movement:
    """
    `amount`: signed. `state`: what is particular about it, in words; mostly empty.
    `balance`: after it. `uuid` None: nothing was posted yet.
    """

    title: str
    at: datetime
    amount: Decimal
    comment: str
    state: str
    balance: Decimal
    uuid: UUID | None = None
    transaction_uuid: UUID | None = None


@dataclass(frozen=True)
class Home:
    """
    `words`: what the store calls its points, None for the reader's word. `expiring`: the next few
    days of those within `soon_days`, soonest first. `expiring_soon`: all that expires within them.
    `expiring_later`: what expires after the days listed.
    """

    first_name: str
    card_number: str
    currency: str
    balance: balances.Figures
    words: PointWords | None
    level: LevelProgress | None
    soon_days: int
    expiring: Sequence[Expiry]
    expiring_soon: Decimal
    expiring_later: Decimal
    pending: Sequence[PendingLot]
    purchases: Sequence[Purchase]
    purchases_count: int
    movements: Sequence[Movement]


def get_home(customer: Customer, *, store: Store, now: datetime) -> Home:
    """Collect the first page. Counts what is due, whatever the jobs have done so far."""
    by_day = _expiring_by_day(customer, store, now)
    last_day = (now + SOON).astimezone(store.zone).date()
    soon = [(day, amount) for day, amount in by_day if day <= last_day]
    shown = soon[:DAYS_SHOWN]
    return Home(
        first_name=customer.first_name,
        card_number=customer.loyalty_card_number or "",
        currency=store.currency,
        words=words_of(store),
        balance=balances.get_figures(customer.wallet_id, now, zone=store.zone),
        level=_level(customer, now),
        soon_days=SOON.days,
        expiring=[_expiry(day, amount, store, now) for day, amount in shown],
        expiring_soon=sum((amount for _, amount in soon), ZERO),
        expiring_later=sum((amount for _, amount in by_day[len(shown) :]), ZERO),
        pending=_pending(customer, now),
        purchases=purchases(customer, limit=PURCHASES_SHOWN),
        purchases_count=customer.transactions_count,
        movements=movements(customer, now=now, limit=MOVEMENTS_SHOWN),
    )


def words_of(store: Store) -> PointWords | None:
    settings = store.settings
    chosen = PointWords(settings.program_points_singular, settings.program_points_plural)
    shipped = PointWords(
        type(settings).program_points_singular.default, type(settings).program_points_plural.default
    )
    return None if chosen == shipped else chosen


def _level(customer: Customer, now: datetime) -> LevelProgress | None:
    progress = standing.get_progress(customer, now)
    if progress.current is None:
        return None
    locale = get_language() or "en"
    return LevelProgress(
        name=progress.current.name(locale),
        benefit=_benefit(progress.current),
        next=_next_level(customer, progress, locale) if progress.next else None,
    )


def _next_level(customer: Customer, progress: standing.Progress, locale: str) -> NextLevel:
    """`missing` and `percent`: of money; None where levels follow points."""
    assert progress.next is not None
    missing, percent = progress.missing, None
    if qualifying.follows_points(customer.store):
        missing = None
    else:
        start = progress.current.condition_value if progress.current else ZERO
        way = progress.next.condition_value - start
        # Rounded down: a full bar means that the level is reached.
        percent = max(0, min(99, int((progress.amount - start) * 100 / way)))
    return NextLevel(
        name=progress.next.name(locale),
        benefit=_benefit(progress.next),
        missing=missing,
        percent=percent,
    )


def _benefit(step: Step) -> str:
    if not step.reward_value:
        return ""
    return gettext("%(percent)s discount") % {"percent": percentage(step.reward_value)}


def _expiring_by_day(customer: Customer, store: Store, now: datetime) -> list[tuple[date, Decimal]]:
    """Return what can be spent until each local day, soonest first; held units are not in it."""
    lots = Lot.objects.active_at(now).filter(
        wallet=customer.wallet_id, point_type__is_default=True, expires_at__isnull=False
    )
    days = (
        lots.annotate(day=TruncDate("expires_at", tzinfo=store.zone))
        .values("day")
        .annotate(amount=Sum(F("remaining") - F("reserved")))
        .order_by("day")
    )
    return list(days.values_list("day", "amount"))


def _expiry(day: date, amount: Decimal, store: Store, now: datetime) -> Expiry:
    days = (day - now.astimezone(store.zone).date()).days
    left = (
        gettext("until tonight")
        if days <= 0
        else ngettext("%(days)d day left", "%(days)d days left", days) % {"days": days}
    )
    return Expiry(day=day, amount=amount, days_left=left)


def _pending(customer: Customer, now: datetime) -> list[PendingLot]:
    lots = Lot.objects.pending_at(now).filter(
        wallet=customer.wallet_id, point_type__is_default=True
    )
    return [
        PendingLot(available_at=lot.active_from, amount=lot.remaining)
        for lot in lots.order_by("active_from", "pk")[:PENDING_SHOWN]
    ]


def purchases(customer: Customer, *, limit: int, before: UUID | None = None) -> list[Purchase]:
    """
    Return a customer's documents with what each brought, last bought first. Two queries.

    `before`: the last document of the page before; one that is not the customer's ends the list.
    """
    documents = Transaction.objects.filter(customer=customer).select_related("pos")
    if before is not None:
        last = documents.filter(uuid=before).values("purchased_at", "pk").first()
        if last is None:
            return []
        documents = documents.filter(
            Q(purchased_at__lt=last["purchased_at"])
            | Q(purchased_at=last["purchased_at"], pk__lt=last["pk"])
        )
    found = list(documents.order_by("-purchased_at", "-pk")[:limit])
    points = points_by_document(customer, [document.uuid for document in found])
    return [
        purchase_of(document, points.get(document.uuid, ZERO), customer.store) for document in found
    ]


def purchase_of(document: Transaction, points: Decimal, store: Store) -> Purchase:
    return Purchase(
        place=document.pos.name if document.pos else document.purchase_place,
        purchased_at=document.purchased_at,
        document_number=document.document_number,
        is_return=document.document_type == DocumentType.RETURN,
        amount=document.gross_value,
        points=points,
        uuid=document.uuid,
        url=program.address(store, "purchase", document=str(document.uuid)),
    )


def points_by_document(customer: Customer, documents: Sequence[UUID]) -> dict[UUID | None, Decimal]:
    """Return what each document brought (cancelled lots left out) or, negative, took back."""
    signed = Case(When(kind=PostingKind.EARN, then=F("amount")), default=-F("amount"))
    postings = postings_of(customer, documents)
    sums = postings.values("transaction_uuid").annotate(points=Sum(signed)).order_by()
    return {row["transaction_uuid"]: row["points"] for row in sums}


def postings_of(customer: Customer, documents: Sequence[UUID]) -> QuerySet[Posting]:
    """Return what documents moved in their customer's wallet, and was not cancelled."""
    return Posting.objects.filter(
        Q(kind=PostingKind.EARN, to_wallet=customer.wallet_id, lots__cancelled_at=None)
        | Q(kind=PostingKind.TAKE_BACK, from_wallet=customer.wallet_id),
        transaction_uuid__in=documents,
    )


def movements(
    customer: Customer, *, now: datetime, limit: int, before: UUID | None = None
) -> list[Movement]:
    """Return what moved in the customer's wallet by its business time, newest first."""
    found = points_history.list_movements(customer.wallet_id, limit=limit, before=before, now=now)
    return [
        Movement(
            title=title_of(moved.kind, is_gain=moved.amount > 0),
            at=moved.at,
            amount=moved.amount,
            comment=moved.comment,
            state=pgettext("state of points", "on their way") if moved.is_pending else "",
            uuid=moved.uuid,
            transaction_uuid=moved.transaction_uuid,
            balance=moved.balance,
        )
        for moved in found
    ]


def title_of(kind: PostingKind, *, is_gain: bool) -> str:
    """Say in the customer's words what a posting did to their wallet."""
    if kind == PostingKind.TRANSFER:
        return gettext("Received from a member") if is_gain else gettext("Sent to a member")
    if kind == PostingKind.REVERT:
        return gettext("Given back") if is_gain else gettext("Undone")
    return {
        PostingKind.EARN: gettext("Earned"),
        PostingKind.SPEND: gettext("Spent"),
        PostingKind.HOLD: gettext("Set aside"),
        PostingKind.EXPIRE: gettext("Expired"),
        PostingKind.CANCEL: gettext("Cancelled"),
        PostingKind.TAKE_BACK: gettext("Taken back for a return"),
        PostingKind.SUPPLY: gettext("Adjusted"),
    }[kind]
