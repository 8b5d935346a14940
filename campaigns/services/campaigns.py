"""Make reward campaigns and change them. Source: CAM-1…18, §1.2."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model

from accounts.audience import Target
from accounts.ledger import amounts
from accounts.ledger.models import PointType
from accounts.models import Level, Segment
from campaigns import events
from campaigns.models import (
    CODE_TYPES,
    CampaignCategory,
    CampaignTranslation,
    ConnectType,
    RewardCampaign,
    RewardType,
)
from campaigns.selectors import usage
from campaigns.services import campaign_locks, pools
from campaigns.services import campaign_validation as validation
from campaigns.services.campaign_data import (
    COLUMNS,
    COMMON,
    EVERY_OWN,
    WITHOUT_CONDITIONS,
    WITHOUT_USAGE,
    CampaignData,
    CampaignText,
)
from loyalty.core import clock
from loyalty.core.actors import Actor
from loyalty.core.errors import InvalidFields
from loyalty.core.models import Store
from loyalty.core.services import audit

TYPE_FIXED = "The type of a reward cannot be changed once a coupon was issued."
CENT = Decimal("0.01")
COST_DECIMALS_MAX = 2


@transaction.atomic
def create(
    *, store: Store, data: CampaignData, actor: Actor, now: datetime | None = None
) -> RewardCampaign:
    """
    Add a reward to a store, with its codes.

    :raises InvalidFields: with every fault, under the names of `CampaignData`; nothing was written.
    """
    now = now or clock.now()
    checked = _check(store, data)
    campaign = RewardCampaign(store=store, created_at=now)
    _fill(campaign, checked, data, now)
    campaign.save(force_insert=True)
    _write_texts(campaign, data)
    told = audit.changes({}, _told(campaign))
    if checked.codes is not None:
        told["coupons"] = _told_codes(*pools.replace_codes(campaign, checked.codes))
    events.campaign_created(campaign, now=now)
    _record(actor, campaign, "CreateCampaign", told, now)
    return campaign


@transaction.atomic
def update(
    *,
    campaign: RewardCampaign,
    data: CampaignData,
    actor: Actor,
    now: datetime | None = None,
) -> RewardCampaign:
    """
    Replace all of a reward's data (CAM-11). Waits for purchases of it that are under way.

    :raises InvalidFields: with every fault, under the names of `CampaignData`: another type after a
        coupon was issued (CAM-3), or a pool that lacks codes which somebody has (POOL-2).
    """
    now = now or clock.now()
    campaign_locks.change_terms(campaign.pk)
    locked = _lock(campaign)
    checked = _check(locked.store, data, besides=locked)
    old = _told(locked)
    _fill(locked, checked, data, now)
    locked.save()
    _write_texts(locked, data)
    told = audit.changes(old, _told(locked))
    if checked.codes is not None:
        told["coupons"] = _told_codes(*pools.replace_codes(locked, checked.codes))
    events.campaign_updated(locked, now=now)
    _record(actor, locked, "UpdateCampaign", told, now)
    return locked


@transaction.atomic
def set_active(
    *, campaign: RewardCampaign, is_active: bool, actor: Actor, now: datetime | None = None
) -> RewardCampaign:
    """Switch only the flag (CAM-16). Waits for purchases of it that are under way."""
    now = now or clock.now()
    campaign_locks.change_terms(campaign.pk)
    locked = _lock(campaign)
    changed = audit.changes({"is_active": locked.is_active}, {"is_active": is_active})
    locked.is_active = is_active
    locked.updated_at = now
    locked.save(update_fields=["is_active", "updated_at"])
    events.campaign_status_changed(locked, now=now)
    name = "ActivateCampaign" if is_active else "DeactivateCampaign"
    _record(actor, locked, name, changed, now)
    return locked


_EMPTY = {field.attname: field.get_default() for field in RewardCampaign._meta.concrete_fields}


@dataclass(frozen=True)
class _Checked:
    """What of `CampaignData` had to be looked up. `codes` None: the pool stays as it is."""

    type: RewardType
    category_ids: list[int]
    level_ids: list[int]
    segment_ids: list[int]
    codes: list[str] | None


def _lock(campaign: RewardCampaign) -> RewardCampaign:
    locked: RewardCampaign = (
        RewardCampaign.objects.select_for_update(of=("self",), no_key=True)
        .select_related("store")
        .get(pk=campaign.pk)
    )
    return locked


def _check(store: Store, data: CampaignData, *, besides: RewardCampaign | None = None) -> _Checked:
    """Return what the data names. :raises InvalidFields:"""
    if data.type not in RewardType.values:
        text = f"This value is none of: {', '.join(RewardType.values)}."
        raise InvalidFields({"type": [text if data.type else validation.BLANK]})
    kind = RewardType(data.type)
    faults = validation.faults_of(store, kind, data)
    if besides is not None and kind != besides.type and usage.was_issued(besides):
        faults["type"].append(TYPE_FIXED)
    models: Mapping[str, tuple[type[Model], tuple[str, ...]]] = {
        "categories": (CampaignCategory, data.categories),
        "levels": (Level, () if data.target is Target.SEGMENT else data.levels),
        "segments": (Segment, () if data.target is Target.LEVEL else data.segments),
    }
    found: dict[str, list[int]] = {}
    for name, (model, uuids) in models.items():
        found[name], missing = validation.resolve(model, store, uuids)
        faults[name].extend(missing)
    if not models["levels"][1] and not models["segments"][1]:
        for name in ("levels", "segments"):
            faults[name].append(validation.NO_TARGET)
    codes = None
    if kind in CODE_TYPES and data.coupons is not None:
        codes = validation.clean_codes(data.coupons, faults)
        if not codes:
            faults["coupons"].append(validation.NO_TARGET)
    if errors := {name: texts for name, texts in faults.items() if texts}:
        raise InvalidFields(errors)
    return _Checked(kind, found["categories"], found["levels"], found["segments"], codes)


def _fill(campaign: RewardCampaign, checked: _Checked, data: CampaignData, now: datetime) -> None:
    campaign.type = checked.type
    campaign.category_ids = checked.category_ids
    campaign.level_ids = checked.level_ids
    campaign.segment_ids = checked.segment_ids
    campaign.labels = [{"key": key, "value": value} for key, value in data.labels]
    for name in COMMON:
        setattr(campaign, name, getattr(data, name))
    own = COLUMNS[checked.type]
    for name in EVERY_OWN:
        empty = _EMPTY[name]
        setattr(campaign, name, _stored(name, data, empty) if name in own else empty)
    campaign.cost_in_points = _payable(campaign.cost_in_points, campaign.store)
    if campaign.is_unlimited:
        campaign.limit = campaign.limit_per_user = None  # CAM-12
    if campaign.is_all_time_visible:
        campaign.visible_from = campaign.visible_to = None  # CAM-13
    if campaign.is_all_time_active:
        campaign.active_from = campaign.active_to = None
    if campaign.low_stock_threshold == 0:
        campaign.low_stock_alerted_at = None
    campaign.updated_at = now


def _stored(name: str, data: CampaignData, empty: Any) -> Any:
    """Return a value of `CampaignData` as its column keeps it."""
    if name == "earning_rule_uuid":
        is_connected = data.connect_type != ConnectType.NONE
        return UUID(data.earning_rule) if is_connected else None
    value = getattr(data, name)
    if name == "point_value":
        return value.quantize(CENT, rounding=ROUND_HALF_UP)  # CAM-15
    return empty if value is None else value


def _payable(cost: Decimal, store: Store) -> Decimal:
    """Return a price rounded to what the store's points can be, at most two decimals (CAM-15)."""
    point_type = PointType.objects.in_store(store).get(is_default=True)
    return amounts.rounded(cost, decimals=min(point_type.decimals, COST_DECIMALS_MAX))


