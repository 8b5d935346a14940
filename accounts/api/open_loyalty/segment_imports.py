"""Customers for the lists of segments, out of files. Source: SG-3."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.api.open_loyalty import customer_rows
from accounts.models import Resource, Segment
from accounts.selectors import customers
from accounts.services import segments
from loyalty.core.errors import DomainError, InvalidFields
from loyalty.core.imports.kinds import REQUIRED, Kind, Result, uuid_of
from loyalty.core.models import RowOutcome
from loyalty.core.xml_rows import Row, text_of

NO_SEGMENT = "There is no such segment."
NO_CUSTOMER = "There is no such customer."
LISTED = "This customer is in the list already."


class SegmentCustomersKind(Kind):
    """Each row names a segment, by id or by name, and a customer for its list."""

    name = "segment-customers"
    title = _("Customers of segments")
    about = _("Adds customers to the list that is one of a segment's criteria.")
    resource = Resource.SEGMENT
    root = "segmentCustomers"
    element = "segmentCustomer"
    columns = ("segmentId", "segmentName", *customer_rows.NODES)
    words = customer_rows.WORDS | {
        "segmentId": ("id segmentu",),
        "segmentName": ("segment", "nazwa segmentu"),
    }
    chunk_rows = 2_000

    def identify(self, row: Row) -> str:
        return f"{customer_rows.first_identifier(row)}/({_segment_of(row)})"

    def process_many(self, rows: Sequence[Row]) -> list[Result]:
        """Add the customers of some rows, each segment's together."""
        results: dict[int, Result] = {}
        chosen = self._choose(rows, results)
        for segment, places in chosen.items():
            self._add(segment, places, rows, results)
        return [results[place] for place in range(len(rows))]

    def _choose(
        self, rows: Sequence[Row], results: dict[int, Result]
    ) -> dict[Segment, dict[int, UUID]]:
        """Return the customers' ids by segment and place; write down what cannot be chosen."""
        named = [self._read(row) for row in rows]
        found = customers.find_many_named(self.store, [who or NOBODY for who in named])
        segments_by_name = self._segments(rows)
        chosen: dict[Segment, dict[int, UUID]] = defaultdict(dict)
        for place, (row, who, customer) in enumerate(zip(rows, named, found, strict=True)):
            segment = segments_by_name.get(_segment_of(row))
            if not _segment_of(row):
                fault = f"Convert exception: segmentId {REQUIRED}"
            elif who is None or not who.is_given:
                fault = f"Convert exception: customerId {REQUIRED}"
            elif segment is None:
                fault = f"Processing exception: {NO_SEGMENT}"
            elif customer is None:
                fault = f"Processing exception: {NO_CUSTOMER}"
            else:
                chosen[segment][place] = customer.uuid
                continue
            results[place] = Result(RowOutcome.BAD, self.identify(row), fault)
        return chosen

    def _add(
        self,
        segment: Segment,
        places: dict[int, UUID],
        rows: Sequence[Row],
        results: dict[int, Result],
    ) -> None:
        outcome, message, added = RowOutcome.DUPLICATE, LISTED, set[UUID]()
        try:
            added = segments.add_to_list(
                segment=segment, customers=list(places.values()), actor=self.actor
            )
        except DomainError as refusal:
            outcome, message = RowOutcome.BAD, refusal.message
        for place, uuid in places.items():
            identifier = self.identify(rows[place])
            if uuid in added:
                # Once: the same customer in a later row of the chunk is there by then.
                added.discard(uuid)
                results[place] = Result(RowOutcome.DONE, identifier, uuid=uuid)
            else:
                results[place] = Result(outcome, identifier, f"Processing exception: {message}")

    def _read(self, row: Row) -> customers.Named | None:
        try:
            return customer_rows.read_named(row)
        except InvalidFields:
            return None

    def _segments(self, rows: Sequence[Row]) -> dict[str, Segment]:
        """Return the segments that rows name, by what they are named by."""
        wanted = {_segment_of(row) for row in rows}
        of_store = Segment.objects.in_store(self.store).select_related("store")
        by_name = {each.name: each for each in of_store.filter(name__in=wanted)}
        uuids = [uuid for text in wanted if (uuid := uuid_of(text))]
        return by_name | {str(each.uuid): each for each in of_store.filter(uuid__in=uuids)}


NOBODY = customers.Named()


def _segment_of(row: Row) -> str:
    return text_of(row, "segmentId").lower() or text_of(row, "segmentName")
