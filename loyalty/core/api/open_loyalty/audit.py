"""Chapter Audit: the trail as a list and as CSV, and its archives. Source: AUD-1…6."""

from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import StreamingHttpResponse
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.core import clock, csv_rows
from loyalty.core.api import formats
from loyalty.core.api.forms import Day, Form, FormOf
from loyalty.core.api.views import OpenLoyaltyView
from loyalty.core.errors import NotFound
from loyalty.core.models import AuditArchive, AuditEntry
from loyalty.core.selectors import audit as selectors
from loyalty.core.services import audit_archives

UTC = ZoneInfo("UTC")
SORTS = {
    "auditLogId": "uuid",
    "createdAt": "created_at",
    "eventType": "event_type",
    "entityType": "entity_type",
    "entityId": "entity_id",
    "username": "username",
}
NEWEST_FIRST = "-createdAt"


class AuditView(OpenLoyaltyView):
    is_global = True
    resource = "AUDIT"
    filters: ClassVar[tuple[str, ...]] = (
        "entityType",
        "eventType",
        "entityId",
        "username",
        "auditLogId",
        "createdAtFrom",
        "createdAtTo",
    )
    query = filters

    def found(self) -> Any:
        """Return the entries that the query asks for; a value that cannot be finds none."""
        query = self.request.query_params
        texts = {name: query.get(name) or None for name in self.filters}
        try:
            asked = selectors.Filter(
                entity_type=texts["entityType"],
                event_type=texts["eventType"],
                entity_id=texts["entityId"],
                username=texts["username"],
                uuid=UUID(texts["auditLogId"]) if texts["auditLogId"] else None,
                created_from=_start(texts["createdAtFrom"]),
                created_before=_end(texts["createdAtTo"]),
            )
        except (ValueError, OverflowError):
            return AuditEntry.objects.none()
        return selectors.list_entries(self.actor, asked)


class Log(AuditView):
    def get(self, request: Request, **ids: Any) -> Response:
        return self.listed(
            self.found(), key="logs", row=_row, sorts=SORTS, default_sort=NEWEST_FIRST
        )


class LogExport(AuditView):
    """All entries that a query asks for, read while they are sent (AUD-4)."""

    query = (*AuditView.filters, "sort", "direction")

    def get(self, request: Request, **ids: Any) -> StreamingHttpResponse:
        entries = self.ordered(self.found(), sorts=SORTS, default_sort=NEWEST_FIRST)
        return csv_rows.answer(
            "audit-log", clock.now(), selectors.COLUMNS, selectors.csv_rows(entries)
        )


class ArchiveForm(Form):
    beforeDate = Day(source="before", required=False, allow_null=True, default=None)


class ArchiveView(OpenLoyaltyView):
    """An archive holds every store's entries: staff of some stores only see none."""

    is_global = True
    resource = "AUDIT"

    @property
    def sees_all(self) -> bool:
        return self.actor.reaches_all_stores


class Archives(ArchiveView):
    forms = {"POST": FormOf(ArchiveForm, root="archive")}

    def get(self, request: Request, **ids: Any) -> Response:
        archives = AuditArchive.objects.all() if self.sees_all else AuditArchive.objects.none()
        names = [archive.filename for archive in archives]
        return Response({"archives": names, "total": len(names)})

    def post(self, request: Request, **ids: Any) -> Response:
        if not self.sees_all:
            raise PermissionDenied
        outcome = audit_archives.archive(actor=self.actor, **self.form())
        answer: dict[str, Any] = {"totalArchived": outcome.count}
        if outcome.archive is not None:
            answer["filename"] = outcome.archive.filename
        if outcome.message:
            answer["message"] = outcome.message
        return Response(answer)


class ArchiveFile(ArchiveView):
    def get(self, request: Request, *, filename: str, **ids: Any) -> StreamingHttpResponse:
        archives = AuditArchive.objects.all() if self.sees_all else ()
        found = next((each for each in archives if each.filename == filename), None)
        if found is None:
            raise NotFound
        pieces = (piece.encode() for piece in audit_archives.xml_of(found))
        answer = StreamingHttpResponse(pieces, content_type="application/xml; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{found.filename}"'
        return answer


def _row(entry: AuditEntry) -> dict[str, Any]:
    return {
        "auditLogId": {"auditLogId": str(entry.uuid)},
        "createdAt": formats.date_time(entry.created_at, UTC),
        "eventType": entry.event_type,
        "entityType": selectors.shown_name(entry.entity_type),
        "entityId": entry.entity_id,
        "username": entry.username,
        # The original prints an empty map as a list.
        "data": entry.data or [],
    }


def _start(text: str | None) -> datetime | None:
    return formats.parse_date_time(text, UTC) if text else None


def _end(text: str | None) -> datetime | None:
    """Return what is just after a moment, or after the whole of a day where no time is given."""
    if not text:
        return None
    moment = formats.parse_date_time(text, UTC)
    is_day = len(text.strip()) == len("2017-09-27")
    return moment + (timedelta(days=1) if is_day else timedelta(seconds=1))
