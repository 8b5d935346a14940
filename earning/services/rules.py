"""Make earning rules and change them. Source: ER 3.1."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, BinaryIO

from django.db import IntegrityError, transaction
from django.db.models import Model

from accounts.audience import Target
from accounts.models import Level, Pos, Segment
from campaigns.models import RewardCampaign, RewardType
from earning.models import EarningRule, RuleType, StoreEvent
from earning.services import rule_validation
from earning.services.rule_data import COLUMNS, RuleData
from loyalty.core import clock, pictures, uploads
from loyalty.core.actors import Actor
from loyalty.core.errors import InvalidFields
from loyalty.core.models import Store
from loyalty.core.services import audit, stores

TYPE_FIXED = "The type of a rule cannot be changed."
# Each side of a rule's photo has at least so many pixels.
PHOTO_SIDE_MIN = 600


@transaction.atomic
def create(
    *, store: Store, type: RuleType, data: RuleData, actor: Actor, now: datetime | None = None
) -> EarningRule:
    """
    Make a rule. It counts for purchases made from now on, and for those dated back into its window.

    :raises InvalidFields: with every fault, under the names of `RuleData`; nothing was written.
    """
    now = now or clock.now()
    targets = _check(store, type, data)
    rule = EarningRule(store=store, type=type)
    _fill(rule, data)
    rule.edited_at = now
    with _clashes_refused():
        rule.save(force_insert=True)
    _write_targets(rule, targets)
    stores.touch_rules(store.pk)
    _record(actor, rule, "CreateEarningRule", audit.changes({}, _told(rule, targets)), now)
    return rule


@transaction.atomic
def update(
    *,
    rule: EarningRule,
    data: RuleData,
    actor: Actor,
    type: RuleType | None = None,
    now: datetime | None = None,
) -> EarningRule:
    """
    Replace all of a rule's data but its type, which is fixed. Locks the rule.

    `type`: what the caller takes the rule for; None: whatever it is.
    An edited rule runs before the others of its priority (ER-8).

    :raises InvalidFields: with every fault, under the names of `RuleData`; nothing was written.
    """
    now = now or clock.now()
    locked = _lock(rule)
    if type is not None and type != locked.type:
        raise InvalidFields({"type": [TYPE_FIXED]})
    targets = _check(locked.store, RuleType(locked.type), data, besides=locked)
    old = _told(locked, _targets_of(locked))
    _fill(locked, data)
    locked.edited_at = now
    with _clashes_refused():
        locked.save(update_fields=[*COMMON, *COLUMNS[RuleType(locked.type)]])
    _write_targets(locked, targets)
    stores.touch_rules(locked.store_id)
    new = _told(locked, targets)
    _record(actor, locked, "UpdateEarningRule", audit.changes(old, new), now)
    return locked


@transaction.atomic
def set_active(
    *, rule: EarningRule, is_active: bool, actor: Actor, now: datetime | None = None
) -> EarningRule:
    """Switch a rule on or off; it keeps its place among the others. Locks the rule."""
    locked = _lock(rule)
    changed = audit.changes({"is_active": locked.is_active}, {"is_active": is_active})
    locked.is_active = is_active
    locked.save(update_fields=["is_active"])
    stores.touch_rules(locked.store_id)
    name = "ActivateEarningRule" if is_active else "DeactivateEarningRule"
    _record(actor, locked, name, changed, now or clock.now())
    return locked


@uploads.atomic()
def set_photo(
    *, rule: EarningRule, upload: BinaryIO, actor: Actor, now: datetime | None = None
) -> EarningRule:
    """
    Store a rule's photo in place of the one before. Locks the rule.

    :raises PictureRefused: not a picture, above 2 MB, or a side below 600 pixels.
    """
    file = pictures.checked(upload, side_min=PHOTO_SIDE_MIN)
    assert file.name is not None
    locked = _lock(rule)
    _drop_photo_file(locked)
    uploads.keep(locked.photo, file.name, file)
    locked.save(update_fields=["photo"])
    _record(actor, locked, "SetEarningRulePhoto", {}, now or clock.now())
    return locked


@transaction.atomic
def remove_photo(*, rule: EarningRule, actor: Actor, now: datetime | None = None) -> EarningRule:
    """Take a rule's photo away; no photo is no error. Locks the rule."""
    locked = _lock(rule)
    _drop_photo_file(locked)
    locked.photo = ""
    locked.save(update_fields=["photo"])
    _record(actor, locked, "RemoveEarningRulePhoto", {}, now or clock.now())
    return locked


COMMON = (
    "name",
    "description",
    "is_active",
    "is_all_time_active",
    "start_at",
    "end_at",
    "is_last_executed",
    "edited_at",
)
TARGETS: Mapping[str, type[Model]] = {"levels": Level, "segments": Segment, "pos": Pos}
# What a rule is meant for, by the name of the relation.
Targets = Mapping[str, list[Any]]


