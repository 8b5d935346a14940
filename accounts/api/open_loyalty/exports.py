"""Open Loyalty's chapter Utilities: customers as CSV."""

from typing import Any

from django.http import StreamingHttpResponse
from rest_framework.request import Request

from accounts import access
from accounts.selectors import member_exports
from loyalty.core import clock, csv_rows
from loyalty.core.api.views import ADMIN, OpenLoyaltyView, Rule


class ExportView(OpenLoyaltyView):
    """Exports hold personal data: besides their own right they need that of seeing customers."""

    resource = "SEGMENT_EXPORT"
    rules = {"GET": Rule(ADMIN, resources=("SEGMENT_EXPORT", "CUSTOMER"))}


class SegmentExport(ExportView):
    """`GET csv/segment/<segment>`: its members (SG-8)."""

    def get(self, request: Request, **ids: Any) -> StreamingHttpResponse:
        segment = access.get_segment(self.store, str(self.kwargs["segment"]))
        now = clock.now()
        rows = member_exports.segment_rows(self.store, segment, now=now)
        moment = now.astimezone(self.zone)
        return csv_rows.answer(segment.name, moment, member_exports.SEGMENT_COLUMNS, rows)


class LevelExport(ExportView):
    """`GET csv/level/<level>`: its customers (LV-18)."""

    def get(self, request: Request, **ids: Any) -> StreamingHttpResponse:
        level = access.get_level(self.store, str(self.kwargs["level"]))
        now = clock.now()
        rows = member_exports.level_rows(self.store, level.pk, now=now)
        moment = now.astimezone(self.zone)
        return csv_rows.answer(level.name, moment, member_exports.LEVEL_COLUMNS, rows)
