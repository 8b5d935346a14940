"""Create and change levels, and move customers between them. Source: LV 4.1, 4.2, 4.4."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import BinaryIO

from django.db import transaction

from accounts.models import Level, LevelTranslation, SpecialReward
from accounts.services.level_moves import (
    LevelNotActive,
    NotAssignedManually,
    assign_manually,
    reassess,
    unassign,
)
from loyalty.core import clock, pictures, uploads
from loyalty.core.actors import Actor
from loyalty.core.errors import InvalidFields
from loyalty.core.models import Store
from loyalty.core.services import audit, stores

__all__ = [
    "LevelData",
    "LevelNotActive",
    "LevelText",
    "NotAssignedManually",
    "SpecialRewardData",
    "assign_manually",
    "create",
    "reassess",
    "remove_photo",
    "set_active",
    "set_photo",
    "unassign",
    "update",
]

BLANK = "This value should not be blank."
NOT_NEGATIVE = "This value should be 0 or more."
TOO_HIGH = "This value is too high."
TOO_LONG = "This value is longer than 255 characters."
AMOUNT_MAX = Decimal(10) ** 15
# 0.15 is 15 percent; the column holds less than 1000.
FRACTION_MAX = Decimal(999)
SPECIAL_REWARDS_MAX = 100
LOCALE_LENGTH_MAX = 16


@dataclass(frozen=True)
class LevelText:
    """What a level is called in one language."""

    name: str
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class SpecialRewardData:
    """An informational extra. `value`: a fraction. Dates of None: without a limit."""

    name: str
    value: Decimal
    code: str
    is_active: bool = True
    start_at: datetime | None = None
    end_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class LevelData:
    """A whole level. `reward_value`: a fraction, 0.15 for 15 percent. `translations`: by locale."""

    translations: Mapping[str, LevelText]
    condition_value: Decimal
    is_active: bool = True
    min_order: Decimal | None = None
    reward_name: str = ""
    reward_value: Decimal = Decimal(0)
    reward_code: str = ""
    special_rewards: tuple[SpecialRewardData, ...] = field(default=())


@transaction.atomic
def create(*, store: Store, data: LevelData, actor: Actor, now: datetime | None = None) -> Level:
    """
    Add a level to a store. Nobody is moved to it before their next purchase.

    :raises InvalidFields: with every fault; nothing was written.
    """
    _check(data)
    level = Level(store=store)
    _fill(level, data)
    level.save(force_insert=True)
    _write_texts(level, data)
    _write_special_rewards(level, data)
    _publish(store)
    _record(actor, level, "CreateLevel", audit.changes({}, _told(level)), now)
    return level


@transaction.atomic
def update(*, level: Level, data: LevelData, actor: Actor, now: datetime | None = None) -> Level:
    """
    Replace a level's data. Special rewards are matched by position, surplus ones deleted (LV 4.1).

    Locks the level.

    :raises InvalidFields: with every fault; nothing was written.
    """
    _check(data)
    locked = _lock(level)
    old = _told(locked)
    _fill(locked, data)
    locked.save(
        update_fields=[
            "is_active",
            "condition_value",
            "min_order",
            "reward_name",
            "reward_value",
            "reward_code",
        ]
    )
    _write_texts(locked, data)
    _write_special_rewards(locked, data)
    _publish(locked.store)
    _record(actor, locked, "UpdateLevel", audit.changes(old, _told(locked)), now)
    return locked


@transaction.atomic
def set_active(
    *, level: Level, is_active: bool, actor: Actor, now: datetime | None = None
) -> Level:
    """Offer a level or stop offering it; its members stay in it (LV-4). Locks the level."""
    locked = _lock(level)
    changed = audit.changes({"active": locked.is_active}, {"active": is_active})
    locked.is_active = is_active
    locked.save(update_fields=["is_active"])
    _publish(locked.store)
    name = "ActivateLevel" if is_active else "DeactivateLevel"
    _record(actor, locked, name, changed, now)
    return locked


@uploads.atomic()
def set_photo(
    *, level: Level, upload: BinaryIO, actor: Actor, now: datetime | None = None
) -> Level:
    """
    Store a level's picture in place of the one before. Locks the level.

    :raises PictureRefused: not a picture that we show.
    """
    file = pictures.checked(upload)
    locked = _lock(level)
    _drop_photo_file(locked)
    assert file.name is not None
    uploads.keep(locked.photo, file.name, file)
    locked.save(update_fields=["photo"])
    _record(actor, locked, "SetLevelPhoto", {}, now)
    return locked


@transaction.atomic
def remove_photo(*, level: Level, actor: Actor, now: datetime | None = None) -> Level:
    """Take a level's picture away; no picture is no error. Locks the level."""
    locked = _lock(level)
    _drop_photo_file(locked)
    locked.photo = ""
    locked.save(update_fields=["photo"])
    _record(actor, locked, "RemoveLevelPhoto", {}, now)
    return locked


