"""Add, change and remove languages. Source: TRN-1, TRN-2, TRN-5."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from loyalty.core import clock, sql
from loyalty.core.actors import Actor
from loyalty.core.errors import DomainError, InvalidFields
from loyalty.core.models import Language
from loyalty.core.selectors import languages as selectors
from loyalty.core.services import audit

BLANK = "This value should not be blank."
TAKEN = "This value is already used."
NO_CODE = "This value is not the code of a language, such as en or pt_BR."
NO_TREE = "This value is not a JSON object of texts."
TOO_LONG = "This value is longer than {} characters."
NAME_MAX, CONTENT_MAX, DEPTH_MAX = 255, 1_000_000, 10
ORDER_MAX = 1_000_000
_CODE = re.compile(r"[a-zA-Z]{2,3}([_-][a-zA-Z0-9]{2,8})?", re.ASCII)


class DefaultRequired(DomainError):
    """Some default language is required."""

    code = "default_language_required"
    field = "is_default"


class DefaultKept(DomainError):
    """The default language cannot be deleted."""

    code = "default_language_kept"


@dataclass(frozen=True, kw_only=True)
class LanguageData:
    """A whole language but its code. `content`: JSON text; None keeps what there is."""

    name: str
    is_default: bool = False
    order: int = 0
    content: str | None = None


@transaction.atomic
def create(*, code: str, data: LanguageData, actor: Actor, now: datetime | None = None) -> Language:
    """
    Add a language; as a default it takes the place of the former one (TRN-2).

    :raises InvalidFields: with every fault; nothing was written.
    :raises OfAllStores: the actor works in some stores only; languages are every store's.
    """
    actor.require_all_stores()
    now = now or clock.now()
    rows = _locked_rows()
    faults = _faults(data)
    if not _CODE.fullmatch(code):
        faults["code"] = [NO_CODE if code else BLANK]
    elif any(row.code.lower() == code.lower() for row in rows):
        faults["code"] = [TAKEN]
    _refuse(faults)
    language = Language(code=code, updated_at=now)
    _fill(language, data, rows)
    language.save(force_insert=True)
    _record(actor, "CreateLanguage", language, {}, now)
    return language


@transaction.atomic
def update(*, code: str, data: LanguageData, actor: Actor, now: datetime | None = None) -> Language:
    """
    Replace a language's name, place and texts. Its code stays what it was.

    :raises NotFound: there is no such language.
    :raises InvalidFields: with every fault; nothing was written.
    :raises DefaultRequired: it is the default one, and would be none.
    :raises OfAllStores: as `create`.
    """
    actor.require_all_stores()
    now = now or clock.now()
    rows = _locked_rows()
    language = _found(rows, code)
    _refuse(_faults(data))
    if language.is_default and not data.is_default:
        raise DefaultRequired
    old = _told(language)
    _fill(language, data, rows)
    language.updated_at = now
    language.save()
    _record(actor, "UpdateLanguage", language, old, now)
    return language


@transaction.atomic
def delete(*, code: str, actor: Actor, now: datetime | None = None) -> None:
    """
    Remove a language. Texts of levels and rewards in it stay, and come back with it (TRN-5).

    :raises NotFound: there is no such language.
    :raises DefaultKept: it is the default one.
    :raises OfAllStores: as `create`.
    """
    actor.require_all_stores()
    language = _found(_locked_rows(), code)
    if language.is_default:
        raise DefaultKept
    old = _told(language)
    language.delete()
    audit.record(
        actor,
        store=None,
        event_type="DeleteLanguage",
        entity_type="Language",
        entity_id=code,
        data=audit.changes(old, {}),
        now=now or clock.now(),
    )


def _locked_rows() -> list[Language]:
    """Return the stored languages; of two who change them one waits. The first puts ours there."""
    sql.write("select pg_advisory_xact_lock(hashtext('loyalty languages'))", ())
    if not Language.objects.exists():
        Language.objects.bulk_create(selectors.built_in())
    return list(Language.objects.all())


def _found(rows: list[Language], code: str) -> Language:
    selectors.get_language(code)
    return next(row for row in rows if row.code == code)


def _fill(language: Language, data: LanguageData, rows: list[Language]) -> None:
    language.name, language.order = data.name.strip(), data.order
    if data.content is not None:
        tree = json.loads(data.content)
        # What is word for word ours goes on growing with the program.
        language.content = None if tree == selectors.ours(language.code) else tree
    if data.is_default and not language.is_default:
        Language.objects.filter(pk__in=[row.pk for row in rows]).update(is_default=False)
    language.is_default = data.is_default


def _faults(data: LanguageData) -> dict[str, list[str]]:
    faults: dict[str, list[str]] = {}
    if not data.name.strip():
        faults["name"] = [BLANK]
    elif len(data.name) > NAME_MAX:
        faults["name"] = [TOO_LONG.format(NAME_MAX)]
    if abs(data.order) > ORDER_MAX:
        faults["order"] = ["This value is not valid."]
    if data.content is not None and (fault := _content_fault(data.content)):
        faults["content"] = [fault]
    return faults


def _content_fault(content: str) -> str | None:
    if not content.strip():
        return BLANK
    if len(content) > CONTENT_MAX:
        return TOO_LONG.format(CONTENT_MAX)
    try:
        tree = json.loads(content)
    except (ValueError, RecursionError):
        return NO_TREE
    is_tree = isinstance(tree, dict) and "\\u0000" not in content.lower()
    return None if is_tree and _is_tree(tree, DEPTH_MAX) else NO_TREE


def _is_tree(node: Any, depth: int) -> bool:
    if isinstance(node, str):
        return True
    if not isinstance(node, dict) or depth == 0:
        return False
    return all(_is_tree(child, depth - 1) for child in node.values())


def _refuse(faults: dict[str, list[str]]) -> None:
    if faults:
        raise InvalidFields(faults)


def _told(language: Language) -> dict[str, Any]:
    """Return what the audit trail tells of a language: its texts one by one, under their paths."""
    own = {"name": language.name, "default": language.is_default, "order": language.order}
    return own | _leaves(selectors.content_of(language))


def _leaves(tree: Mapping[str, Any], path: str = "content") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in tree.items():
        place = f"{path}.{key}"
        found |= _leaves(value, place) if isinstance(value, Mapping) else {place: value}
    return found


def _record(
    actor: Actor, event_type: str, language: Language, old: Mapping[str, Any], now: datetime
) -> None:
    audit.record(
        actor,
        store=None,
        event_type=event_type,
        entity_type="Language",
        entity_id=language.code,
        data=audit.changes(old, _told(language)),
        now=now,
    )