def _write_texts(campaign: RewardCampaign, data: CampaignData) -> None:
    fields = tuple(CampaignText.__dataclass_fields__)
    rows = []
    for locale, text in data.translations.items():
        row = CampaignTranslation(campaign=campaign, locale=locale)
        for name in fields:
            setattr(row, name, getattr(text, name))
        if campaign.type in WITHOUT_CONDITIONS:
            row.conditions_description = ""
        if campaign.type in WITHOUT_USAGE:
            row.usage_instruction = ""
        rows.append(row)
    campaign.translations.exclude(locale__in=data.translations).delete()
    CampaignTranslation.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["campaign", "locale"],
        update_fields=fields,
    )


def _told(campaign: RewardCampaign) -> dict[str, Any]:
    """Return what the audit trail tells of a reward, read anew; codes are not for its readers."""
    columns = ("type", *COMMON, *COLUMNS[RewardType(campaign.type)])
    told = {name: getattr(campaign, name) for name in columns} | {"labels": campaign.labels}
    related: dict[str, tuple[type[Model], list[int]]] = {
        "levels": (Level, campaign.level_ids),
        "segments": (Segment, campaign.segment_ids),
        "categories": (CampaignCategory, campaign.category_ids),
    }
    for name, (model, ids) in related.items():
        rows = model._default_manager.filter(pk__in=ids) if ids else ()
        told[name] = sorted(str(row.uuid) for row in rows)  # type: ignore[attr-defined]  # all do
    for text in CampaignTranslation.objects.filter(campaign=campaign).order_by("locale"):
        for field_name in CampaignText.__dataclass_fields__:
            if value := getattr(text, field_name):
                told[f"{field_name}.{text.locale}"] = value
    return told


def _told_codes(added: int, removed: int) -> dict[str, Any]:
    return {"added": added, "removed": removed}


def _record(
    actor: Actor,
    campaign: RewardCampaign,
    event_type: str,
    data: Mapping[str, Any],
    now: datetime,
) -> None:
    audit.record(
        actor,
        store=campaign.store,
        event_type=event_type,
        entity_type="Campaign",
        entity_id=campaign.uuid,
        data=data,
        now=now,
    )