def _lock(rule: EarningRule) -> EarningRule:
    locked: EarningRule = (
        EarningRule.objects.select_for_update(of=("self",), no_key=True)
        .select_related("store")
        .get(pk=rule.pk)
    )
    return locked


@contextmanager
def _clashes_refused() -> Iterator[None]:
    """Write inside this: of two who take the same event at once, the second gets a field error."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        if name != "earning_rule_custom_event_once":
            raise
        raise InvalidFields({"event_name": [rule_validation.EVENT_TAKEN]}) from error


def _check(
    store: Store, type: RuleType, data: RuleData, *, besides: EarningRule | None = None
) -> Targets:
    """Return the levels, segments and POS that the data names. :raises InvalidFields:"""
    wanted = {"levels": data.levels, "segments": data.segments, "pos": data.pos}
    if data.target is Target.LEVEL:
        wanted["segments"] = ()
    elif data.target is Target.SEGMENT:
        wanted["levels"] = ()
    errors = rule_validation.faults_of(type, data)
    targets: dict[str, list[Any]] = {}
    for name, uuids in wanted.items():
        targets[name], faults = rule_validation.resolve(TARGETS[name], store, uuids)
        errors[name].extend(faults)
    if type is RuleType.INSTANT_REWARD and not errors["reward_campaign"]:
        _, errors["reward_campaign"] = _reward_campaign(store, data)
    if type is RuleType.CUSTOM_EVENT and not errors["event_name"]:
        errors["event_name"] = rule_validation.event_faults(store, data, besides=besides)
    if is_for_everybody(type, data.event_name):
        for name in ("levels", "segments"):
            if wanted[name]:
                errors[name] = [rule_validation.FOR_EVERYBODY]
    elif not wanted["levels"] and not wanted["segments"]:
        for name in ("levels", "segments"):
            errors[name].append(rule_validation.NO_TARGET)
    if found := {name: faults for name, faults in errors.items() if faults}:
        raise InvalidFields(found)
    return targets


def _reward_campaign(store: Store, data: RuleData) -> tuple[RewardCampaign | None, list[str]]:
    """Return the reward that an instant reward rule names, or the faults of its id."""
    found, faults = rule_validation.resolve(RewardCampaign, store, [data.reward_campaign])
    if not found:
        return None, faults
    [campaign] = found
    if campaign.type in (RewardType.CASHBACK, RewardType.CUSTOM_CAMPAIGN_CODE):
        return None, [rule_validation.NOT_INSTANT]
    return campaign, []


def is_for_everybody(type: str, event_name: str) -> bool:
    """Is this the rule that pays new accounts, which have neither level nor segment (ER-1)?"""
    return type == RuleType.EVENT and event_name == StoreEvent.ACCOUNT_CREATED


def _fill(rule: EarningRule, data: RuleData) -> None:
    rule.name = data.name
    rule.description = data.description
    if data.is_active is not None:
        rule.is_active = data.is_active
    rule.is_all_time_active = data.is_all_time_active
    rule.start_at = data.start_at
    rule.end_at = data.end_at
    rule.is_last_executed = data.is_last_executed
    for column in COLUMNS[RuleType(rule.type)]:
        if column == "reward_campaign":
            rule.reward_campaign, _ = _reward_campaign(rule.store, data)
        else:
            setattr(rule, column, _stored(column, getattr(data, column)))


def _stored(column: str, value: Any) -> Any:
    """Return a value of `RuleData` as its column keeps it."""
    if column == "label_multipliers":
        return [
            {"key": each.key, "value": each.value, "multiplier": f"{each.multiplier:f}"}
            for each in value
        ]
    if column in {"labels", "included_labels", "excluded_labels"}:
        return [{"key": key, "value": text} for key, text in value]
    return list(value) if isinstance(value, tuple) else value


def _write_targets(rule: EarningRule, targets: Targets) -> None:
    for name, rows in targets.items():
        getattr(rule, name).set(rows)


def _targets_of(rule: EarningRule) -> Targets:
    return {name: list(getattr(rule, name).all()) for name in TARGETS}


def _drop_photo_file(rule: EarningRule) -> None:
    """Delete the stored file after commit: a rollback must still find it."""
    if rule.photo:
        storage, name = rule.photo.storage, rule.photo.name
        assert name is not None
        transaction.on_commit(lambda: storage.delete(name))


def _told(rule: EarningRule, targets: Targets) -> dict[str, Any]:
    """Return a rule's data as the audit trail keeps it."""
    columns = (*COMMON, *COLUMNS[RuleType(rule.type)])
    told: dict[str, Any] = {column: getattr(rule, column) for column in columns}
    for name, rows in targets.items():
        told[name] = [str(row.uuid) for row in rows]
    return told


def _record(
    actor: Actor, rule: EarningRule, event_type: str, data: Mapping[str, Any], now: datetime
) -> None:
    audit.record(
        actor,
        store=rule.store,
        event_type=event_type,
        entity_type="EarningRule",
        entity_id=rule.uuid,
        data=data,
        now=now,
    )
