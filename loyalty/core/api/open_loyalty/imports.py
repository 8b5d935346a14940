"""
Take rows out of files. Source: campaigns-people spec 9.1.

A small file is answered in the request, as documented for XML. Whoever asks by
`Prefer: respond-async` is answered with a job (RFC 7240); so is who sends a large file.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import StreamingHttpResponse
from rest_framework import serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.core.api.forms import Form, FormOf
from loyalty.core.api.views import OpenLoyaltyView
from loyalty.core.errors import DomainError, NotFound
from loyalty.core.imports import answering, drafts, failed, jobs, kinds, undoing
from loyalty.core.imports.formats import Format
from loyalty.core.imports.kinds import Kind, Result
from loyalty.core.models import ImportJob, RowOutcome

ASYNC = "respond-async"
# Whoever sends more would wait for minutes.
ANSWERED_BYTES_MAX = 8 * 1024 * 1024


class FileForm(Form):
    file = serializers.FileField(help_text="XML, CSV, XLSX or JSON lines")
    again = serializers.BooleanField(
        required=False, help_text="Take points again that a file of the same content brought in"
    )


class KindForm(FileForm):
    kind = serializers.CharField(help_text="Such as customers, coupon-codes, segment-customers")


class UnknownKind(DomainError):
    """There is no such kind of file."""

    code = "unknown_kind"
    field = "kind"


class FileView(OpenLoyaltyView):
    """
    Answers 200 with an item for each row, whatever became of it (IMP-2).

    `message` is there when the file as a whole cannot be read, and says why.
    """

    job_methods = frozenset({"POST"})

    def take(self, kind: type[Kind], form: Mapping[str, Any]) -> Response:
        """Take the rows of the file of a form, now or by a job."""
        file, is_again = form["file"], bool(form.get("again"))
        sent: dict[str, Any] = {
            "store": self.store,
            "kind": kind,
            "file": file,
            "name": file.name or "",
            "actor": self.actor,
        }
        if wants_job(self.request) or file.size > ANSWERED_BYTES_MAX:
            job = drafts.bring_in(**sent, is_again=is_again)
            return _later(job, is_async=wants_job(self.request))
        job = answering.keep(**sent)
        results = answering.take(job, self.actor, is_again=is_again)
        items = [_item(kind, result) for result in results]
        succeeded = sum(item["status"] == "success" for item in items)
        answer: dict[str, Any] = {
            "items": items,
            "totalProcessed": len(items),
            "totalSuccess": succeeded,
            "totalFailed": len(items) - succeeded,
        }
        if job.error:
            # The original said nothing of why there are no rows.
            answer["message"] = job.error
        return Response(answer)


def _later(job: ImportJob, *, is_async: bool) -> Response:
    headers = {"Location": f"/api/{job.store.code}/admin/import/{job.uuid}"}
    if is_async:
        headers["Preference-Applied"] = ASYNC
    return Response(jobs.to_json(job), status=status.HTTP_202_ACCEPTED, headers=headers)


class ImportView(FileView):
    """A documented address for files of one kind."""

    forms = {"POST": FormOf(FileForm, root="file")}
    kind: ClassVar[type[Kind]]

    def post(self, request: Request, **ids: str) -> Response:
        return self.take(self.kind, self.form())


def _item(kind: type[Kind], result: Result) -> dict[str, Any]:
    if result.outcome != RowOutcome.DONE:
        return {"status": "error", "message": result.message, "identifier": result.identifier}
    made = str(result.uuid)
    return {
        "status": "success",
        "processImportResult": {"object": {kind.id_key: made} if kind.id_key else made},
        "identifier": result.identifier,
    }


def wants_job(request: Request) -> bool:
    words = request.headers.get("Prefer", "").split(",")
    return any(word.partition(";")[0].strip().lower() == ASYNC for word in words)


class Imports(FileView):
    forms = {"POST": FormOf(KindForm, root="import")}

    def post(self, request: Request, **ids: Any) -> Response:
        """
        Bring in a file of any kind, also coupon codes and customers for a segment's list.

        Needs the right to modify what the rows are. Answers as the address of a kind does, where
        there is one: with an item for each row, or 202 and a job.
        """
        form = self.form()
        kind = kinds.get(form["kind"])
        if kind is None:
            raise UnknownKind
        if not self.actor.can_modify(kind.resource):
            raise PermissionDenied
        return self.take(kind, form)

    def get(self, request: Request, **ids: Any) -> Response:
        """Return the store's imports of the kinds that the caller may see."""
        seen = [kind.name for kind in kinds.list_all() if self.actor.can_view(kind.resource)]
        found = ImportJob.objects.in_store(self.store).filter(kind__in=seen).select_related("store")
        return self.listed(found, key="imports", row=jobs.to_json)


class ImportJobView(OpenLoyaltyView):
    def found(self) -> ImportJob:
        job = jobs.get(self.store, self.kwargs["job"])
        if job is None:
            raise NotFound
        if not self.actor.can_view(jobs.kind_of(job).resource):
            raise PermissionDenied
        return job

    def found_with_rows(self) -> ImportJob:
        job = self.found()
        if not jobs.kind_of(job).may_be_read_by(self.actor):
            raise PermissionDenied
        return job


class ImportDetails(ImportJobView):
    """`GET admin/import/<import>`: how far one is, and what became of its rows."""

    def get(self, request: Request, **ids: Any) -> Response:
        return Response(jobs.to_json(self.found()))


class ImportRows(ImportJobView):
    """`GET admin/import/<import>/rows`: the rows of which something is to be said."""

    def get(self, request: Request, **ids: Any) -> Response:
        job = self.found_with_rows()
        rows = job.rows.exclude(outcome=RowOutcome.DONE).order_by("number")
        return self.listed(rows, key="rows", row=_row)


class ImportRefused(ImportJobView):
    """`GET admin/import/<import>/refused`: the refused rows, in the format that they came in."""

    def get(self, request: Request, **ids: Any) -> Any:
        job = self.found_with_rows()
        answer = StreamingHttpResponse(
            failed.stream(job), content_type=failed.CONTENT_TYPES[Format(job.format)]
        )
        name = f"{job.kind}-refused.{job.format}"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer


class ImportUndo(OpenLoyaltyView):
    """
    `POST admin/import/<import>/undo`: take back the points that a file brought in.

    Answers 202 and the job where there are many rows, or for `Prefer: respond-async`.
    """

    job_methods = frozenset({"POST"})

    def post(self, request: Request, **ids: Any) -> Response:
        job = jobs.get(self.store, ids["job"])
        if job is None:
            raise NotFound
        if not self.actor.can_modify(jobs.kind_of(job).resource):
            raise PermissionDenied
        is_async = wants_job(request)
        undone = undoing.undo(job=job, actor=self.actor, is_background=is_async)
        if undone is None:
            job.refresh_from_db()
            return _later(job, is_async=is_async)
        taken_back, left = undone
        return Response({"importId": str(job.uuid), "takenBack": taken_back, "left": left})


def _row(row: Any) -> dict[str, Any]:
    return {
        "row": row.number,
        "status": row.outcome,
        "identifier": row.identifier,
        "message": row.message,
    }
