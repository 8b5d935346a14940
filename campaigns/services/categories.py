"""Make categories of rewards and change them. Source: CAT-1…3."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from campaigns.models import CampaignCategory, CampaignCategoryTranslation
from campaigns.services.campaign_validation import (
    BLANK,
    LOCALE_MAX,
    NAME_MAX,
    NOT_A_LOCALE,
    NOT_NEGATIVE,
    TOO_HIGH,
    TOO_LONG,
    WHOLE_MAX,
)
from loyalty.core import clock
from loyalty.core.actors import Actor
from loyalty.core.errors import InvalidFields
from loyalty.core.models import Store
from loyalty.core.selectors.languages import default_code
from loyalty.core.services import audit


@dataclass(frozen=True, kw_only=True)
class CategoryData:
    """
    A whole category. `names`: by locale; the default language needs one. `sort_order`: the smaller,
    the further to the front. Errors name a name as `translations.<locale>.name`.
    """

    names: Mapping[str, str]
    sort_order: int
    is_active: bool = True


@transaction.atomic
def create(
    *, store: Store, data: CategoryData, actor: Actor, now: datetime | None = None
) -> CampaignCategory:
    """
    Add a category to a store.

    :raises InvalidFields: with every fault; nothing was written.
    """
    _check(data)
    category = CampaignCategory(store=store, is_active=data.is_active, sort_order=data.sort_order)
    category.save(force_insert=True)
    _write_names(category, data)
    _record(actor, category, "CreateCampaignCategory", {}, now)
    return category


@transaction.atomic
def update(
    *,
    category: CampaignCategory,
    data: CategoryData,
    actor: Actor,
    now: datetime | None = None,
) -> CampaignCategory:
    """
    Replace all of a category's data (CAT-1). Locks the category.

    :raises InvalidFields: with every fault; nothing was written.
    """
    _check(data)
    locked = _lock(category)
    old = _told(locked)
    locked.is_active = data.is_active
    locked.sort_order = data.sort_order
    locked.save(update_fields=["is_active", "sort_order"])
    _write_names(locked, data)
    _record(actor, locked, "UpdateCampaignCategory", old, now)
    return locked


@transaction.atomic
def set_active(
    *, category: CampaignCategory, is_active: bool, actor: Actor, now: datetime | None = None
) -> CampaignCategory:
    """Show a category or hide it; its rewards stay as they are (CAT-3). Locks the category."""
    locked = _lock(category)
    old = _told(locked)
    locked.is_active = is_active
    locked.save(update_fields=["is_active"])
    name = "ActivateCampaignCategory" if is_active else "DeactivateCampaignCategory"
    _record(actor, locked, name, old, now)
    return locked


def _lock(category: CampaignCategory) -> CampaignCategory:
    locked: CampaignCategory = (
        CampaignCategory.objects.select_for_update(of=("self",), no_key=True)
        .select_related("store")
        .get(pk=category.pk)
    )
    return locked


def _check(data: CategoryData) -> None:
    faults: dict[str, list[str]] = {}
    default = default_code()
    if not data.names.get(default, "").strip():
        faults[f"translations.{default}.name"] = [BLANK]
    for locale, name in data.names.items():
        if not locale or len(locale) > LOCALE_MAX:
            faults["translations"] = [NOT_A_LOCALE]
        elif len(name) > NAME_MAX:
            faults[f"translations.{locale}.name"] = [TOO_LONG]
    if data.sort_order < 0:
        faults["sort_order"] = [NOT_NEGATIVE]
    elif data.sort_order > WHOLE_MAX:
        faults["sort_order"] = [TOO_HIGH]
    if faults:
        raise InvalidFields(faults)


def _write_names(category: CampaignCategory, data: CategoryData) -> None:
    category.translations.exclude(locale__in=data.names).delete()
    CampaignCategoryTranslation.objects.bulk_create(
        [
            CampaignCategoryTranslation(category=category, locale=locale, name=name.strip())
            for locale, name in data.names.items()
        ],
        update_conflicts=True,
        unique_fields=["category", "locale"],
        update_fields=["name"],
    )


def _told(category: CampaignCategory) -> dict[str, object]:
    """Return what the audit trail tells of a category, its names read anew."""
    texts = CampaignCategoryTranslation.objects.filter(category=category).order_by("locale")
    names: dict[str, object] = {f"name.{text.locale}": text.name for text in texts}
    return {"active": category.is_active, "sortOrder": category.sort_order, **names}


def _record(
    actor: Actor,
    category: CampaignCategory,
    event_type: str,
    old: Mapping[str, object],
    now: datetime | None,
) -> None:
    audit.record(
        actor,
        store=category.store,
        event_type=event_type,
        entity_type="CampaignCategory",
        entity_id=category.uuid,
        data=audit.changes(old, _told(category)),
        now=now or clock.now(),
    )
