"""Files brought in: choose one, map its columns, check it, bring it in, see what became of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import IO, Any, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import (
    Http404,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import get_language, gettext_lazy, gettext_noop, ngettext, override
from django.utils.translation import gettext as _

from accounts.cockpit import formats, rights
from accounts.cockpit.pages import Column, Table
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.vocabulary import word
from accounts.models import Access, Resource
from loyalty.cockpit import jobs_view
from loyalty.cockpit.import_messages import tell
from loyalty.core.errors import DomainError, InvalidFields
from loyalty.core.imports import chunks, columns, drafts, failed, jobs, kinds, reading, undoing
from loyalty.core.imports.formats import Format
from loyalty.core.imports.kinds import Kind
from loyalty.core.models import ImportJob, ImportState, RowOutcome

JOBS_SHOWN = 100
ROWS_SHOWN = 200
SAMPLE_ROWS = 3
SAMPLE_LENGTH_MAX = 40

TONES = {
    ImportState.DRAFT: "neutral",
    ImportState.CHECKING: "info",
    ImportState.CHECKED: "warn",
    ImportState.RUNNING: "info",
    ImportState.DONE: "good",
    ImportState.FAILED: "bad",
    ImportState.REPEATED: "neutral",
    ImportState.UNDOING: "info",
    ImportState.UNDONE: "neutral",
}
OUTCOME_TONES = {RowOutcome.DUPLICATE: "warn", RowOutcome.BAD: "bad", RowOutcome.DONE: "good"}
WORDS = (
    gettext_noop("Waiting for its columns"),
    gettext_noop("Being checked"),
    gettext_noop("Checked"),
    gettext_noop("Brought in before"),
    gettext_noop("Being taken back"),
    gettext_noop("Taken back"),
    gettext_noop("Duplicate"),
    gettext_noop("Refused"),
)


class UploadForm(forms.Form):
    kind = forms.ChoiceField(widget=forms.RadioSelect)
    file = forms.FileField(
        label=gettext_lazy("File"),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xml,.xlsx,.jsonl,.ndjson"}),
    )

    def __init__(self, *args: Any, chosen: list[type[Kind]], **options: Any) -> None:
        super().__init__(*args, **options)
        field = cast("forms.ChoiceField", self.fields["kind"])
        field.choices = [(kind.name, kind.title) for kind in chosen]
        if chosen:
            field.initial = chosen[0].name


@dataclass(frozen=True)
class Match:
    """
    One column of a file: what stands in it, and what it is taken for. `field`: its input.

    `is_proposed`: by what its name means; nobody has said so yet.
    """

    field: str
    name: str
    samples: list[str]
    chosen: str
    is_proposed: bool


@dataclass(frozen=True)
class Progress:
    percent: int
    rows: str
    rate: str
    left: str


def show_all(request: CockpitRequest) -> HttpResponse:
    """List the store's imports, and take a new file."""
    seen = _seen(request)
    writable = [kind for kind in seen if _may_modify(request, kind)]
    form = UploadForm(chosen=writable)
    if request.method == "POST":
        # What nobody knows is no matter of rights, unless there is nothing to choose.
        asked = kinds.get(request.POST.get("kind", "")) or (writable or seen)[0]
        rights.require(request.actor, Resource(asked.resource), Access.MODIFY)
        form = UploadForm(request.POST, request.FILES, chosen=writable)
        if form.is_valid() and (job := _keep(request, form)) is not None:
            return HttpResponseRedirect(_address(job))
    found = ImportJob.objects.in_store(request.store).filter(kind__in=[k.name for k in seen])
    shown = list(found[:JOBS_SHOWN])
    context = {
        "title": _("Imports"),
        "form": form,
        "kinds": [(kind, form["kind"].value() == kind.name) for kind in writable],
        "table": _list(shown),
    }
    return jobs_view.page(
        request, "cockpit/imports.html", context, any(job.is_open for job in shown)
    )


def show(request: CockpitRequest, job: UUID) -> HttpResponse:
    """Show one import, and the step that comes next."""
    found = _found(request, job)
    kind = jobs.kind_of(found)
    is_table = Format(found.format).is_table
    may_modify = _may_modify(request, kind)
    is_ready = may_modify and found.state in {ImportState.DRAFT, ImportState.CHECKED}
    refused_count = found.rows_bad + found.rows_duplicate
    matches = _matches(found) if is_ready and is_table and found.file else []
    context = {
        "title": found.name,
        "crumbs": [(_("Imports"), reverse("admin:imports")), (found.name, "")],
        "job": found,
        "kind": kind,
        "format": Format(found.format).label,
        "state": _state(found),
        "is_ready": is_ready and bool(found.file),
        "matches": matches,
        "columns": [(name, name in kind.required) for name in kind.columns],
        "is_proposed": any(match.is_proposed for match in matches),
        "earlier": jobs.find_earlier(found) if is_ready else None,
        "figures": _figures(found),
        "progress": _progress(found),
        "table": _rows(found) if kind.may_be_read_by(request.actor) else None,
        "grid": failed.grid(found, tell) if may_modify and not found.is_open else [],
        "error": tell(found.error),
        "refused_count": refused_count,
        "left_out": _left_out(refused_count),
        "may_undo": may_modify and kind.is_undoable and found.state == ImportState.DONE,
    }
    return jobs_view.page(request, "cockpit/import.html", context, found.is_open)


