"""Audit entries as lines for people: a field, what it was, and what it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.cockpit import formats, rights
from accounts.cockpit.pages import Column, Table
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.trail import references, words
from accounts.cockpit.trail.references import Names, fields_of, is_change
from accounts.models import Resource
from loyalty.core.actors import ActorKind
from loyalty.core.models import AuditEntry
from loyalty.core.services.audit import MASK, NOT_LOGGED

LINES_MAX = 8
LENGTH_MAX = 60
ARROW = "→"
NOTHING: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True)
class Line:
    """One field of an entry. `old`: None where there was none before, or none is known."""

    label: str
    old: SafeString | None
    new: SafeString

    def __html__(self) -> str:
        return format_html('<span class="changes__label">{}:</span> {}', self.label, self.value)

    @property
    def value(self) -> SafeString:
        if self.old is None:
            return self.new
        return format_html("{} {} {}", self.old, ARROW, self.new)


@dataclass(frozen=True)
class Shown:
    """What a page says of one entry."""

    who: str
    deed: str
    on: SafeString
    lines: Sequence[Line]


def shown(
    request: CockpitRequest, entries: Iterable[AuditEntry], *, whole: bool = False
) -> list[Shown]:
    """
    Return entries as people read them. Queries: one for each kind of thing that they name.

    `whole`: with what is empty, too, and with long texts to their end.
    """
    entries = list(entries)
    names = references.read(request, entries)
    return [_shown(entry, names, whole=whole) for entry in entries]


def table(request: CockpitRequest, entries: Iterable[AuditEntry]) -> Table:
    """Return audit entries as a table of who did what, when, with which values."""
    entries = list(entries)
    rows = zip(entries, shown(request, entries), strict=True)
    return Table(
        title=_("Who changed what"),
        columns=(Column(_("When")), Column(_("Who")), Column(_("What")), Column(_("Values"))),
        rows=[
            (formats.time_tag(entry.created_at), row.who, row.deed, brief(url_of(entry), row.lines))
            for entry, row in rows
        ],
        empty=_("Nothing has been recorded yet."),
        is_stacked=True,
    )


def brief(url: str, lines: Sequence[Line], most: int = LINES_MAX) -> SafeString:
    """Return the first lines of an entry, and how many more its own page, at `url`, has."""
    if not lines:
        return SafeString(formats.EMPTY)
    # A line that says "1 more" takes the place of the one.
    kept = lines if len(lines) <= most + 1 else lines[:most]
    listed = format_html_join("", "<li>{}</li>", ((each,) for each in kept))
    if left := len(lines) - len(kept):
        told = ngettext("%(count)s more", "%(count)s more", left) % {"count": formats.whole(left)}
        more = formats.link(url, told) if rights.opens(Resource.AUDIT) else told
        listed = format_html("{}<li>{}</li>", listed, more)
    return format_html('<ul class="changes">{}</ul>', listed)


def url_of(entry: AuditEntry) -> str:
    return reverse("admin:core_auditentry_change", args=[entry.pk])


def who(entry: AuditEntry) -> str:
    """Return who did it, as they were called then."""
    if entry.actor_kind == ActorKind.SYSTEM:
        return _("The system")
    if entry.username == NOT_LOGGED:
        return _("Not signed in")
    return entry.username or formats.EMPTY


def _shown(entry: AuditEntry, names: Names, *, whole: bool) -> Shown:
    lines = [
        _line(entry, name, value, names, whole=whole)
        for name, value in fields_of(entry)
        if whole or _says_something(value)
    ]
    return Shown(who(entry), words.deed(entry.event_type), _on(entry, names), lines)


def _says_something(value: Any) -> bool:
    if is_change(value):
        # What something new was made without is no news.
        return value["old"] not in (*NOTHING, False) or value["new"] not in (*NOTHING, False)
    return value not in NOTHING


def _line(entry: AuditEntry, name: str, value: Any, names: Names, *, whole: bool) -> Line:
    label = words.label(entry.entity_type, name)
    if not is_change(value):
        return Line(label, None, _written(entry, name, value, names, whole=whole))
    old, new = (_written(entry, name, value[side], names, whole=whole) for side in ("old", "new"))
    is_new = value["old"] is None
    return Line(label, None if is_new else old, new)


def _on(entry: AuditEntry, names: Names) -> SafeString:
    """Return what an entry is about: its kind, and its name where it has one."""
    noun = words.noun(entry.entity_type)
    named = words.subject_of(entry.entity_type).named
    if named is not None:
        name = format_html("{}", named(entry.entity_id))
    else:
        name = names.of(references.about(entry)) if entry.entity_id else SafeString("")
    return format_html('<span><span class="changes__label">{}</span> {}</span>', noun, name)


# Values


def _written(entry: AuditEntry, name: str, value: Any, names: Names, *, whole: bool) -> SafeString:
    """Write one value in words."""
    if value in NOTHING:
        return SafeString(formats.EMPTY)
    if meant := references.meant(entry, name, value):
        return _named(meant, value, names)
    show = names.shows.get((entry.entity_type, name))
    text = show(value) if show else _text(entry.entity_type, name, value)
    if not whole and len(text) > LENGTH_MAX:
        text = f"{text[: LENGTH_MAX - 1]}…"
    return format_html("{}", text)


def _named(meant: Sequence[references.Reference], value: Any, names: Names) -> SafeString:
    told = format_html_join(", ", "{}", ((names.of(each),) for each in meant))
    left = len(value) - len(meant) if isinstance(value, list) else 0
    return format_html("{} + {}", told, left) if left else told


def _text(entity_type: str, name: str, value: Any) -> str:
    if value in NOTHING:
        return formats.EMPTY
    if show := words.subject_of(entity_type).values.get(words.snake(name)):
        return _each(show, value)
    if value == MASK:
        return "•••"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, str) and words.snake(name).endswith(words.DATE_SUFFIXES):
        return words.moment(value)
    if isinstance(value, list):
        return ", ".join(_text(entity_type, name, each) for each in value)
    if isinstance(value, dict):
        return _tree(entity_type, value)
    return str(value)


def _each(show: words.Show, value: Any) -> str:
    return ", ".join(map(show, value)) if isinstance(value, list) else show(value)


def _tree(entity_type: str, value: dict[str, Any]) -> str:
    parts = []
    if "key" in value:
        # A label, as people write it.
        parts.append(": ".join(str(value[name]) for name in ("key", "value") if value.get(name)))
    parts += [
        f"{words.label(entity_type, name)}: {_text(entity_type, name, each)}"
        for name, each in value.items()
        if each not in NOTHING and not ("key" in value and name in {"key", "value"})
    ]
    return ", ".join(parts)
