"""Open Loyalty's chapter Segment."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts import access
from accounts.api.open_loyalty import segment_forms
from accounts.api.open_loyalty.customer_documents import CustomerWriter
from accounts.api.open_loyalty.customers import SORTS as CUSTOMER_SORTS
from accounts.models import Customer, Segment
from accounts.selectors import customers as customer_selectors
from accounts.selectors import segments as selectors
from accounts.services import segments
from loyalty.core import clock
from loyalty.core.api.formats import date_time, number
from loyalty.core.api.forms import FormOf
from loyalty.core.api.views import ADMIN, OpenLoyaltyView, Rule

SORTS = {
    "segmentId": "uuid",
    "name": "name",
    "description": "description",
    "active": "is_active",
    "createdAt": "created_at",
}
AMOUNTS = {"from_amount", "to_amount", "percent"}
MOMENTS = {"from_date", "to_date"}


class SegmentView(OpenLoyaltyView):
    resource = "SEGMENT"

    def segment(self) -> Segment:
        return access.get_segment(self.store, str(self.kwargs["segment"]))

    def document(self, segment: Segment, count: int) -> dict[str, Any]:
        return {
            "segmentId": str(segment.uuid),
            "name": segment.name,
            "description": segment.description,
            "active": segment.is_active,
            "parts": [
                {
                    "segmentPartId": part["id"],
                    "criteria": [self._criterion(criterion) for criterion in part["criteria"]],
                }
                for part in segment.parts
            ],
            "createdAt": date_time(segment.created_at, self.zone),
            "customersCount": count,
        }

    def _criterion(self, criterion: Mapping[str, Any]) -> dict[str, Any]:
        """Write a criterion with the inputs that it has; 20 percent are answered as 0.2."""
        row: dict[str, Any] = {"criterionId": criterion["id"], "type": criterion["type"]}
        for wire, name in segment_forms.NAMES.items():
            if name in criterion:
                row[wire] = self._value(name, criterion[name])
        return row

    def _value(self, name: str, value: Any) -> Any:
        if name in AMOUNTS:
            return number(Decimal(value))
        if name in MOMENTS:
            return date_time(datetime.fromisoformat(value), self.zone)
        return value


class Segments(SegmentView):
    """`GET` and `POST segment`."""

    forms = {"POST": FormOf(segment_forms.SegmentForm, root="segment")}
    query = ("active",)

    def get(self, request: Request, **ids: Any) -> Response:
        found = selectors.list_segments(self.store, is_active=self.query_flag("active"))
        counts = selectors.count_members(found.values("pk"))
        return self.listed(
            found,
            key="segments",
            row=lambda segment: self.document(segment, counts.get(segment.pk, 0)),
            sorts=SORTS,
            default_sort="name",
        )

    def post(self, request: Request, **ids: Any) -> Response:
        data = segment_forms.segment_data(self.form())
        segment = segments.create(store=self.store, data=data, actor=self.actor)
        return Response({"segmentId": str(segment.uuid)})


class SegmentDetail(SegmentView):
    """`GET`, `PUT` and `DELETE segment/<segment>`."""

    forms = {"PUT": FormOf(segment_forms.SegmentForm, root="segment")}

    def get(self, request: Request, **ids: Any) -> Response:
        segment = self.segment()
        count = selectors.count_members([segment.pk]).get(segment.pk, 0)
        return Response(self.document(segment, count))

    def put(self, request: Request, **ids: Any) -> Response:
        segment = self.segment()
        data = segment_forms.segment_data(self.form())
        segments.update(segment=segment, data=data, actor=self.actor)
        return Response({"segmentId": str(segment.uuid)})

    def delete(self, request: Request, **ids: Any) -> Response:
        segments.delete(segment=self.segment(), actor=self.actor)
        return Response(status=204)


class ActivateSegment(SegmentView):
    """`POST segment/<segment>/activate`."""

    is_active = True

    def post(self, request: Request, **ids: Any) -> Response:
        segments.set_active(segment=self.segment(), is_active=self.is_active, actor=self.actor)
        return Response(status=204)


class DeactivateSegment(ActivateSegment):
    """`POST segment/<segment>/deactivate`."""

    is_active = False


class SegmentCustomers(SegmentView):
    """`GET segment/<segment>/customers`: who is in it; needs both rights."""

    rules = {"GET": Rule(ADMIN, resources=("SEGMENT", "CUSTOMER"))}
    query = ("firstName", "lastName", "phone", "email")

    def get(self, request: Request, **ids: Any) -> Response:
        segment = self.segment()
        asked = request.query_params
        chosen = customer_selectors.Filter(
            first_name=asked.get("firstName"),
            last_name=asked.get("lastName"),
            phone=asked.get("phone"),
            email=asked.get("email"),
        )
        now = clock.now()
        found = customer_selectors.list_customers(self.store, chosen, now=now)
        members = found.filter(segment_memberships__segment=segment)
        writer = CustomerWriter(self.store, self.locale)

        def row(customer: Customer) -> dict[str, Any]:
            own = {"segmentId": str(segment.uuid), "segmentName": segment.name}
            return own | writer.row(customer)

        return self.listed(
            customer_selectors.sortable(members, now),
            key="customers",
            row=row,
            sorts=CUSTOMER_SORTS,
            prepare=lambda page: writer.read_purchases(page, self.actor),
        )