def act(request: CockpitRequest, job: UUID, deed: str) -> HttpResponse:
    """Do what a button of an import's page says, and go back to it."""
    found = _found(request, job)
    rights.require(request.actor, Resource(jobs.kind_of(found).resource), Access.MODIFY)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if deed not in DEEDS:
        raise Http404(deed)
    shown: ImportJob | None = None
    try:
        shown = DEEDS[deed](request, found)
    except DomainError as refusal:
        faults = refusal.errors if isinstance(refusal, InvalidFields) else {"": [refusal.message]}
        for text in (text for texts in faults.values() for text in texts):
            messages.error(request, tell(text))
    if deed == "discard" and jobs.get(request.store, job) is None:
        return HttpResponseRedirect(reverse("admin:imports"))
    return HttpResponseRedirect(_address(shown or found))


def refused(request: CockpitRequest, job: UUID) -> HttpResponse:
    """Send the refused rows as a file in the format that they came in."""
    found = _found(request, job)
    if not jobs.kind_of(found).may_be_read_by(request.actor):
        raise rights.RightMissing(Resource(jobs.kind_of(found).resource), Access.MODIFY)
    answer = StreamingHttpResponse(
        failed.stream(found, _tell_in(get_language())),
        content_type=failed.CONTENT_TYPES[Format(found.format)],
    )
    at = timezone.localtime(found.created_at)
    name = f"{found.kind}-{at:%Y-%m-%d-%H-%M-%S}-refused.{found.format}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return cast("HttpResponse", answer)


def _tell_in(language: str) -> Callable[[str], str]:
    """Return how to tell what is written while the answer is sent: the request is over by then."""

    def tell_later(message: str) -> str:
        with override(language):
            return tell(message)

    return tell_later


def _seen(request: CockpitRequest) -> list[type[Kind]]:
    seen = [kind for kind in kinds.list_all() if request.actor.can_view(kind.resource)]
    if not seen:
        raise rights.RightMissing(Resource.CUSTOMER, Access.VIEW)
    return seen


def _may_modify(request: CockpitRequest, kind: type[Kind]) -> bool:
    return rights.may(request.actor, Resource(kind.resource), Access.MODIFY)


def _found(request: CockpitRequest, uuid: UUID) -> ImportJob:
    job = jobs.get(request.store, uuid)
    if job is None:
        raise Http404(str(uuid))
    rights.require(request.actor, Resource(jobs.kind_of(job).resource))
    return job


def _address(job: ImportJob) -> str:
    return reverse("admin:import", args=[job.uuid])


def _keep(request: CockpitRequest, form: UploadForm) -> ImportJob | None:
    kind = kinds.get(form.cleaned_data["kind"])
    assert kind is not None
    file = form.cleaned_data["file"]
    try:
        return drafts.keep(
            store=request.store, kind=kind, file=file, name=file.name, actor=request.actor
        )
    except DomainError as refusal:
        form.add_error("file", tell(refusal.message))
        return None


def _check(request: CockpitRequest, job: ImportJob) -> None:
    if job.header:
        chosen = {
            name: request.POST[f"column-{place}"]
            for place, name in enumerate(job.header)
            if request.POST.get(f"column-{place}")
        }
        drafts.map_columns(job=job, mapping=chosen)
    drafts.check(job=job)


def _start(request: CockpitRequest, job: ImportJob) -> None:
    drafts.start(job=job, actor=request.actor, is_again=bool(request.POST.get("again")))


def _discard(request: CockpitRequest, job: ImportJob) -> None:
    drafts.discard(job=job)
    messages.success(request, _("%(file)s was thrown away.") % {"file": job.name})


def _undo(request: CockpitRequest, job: ImportJob) -> None:
    undone = undoing.undo(job=job, actor=request.actor)
    if undone is None:
        messages.success(request, _("The rows are being taken back. You need not wait for it."))
        return
    taken, left = undone
    text = ngettext("%(count)s row was taken back.", "%(count)s rows were taken back.", taken)
    messages.success(request, text % {"count": formats.whole(taken)})
    if left:
        text = ngettext(
            "%(count)s row stays: it was spending, or is expired.",
            "%(count)s rows stay: they were spending, or are expired.",
            left,
        )
        messages.warning(request, text % {"count": formats.whole(left)})


def _mend(request: CockpitRequest, job: ImportJob) -> ImportJob:
    """Check the rows that were mended in the grid, as an import of their own."""
    file = BytesIO(failed.mended(job, request.POST.dict()))
    return drafts.bring_in(
        store=request.store,
        kind=jobs.kind_of(job),
        file=file,
        name=f"{Path(job.name).stem} ({_('mended')}).csv",
        actor=request.actor,
        mapping=job.mapping,
        is_check=True,
    )


