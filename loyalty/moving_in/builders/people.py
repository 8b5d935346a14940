"""Levels, points of sale, sellers, segments and customers."""

from decimal import Decimal
from typing import Any

from accounts.api.open_loyalty.segment_forms import NAMES
from accounts.ledger.models import Wallet, WalletBalance
from accounts.models import (
    CardState,
    Customer,
    CustomerStatus,
    Gender,
    Level,
    LevelTranslation,
    Pos,
    Segment,
    Seller,
    SpecialReward,
)
from loyalty.core import clock
from loyalty.core.models import uuid7
from loyalty.moving_in.builders.known import Known, Row, Unfit, translations
from loyalty.moving_in.values import amount, block, known_uuid, rows, text, uuid

ZERO = Decimal(0)
LOCATION = ("street", "address1", "address2", "postal", "city", "province", "country")
AMOUNTS = {"from_amount", "to_amount", "percent"}
MOMENTS = {"from_date", "to_date"}


def level(known: Known, row: Row) -> None:
    if (key := known_uuid(row["id"])) in known.levels:
        return
    reward = block(row.get("reward"))
    level = Level.objects.create(
        store=known.store,
        uuid=key,
        is_active=bool(row.get("active")),
        condition_value=amount(row.get("conditionValue")) or ZERO,
        min_order=amount(row.get("minOrder")),
        reward_name=text(reward.get("name")),
        reward_value=amount(reward.get("value")) or ZERO,
        reward_code=text(reward.get("code")),
    )
    LevelTranslation.objects.bulk_create(
        LevelTranslation(
            level=level,
            locale=each["locale"],
            name=text(each.get("name")),
            description=text(each.get("description")),
        )
        for each in translations(row)
    )
    for each in rows(row.get("specialRewards")):
        special = SpecialReward.objects.create(
            store=known.store,
            uuid=known_uuid(each.get("id")),
            level=level,
            name=text(each.get("name")),
            value=amount(each.get("value")) or ZERO,
            code=text(each.get("code")),
            is_active=bool(each.get("active")),
            start_at=known.values.moment(each.get("startAt")),
            end_at=known.values.moment(each.get("endAt")),
        )
        if created_at := known.values.moment(each.get("createdAt")):
            SpecialReward.objects.filter(pk=special.pk).update(created_at=created_at)
    known.levels[level.uuid] = level.pk


def pos(known: Known, row: Row) -> None:
    if (key := known_uuid(row["posId"])) in known.pos:
        return
    location = block(row.get("location"))
    point = block(location.get("geoPoint"))
    address = {name: location[name] for name in LOCATION if location.get(name)}
    made = Pos.objects.create(
        store=known.store,
        uuid=key,
        name=text(row.get("name")),
        identifier=text(row.get("identifier")),
        description=text(row.get("description")),
        location=address | point,
    )
    known.pos[made.uuid] = made.pk


def seller(known: Known, row: Row) -> None:
    if (key := known_uuid(row["sellerId"])) in known.sellers:
        return
    place = uuid(row.get("posId"))
    if place not in known.pos:
        raise Unfit("a seller needs a point of sale.")
    seller = Seller.objects.create(
        store=known.store,
        uuid=key,
        first_name=text(row.get("firstName")),
        last_name=text(row.get("lastName")),
        email=text(row.get("email")),
        phone=text(row.get("phone")),
        pos_id=known.pos[place],
        is_active=bool(row.get("active")),
        is_deleted=bool(row.get("deleted")),
        may_transfer_points=bool(row.get("allowPointTransfer")),
    )
    known.sellers[seller.uuid] = seller.pk


def segment(known: Known, row: Row) -> None:
    if (key := known_uuid(row["segmentId"])) in known.segments:
        return
    segment = Segment.objects.create(
        store=known.store,
        uuid=key,
        name=text(row.get("name")),
        description=text(row.get("description")),
        is_active=bool(row.get("active")),
        parts=[
            {
                "id": text(part.get("segmentPartId")),
                "criteria": [_criterion(known, each) for each in rows(part.get("criteria"))],
            }
            for part in rows(row.get("parts"))
        ],
    )
    if created_at := known.values.moment(row.get("createdAt")):
        Segment.objects.filter(pk=segment.pk).update(created_at=created_at)
    known.segments[segment.uuid] = segment.pk


def _criterion(known: Known, row: Row) -> dict[str, Any]:
    criterion: dict[str, Any] = {"id": text(row.get("criterionId")), "type": row["type"]}
    for wire, name in NAMES.items():
        if (value := row.get(wire)) is None:
            continue
        if name in AMOUNTS:
            value = str(value)
        elif name in MOMENTS:
            moment = known.values.moment(value)
            value = moment.isoformat() if moment else None
        criterion[name] = value
    return criterion


def customer(known: Known, row: Row) -> None:
    key = known_uuid(row["customerId"])
    if Customer.objects.in_store(known.store).filter(uuid=key).exists():
        return
    account = uuid(known.account_of(key))
    wallet = Wallet.objects.create(store=known.store, uuid=account or uuid7())
    WalletBalance.objects.create(wallet=wallet, point_type=known.point_type)
    status = block(row.get("status"))
    is_active = CustomerStatus.ACTIVE if row.get("active") else CustomerStatus.BLOCKED
    now = clock.now()
    created_at = known.values.moment(row.get("createdAt")) or now
    gender = text(row.get("gender"))
    card_state = text(status.get("state"))
    manual, place = uuid(row.get("manuallyAssignedLevelId")), uuid(row.get("posId"))
    level, seller = uuid(row.get("levelId")), uuid(row.get("sellerId"))
    Customer.objects.create(
        store=known.store,
        uuid=key,
        wallet=wallet,
        first_name=text(row.get("firstName")),
        last_name=text(row.get("lastName")),
        gender=gender if gender in Gender.values else Gender.NOT_DISCLOSED,
        email=row.get("email") or None,
        phone=row.get("phone") or None,
        loyalty_card_number=row.get("loyaltyCardNumber") or None,
        birth_date=known.values.day(row.get("birthDate")),
        address=block(row.get("address")),
        company=block(row.get("company")),
        labels=rows(row.get("labels")),
        agreement1=bool(row.get("agreement1")),
        agreement2=bool(row.get("agreement2")),
        agreement3=bool(row.get("agreement3")),
        status=status.get("type") or is_active,
        card_state=card_state if card_state in CardState.values else CardState.NO_CARD,
        level_id=known.levels.get(level) if level else None,
        manually_assigned_level_id=known.levels.get(manual) if manual else None,
        last_level_recalculation_at=known.values.moment(row.get("lastLevelRecalculation")),
        pos_id=known.pos.get(place) if place else None,
        seller_id=known.sellers.get(seller) if seller else None,
        transactions_count=int(row.get("transactionsCount") or 0),
        transactions_amount=amount(row.get("transactionsAmount")) or ZERO,
        transactions_amount_without_delivery=amount(
            row.get("transactionsAmountWithoutDeliveryCosts")
        )
        or ZERO,
        amount_excluded_for_level=amount(row.get("amountExcludedForLevel")) or ZERO,
        last_transaction_at=known.values.moment(row.get("lastTransactionDate")),
        version=int(row.get("version") or 1),
        created_at=created_at,
        updated_at=known.values.moment(row.get("updatedAt")) or created_at,
    )