def _lock(level: Level) -> Level:
    return (
        Level.objects.select_for_update(of=("self",), no_key=True)
        .select_related("store")
        .get(pk=level.pk)
    )


def _fill(level: Level, data: LevelData) -> None:
    level.is_active = data.is_active
    level.condition_value = data.condition_value
    level.min_order = data.min_order
    level.reward_name = data.reward_name
    level.reward_value = data.reward_value
    level.reward_code = data.reward_code


def _write_texts(level: Level, data: LevelData) -> None:
    level.translations.exclude(locale__in=data.translations).delete()
    LevelTranslation.objects.bulk_create(
        [
            LevelTranslation(
                level=level, locale=locale, name=text.name, description=text.description
            )
            for locale, text in data.translations.items()
        ],
        update_conflicts=True,
        unique_fields=["level", "locale"],
        update_fields=["name", "description"],
    )


def _write_special_rewards(level: Level, data: LevelData) -> None:
    present = list(level.special_rewards.order_by("pk"))
    for place, reward in enumerate(data.special_rewards):
        is_new = place >= len(present)
        row = SpecialReward(level=level, store=level.store) if is_new else present[place]
        for name, value in asdict(reward).items():
            setattr(row, name, value)
        row.save()
    for surplus in present[len(data.special_rewards) :]:
        surplus.delete()


def _publish(store: Store) -> None:
    """Let every process read the levels anew, this one through the store at hand, too."""
    stores.touch_rules(store.pk)
    store.refresh_from_db(fields=["rules_version"])


def _drop_photo_file(level: Level) -> None:
    """Delete the stored file after commit: a rollback must still find it."""
    if name := level.photo.name:
        storage = level.photo.storage
        transaction.on_commit(lambda: storage.delete(name))


def _check(data: LevelData) -> None:
    errors: dict[str, list[str]] = defaultdict(list)
    if not any(text.name for text in data.translations.values()):
        errors["translations"].append(BLANK)
    names = [text.name for text in data.translations.values()]
    if any(len(locale) > LOCALE_LENGTH_MAX for locale in data.translations):
        errors["translations"].append("This is not a locale, such as en or pt_BR.")
    if any(len(name) > 255 for name in names):
        errors["translations"].append(TOO_LONG)
    _check_number(errors, "condition_value", data.condition_value, AMOUNT_MAX)
    if data.min_order is not None:
        _check_number(errors, "min_order", data.min_order, AMOUNT_MAX)
    _check_number(errors, "reward_value", data.reward_value, FRACTION_MAX)
    for name in ("reward_name", "reward_code"):
        if len(getattr(data, name)) > 255:
            errors[name].append(TOO_LONG)
    if len(data.special_rewards) > SPECIAL_REWARDS_MAX:
        errors["special_rewards"].append(
            f"A level may have at most {SPECIAL_REWARDS_MAX} special rewards."
        )
    for reward in data.special_rewards:
        if not reward.name or not reward.code:
            errors["special_rewards"].append(BLANK)
        if len(reward.name) > 255 or len(reward.code) > 255:
            errors["special_rewards"].append(TOO_LONG)
        _check_number(errors, "special_rewards", reward.value, FRACTION_MAX)
    if errors:
        raise InvalidFields(errors)


def _check_number(errors: dict[str, list[str]], name: str, value: Decimal, top: Decimal) -> None:
    if not value.is_finite() or value < 0:
        errors[name].append(NOT_NEGATIVE)
    elif value > top:
        errors[name].append(TOO_HIGH)


def _told(level: Level) -> dict[str, object]:
    """Return what the audit trail tells of a level, read anew: two queries."""
    told: dict[str, object] = {
        "active": level.is_active,
        "conditionValue": level.condition_value,
        "minOrder": level.min_order,
        "reward.name": level.reward_name,
        "reward.value": level.reward_value,
        "reward.code": level.reward_code,
    }
    for text in LevelTranslation.objects.filter(level=level).order_by("locale"):
        told[f"name.{text.locale}"] = text.name
        told[f"description.{text.locale}"] = text.description
    for place, reward in enumerate(SpecialReward.objects.filter(level=level).order_by("pk")):
        told[f"specialRewards.{place}"] = {
            name: getattr(reward, name) for name in SpecialRewardData.__dataclass_fields__
        }
    return told


def _record(
    actor: Actor, level: Level, event_type: str, data: Mapping[str, object], now: datetime | None
) -> None:
    audit.record(
        actor,
        store=level.store,
        event_type=event_type,
        entity_type="Level",
        entity_id=level.uuid,
        data=data,
        now=now or clock.now(),
    )
