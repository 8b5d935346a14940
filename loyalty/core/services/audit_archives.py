"""Move old audit entries out of the trail, and write archives as XML (AUD-5, AUD-6)."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from xml.sax.saxutils import escape, quoteattr

from django.db import connection, transaction

from loyalty.core import clock
from loyalty.core.actors import Actor
from loyalty.core.models import ArchivedAuditEntry, AuditArchive
from loyalty.core.selectors.audit import shown_name
from loyalty.core.services import audit

CHUNK = 1_000
ALREADY_THERE = "Archive for this date range has already been generated."
NOTHING_TO_DO = "No logs to archive from this time range. The file was not created."

_COLUMNS = (
    "id, uuid, store_id, created_at, event_type, entity_type, entity_id, "
    "actor_kind, actor_id, username, ip_address, data"
)
# One statement: an entry is in the trail or in the archive, never in both and never in neither.
_MOVE = f"""
    with moved as (delete from core_auditentry where created_at < %s returning {_COLUMNS})
    insert into core_archivedauditentry (archive_id, {_COLUMNS}) select %s, {_COLUMNS} from moved
"""  # noqa: S608  # the columns are ours
# XML 1.0 has no way to write these.
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Outcome:
    """What archiving came to. `archive`: None where nothing was old enough."""

    count: int
    archive: AuditArchive | None = None
    message: str = ""


@transaction.atomic
def archive(*, before: date | None, actor: Actor, now: datetime | None = None) -> Outcome:
    """
    Move the entries from before a day into its archive.

    `before`: None, or later than a year before today's midnight: that day, in UTC. A day that has
    its archive already is left as it is. Two who archive at once wait for each other.
    """
    now = now or clock.now()
    latest = _a_year_before(now.astimezone(UTC).date())
    day = latest if before is None else min(before, latest)
    with connection.cursor() as cursor:
        # Readers of archives, and writers of the trail, need not wait.
        cursor.execute("lock table core_auditarchive in share row exclusive mode")
    if earlier := AuditArchive.objects.filter(before_date=day).first():
        return Outcome(0, earlier, ALREADY_THERE)
    made = AuditArchive.objects.create(before_date=day, created_at=now)
    made.entry_count = _move(made, datetime.combine(day, time.min, UTC))
    if not made.entry_count:
        made.delete()
        return Outcome(0, None, NOTHING_TO_DO)
    made.save(update_fields=["entry_count"])
    audit.record(
        actor,
        store=None,
        event_type="ArchiveAuditLog",
        entity_type="AuditArchive",
        entity_id=made.pk,
        data={"filename": made.filename, "count": made.entry_count},
        now=now,
    )
    return Outcome(made.entry_count, made)


def xml_of(archive: AuditArchive) -> Iterator[str]:
    """Yield an archive's file in pieces, a chunk of entries read at a time."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<log>\n'
    last = 0
    while True:
        chunk = list(archive.entries.filter(pk__gt=last).order_by("pk")[:CHUNK])
        if not chunk:
            break
        yield "".join(map(_element, chunk))
        last = chunk[-1].pk
    yield "</log>\n"


def _move(archive: AuditArchive, end: datetime) -> int:
    with connection.cursor() as cursor:
        # The trigger that keeps the trail lets nobody else delete; it is of this transaction only.
        cursor.execute("select set_config('loyalty.archiving', 'on', true)")
        cursor.execute(_MOVE, [end, archive.pk])
        count: int = cursor.rowcount
        cursor.execute("select set_config('loyalty.archiving', 'off', true)")
    return count


def _a_year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # the 29th of February
        return day.replace(year=day.year - 1, day=28)


def _element(entry: ArchivedAuditEntry) -> str:
    children = {
        "user": "" if entry.username == audit.NOT_LOGGED else entry.username,
        "userId": entry.actor_id,
        "userType": entry.actor_kind,
        "event": entry.event_type,
        "entityType": shown_name(entry.entity_type),
        "entityId": entry.entity_id,
        "data": json.dumps(entry.data or [], ensure_ascii=False),
        "origin": entry.ip_address or "",
    }
    moment = entry.created_at.astimezone(UTC).isoformat(timespec="seconds")
    lines = [f" <entry id={quoteattr(str(entry.uuid))} createdAt={quoteattr(moment)}>"]
    for name, text in children.items():
        written = escape(_NOT_IN_XML.sub("�", text))
        lines.append(f"  <{name}>{written}</{name}>" if written else f"  <{name}/>")
    return "\n".join([*lines, " </entry>\n"])
