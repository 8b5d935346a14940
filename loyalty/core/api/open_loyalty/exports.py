"""
Take lists out as files, with the filters of their cockpit screens; an extension of the reference.

A short list is answered at once. A long one, or any with `Prefer: respond-async` (RFC 7240),
becomes a job with a link to its file that is good for a day.
"""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from rest_framework import serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.core.api.errors import answer
from loyalty.core.api.forms import Form, FormOf
from loyalty.core.api.open_loyalty.imports import ASYNC, wants_job
from loyalty.core.api.views import ADMIN, PUBLIC, OpenLoyaltyView, Rule
from loyalty.core.errors import DomainError, NotFound
from loyalty.core.exports import jobs, kinds, writing
from loyalty.core.exports.jobs import Asked
from loyalty.core.exports.kinds import Kind
from loyalty.core.exports.writing import Format
from loyalty.core.models import ExportJob


class UnknownKind(DomainError):
    """There is no such list."""

    code = "unknown_kind"
    field = "kind"


class ExportForm(Form):
    kind = serializers.CharField(help_text="Name of a list, as GET admin/export/kind tells them.")
    format = serializers.ChoiceField(choices=Format.choices, default=Format.CSV.value)
    filters = serializers.DictField(
        child=serializers.CharField(allow_blank=True),
        default=dict,
        help_text="Name and value of each of the list's filters; `q` is its search, and `o` its "
        "order: numbers of its columns in the cockpit from 0, such as `-3.1`.",
    )


class ExportView(OpenLoyaltyView):
    rules = {"GET": Rule(ADMIN), "POST": Rule(ADMIN, writes=False)}

    def seen(self) -> list[Kind]:
        return [kind for kind in kinds.list_all() if kind.may_be_seen_by(self.actor)]


class Exports(ExportView):
    forms = {"POST": FormOf(ExportForm, root="export")}
    job_methods = frozenset({"POST"})
    # Its answer may be a file of any length.
    takes_idempotency_key = False

    def get(self, request: Request, **ids: Any) -> Response:
        """Return the store's exports of the lists that the caller may see."""
        seen = [kind.name for kind in self.seen()]
        found = ExportJob.objects.in_store(self.store).filter(kind__in=seen).select_related("store")
        return self.listed(found, key="exports", row=self._row)

    def _row(self, job: ExportJob) -> dict[str, Any]:
        return jobs.to_json(job, self.actor)

    def post(self, request: Request, **ids: Any) -> HttpResponse:
        """
        Answer a short list as a file, or 202 and a job: a long one, or `Prefer: respond-async`.

        Needs the right to view the list.
        """
        values = self.form()
        kind = kinds.get(values["kind"])
        if kind is None:
            raise UnknownKind
        if not kind.may_be_seen_by(self.actor):
            raise PermissionDenied
        query = jobs.parse_query(urlencode(values["filters"]))
        asked = Asked(kind, Format(values["format"]), self.store, self.actor, query)
        writing.check(asked.format)
        is_async = wants_job(request)
        if not is_async and jobs.is_short(asked):
            return jobs.answer(asked)  # type: ignore[return-value]  # it streams
        job = jobs.start(asked)
        headers = {"Location": f"/api/{self.store.code}/admin/export/{job.uuid}"}
        if is_async:
            headers["Preference-Applied"] = ASYNC
        return Response(self._row(job), status=status.HTTP_202_ACCEPTED, headers=headers)


class ExportKinds(ExportView):
    def get(self, request: Request, **ids: Any) -> Response:
        """Return the lists that the caller may take out, with their columns and filters."""
        rows = [
            {
                "kind": kind.name,
                "columns": [column.name for column in kind.columns],
                "filters": list(kind.filters()),
                "formats": [each.value for each in writing.offered()],
            }
            for kind in self.seen()
        ]
        return Response({"kinds": rows, "total": len(rows)})


class ExportDetails(ExportView):
    def get(self, request: Request, **ids: Any) -> Response:
        """Return how far an export is, and once it is done where its file can be fetched."""
        job = jobs.get(self.store, ids["job"])
        if job is None:
            raise NotFound
        if not jobs.asked_of(job).kind.may_be_seen_by(self.actor):
            raise PermissionDenied
        return Response(jobs.to_json(job, self.actor))


class ExportFile(OpenLoyaltyView):
    rules = {"GET": PUBLIC}

    def get(self, request: Request, *, token: str, **ids: Any) -> HttpResponse:
        """Answer a finished file to whoever has its link, for a day; 410 when that is over."""
        try:
            job = jobs.find_linked(self.store, token)
        except (jobs.FileGone, jobs.LinkOver) as refusal:
            return answer(status.HTTP_410_GONE, refusal.message)
        if job is None:
            raise NotFound
        return jobs.download(job)
