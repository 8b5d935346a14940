"""What the ids in audit entries are called, and where their pages are."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import IntegerField, Q
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.cockpit import formats
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.trail import words
from loyalty.core.models import AuditEntry

# Of a longer list only so many are named.
NAMED_MAX = 5
# As many digits as any number of a row.
DIGITS_MAX = 18

Reference = tuple[str, str]

# Entries about a sign-in name who signed in; of which kind they are, the actor's kind says.
_SIGN_INS = ("User", "Cockpit")
_CHANGE = {"old", "new"}
_KINDS = {"admin": "Admin", "api": "Admin", "seller": "Seller", "customer": "Customer"}


@dataclass(frozen=True)
class Names:
    """
    What references are called, and what writes values that need more than themselves.

    Made by `read`: at most one query for each kind of thing, and its texts.
    """

    found: dict[Reference, SafeString]
    shows: dict[tuple[str, str], words.Show]

    def of(self, reference: Reference) -> SafeString:
        """Return the name, linked where the reader may see more; of what is gone, the id's end."""
        return self.found.get(reference) or _end_of(reference[1])


def read(request: CockpitRequest, entries: Iterable[AuditEntry]) -> Names:
    """Read the names of what entries refer to, as far as the reader may know them."""
    wanted: dict[str, set[str]] = defaultdict(set)
    shows: dict[tuple[str, str], words.Show] = {}
    for entry in entries:
        kind, identity = about(entry)
        wanted[kind].add(identity)
        prepared = words.subject_of(entry.entity_type).prepared
        for name, value in fields_of(entry):
            if (make := prepared.get(name)) and (entry.entity_type, name) not in shows:
                shows[entry.entity_type, name] = make(request)
            for side in value.values() if is_change(value) else [value]:
                for kind, identity in meant(entry, name, side):
                    wanted[kind].add(identity)
    found: dict[Reference, SafeString] = {}
    screens = _screens()
    for kind, identities in wanted.items():
        if screen := screens.get(kind):
            found |= _named(request, screen, kind, identities)
    return Names(found, shows)


def about(entry: AuditEntry) -> Reference:
    """Return what an entry is about."""
    if entry.entity_type in _SIGN_INS:
        return _KINDS.get(entry.actor_kind, ""), entry.entity_id
    return entry.entity_type, entry.entity_id


def fields_of(entry: AuditEntry) -> list[tuple[str, Any]]:
    """Return an entry's fields in the order to show them: the database sorts them by length."""
    data = entry.data if isinstance(entry.data, dict) else {"": entry.data}
    if set(data) == _CHANGE:
        # The labels of a purchase stand there without their name.
        data = {"labels": data}
    place = {name: words.place_of(entry.entity_type, name) for name in data}
    return sorted(data.items(), key=lambda pair: place[pair[0]])


def is_change(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == _CHANGE


def meant(entry: AuditEntry, name: str, value: Any) -> Sequence[Reference]:
    """Return what a field's value refers to: one thing, several, or nothing."""
    kind = words.subject_of(entry.entity_type).references.get(words.snake(name))
    if kind is None or isinstance(value, dict) or value in (None, "", []):
        return ()
    values = value if isinstance(value, list) else [value]
    return [(kind, str(each)) for each in values[:NAMED_MAX]]


def _screens() -> dict[str, Any]:
    """Return the screens by the word that audit entries use for their rows."""
    screens = admin.site._registry.values()
    return {name: each for each in screens if (name := getattr(each, "audit_type", ""))}


def _named(
    request: CockpitRequest, screen: Any, kind: str, identities: set[str]
) -> dict[Reference, SafeString]:
    has_numbers = isinstance(screen.model._meta.pk, IntegerField)
    uuids = {text: uuid for text in identities if (uuid := _uuid(text))}
    numbers = {text for text in identities if has_numbers and _is_number(text)}
    if not uuids and not numbers:
        return {}
    chosen = Q(uuid__in=uuids.values())
    if numbers:
        chosen |= Q(pk__in=[int(text) for text in numbers])
    is_open = screen.has_view_permission(request)
    found: dict[Reference, SafeString] = {}
    for row in screen.get_references(request).filter(chosen):
        name = screen.name_in_trail(row)
        shown = formats.link(screen.object_url(row), name) if is_open else format_html("{}", name)
        found[kind, str(row.uuid)] = shown
        if has_numbers:
            found[kind, str(row.pk)] = shown
    return found


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _end_of(identity: str) -> SafeString:
    """Return the end of an id, which is where ids made one after the other differ."""
    short = identity if len(identity) <= 12 else f"…{identity[-6:]}"
    return format_html("{}", short)