DEEDS: dict[str, Callable[[CockpitRequest, ImportJob], ImportJob | None]] = {
    "check": _check,
    "discard": _discard,
    "mend": _mend,
    "start": _start,
    "undo": _undo,
}


def _matches(job: ImportJob) -> list[Match]:
    """Return the columns of a table, each with what stands in its first lines."""
    with job.file.open("rb") as opened:
        file = cast("IO[bytes]", opened)
        rows = list(islice(reading.read(file, jobs.source_of(job)), SAMPLE_ROWS))
    lines = [
        line
        for row in rows
        for line in (row.content if isinstance(row.content, list) else [row.content])
        if isinstance(line, dict)
    ]
    called = columns.guess(job.header, jobs.kind_of(job))
    return [
        Match(
            field=f"column-{place}",
            name=name,
            samples=[
                text[:SAMPLE_LENGTH_MAX] for line in lines[:SAMPLE_ROWS] if (text := line.get(name))
            ],
            chosen=(chosen := job.mapping.get(name, "")),
            is_proposed=job.state == ImportState.DRAFT and chosen not in {"", called.get(name)},
        )
        for place, name in enumerate(job.header)
        if name and name != reading.ERROR_COLUMN
    ]


def _state(job: ImportJob) -> str:
    state = ImportState(job.state)
    return formats.chip(word(state.label), TONES[state])


def _figures(job: ImportJob) -> list[tuple[str, str, str]]:
    """Return (words, number, tone) of what became of the rows, once there are any."""
    if job.started_at is None:
        return []
    is_check = job.state in {ImportState.CHECKING, ImportState.CHECKED}
    return [
        (_("New rows") if is_check else _("Brought in"), formats.whole(job.rows_ok), "good"),
        (_("Duplicates"), formats.whole(job.rows_duplicate), "warn"),
        (_("Refused"), formats.whole(job.rows_bad), "bad"),
        (_("Rows"), formats.whole(job.rows_done), "neutral"),
    ]


def _left_out(refused_count: int) -> str:
    """Say how many refused rows nobody can see; "" where there are none of these."""
    left_out = refused_count - chunks.REFUSED_KEPT_MAX
    if left_out <= 0:
        return ""
    return _("The first %(kept)s refused rows are kept; another %(count)s are only counted.") % {
        "kept": formats.whole(chunks.REFUSED_KEPT_MAX),
        "count": formats.whole(left_out),
    }


def _progress(job: ImportJob) -> Progress | None:
    if not job.is_open:
        return None
    if job.state == ImportState.UNDOING:
        seen = job.undoing["taken"] + job.undoing["left"]
        return Progress(percent=job.progress // 10, rows=formats.whole(seen), rate="", left="")
    taken = (job.updated_at - job.started_at).total_seconds() if job.started_at else 0
    rate = job.rows_done / taken if taken > 0 else 0
    left = taken * (1000 - job.progress) / job.progress if job.progress else 0
    return Progress(
        percent=job.progress // 10,
        rows=formats.whole(job.rows_done),
        rate=formats.whole(round(rate)) if rate else "",
        left=str(timedelta(seconds=round(left))) if left else "",
    )


def _list(shown: list[ImportJob]) -> Table:
    return Table(
        title=_("Imports"),
        columns=(
            Column(_("File")),
            Column(_("Kind")),
            Column(_("State")),
            Column(_("Rows"), is_figure=True),
            Column(_("Brought in"), is_figure=True),
            Column(_("Duplicates"), is_figure=True),
            Column(_("Refused"), is_figure=True),
            Column(_("Sent")),
            Column(_("By")),
        ),
        rows=[
            (
                formats.link(_address(job), job.name),
                jobs.kind_of(job).title,
                _state(job),
                *(
                    formats.figure(formats.whole(number))
                    for number in (
                        job.rows_done,
                        job.rows_ok,
                        job.rows_duplicate,
                        job.rows_bad,
                    )
                ),
                formats.time_tag(job.created_at),
                job.actor_name,
            )
            for job in shown
        ],
        empty=_("No file was brought in yet."),
    )


def _rows(job: ImportJob) -> Table | None:
    """Return what is wrong with the first of the rows that are refused."""
    told = job.rows.exclude(outcome=RowOutcome.DONE)[:ROWS_SHOWN]
    rows = [
        (
            formats.figure(formats.whole(row.number)),
            formats.chip(
                word(RowOutcome(row.outcome).label), OUTCOME_TONES[RowOutcome(row.outcome)]
            ),
            row.identifier or formats.EMPTY,
            format_html('<span class="import__reason">{}</span>', tell(row.message)),
        )
        for row in told
    ]
    if not rows:
        return None
    return Table(
        title=_("Rows that are not taken"),
        columns=(
            Column(_("Row"), is_figure=True),
            Column(_("State")),
            Column(_("Names itself")),
            Column(_("Why")),
        ),
        rows=rows,
    )
