"""Lists taken out as files: choose a format, wait for a long one, fetch it."""

from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts.cockpit import formats, rights
from accounts.cockpit.pages import Column, Table
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.vocabulary import word
from accounts.models import Access, Resource
from loyalty.cockpit import jobs_view
from loyalty.core.errors import DomainError
from loyalty.core.exports import jobs, kinds, writing
from loyalty.core.exports.jobs import Asked
from loyalty.core.exports.kinds import Kind
from loyalty.core.exports.writing import Format
from loyalty.core.models import ExportJob, ExportState

JOBS_SHOWN = 100
COUNTED_MAX = 100_000

TONES = {
    ExportState.RUNNING: "info",
    ExportState.DONE: "good",
    ExportState.FAILED: "bad",
    ExportState.OVER: "neutral",
}
WORDS = (
    gettext_noop("Over"),
    gettext_noop("The list has no such filter, or not this value of it."),
    gettext_noop("This server does not write Parquet: the extra `parquet` is not installed."),
)
ABOUT = {
    Format.CSV: gettext_lazy("For spreadsheets and other programs; commas, UTF-8."),
    Format.XLSX: gettext_lazy("A workbook for Excel; further sheets after a million rows."),
    Format.XML: gettext_lazy("An element for each row."),
    Format.JSON_LINES: gettext_lazy("An object on each line, for programs."),
    Format.PARQUET: gettext_lazy("Typed columns, for data warehouses."),
}


class FormatForm(forms.Form):
    format = forms.ChoiceField(widget=forms.RadioSelect)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = cast("forms.ChoiceField", self.fields["format"])
        field.choices = [(each.value, each.label) for each in writing.offered()]
        field.initial = Format.CSV.value


def begin(request: CockpitRequest, kind: str) -> HttpResponse:
    """Ask for the format, then answer the file, or begin a job where the list is long."""
    asked_kind = kinds.get(kind)
    if asked_kind is None:
        raise Http404(kind)
    _require(request, asked_kind)
    form = FormatForm(request.POST if request.method == "POST" else None)
    chosen = Format(form.cleaned_data["format"]) if form.is_valid() else Format.CSV
    query = jobs.parse_query(request.GET.urlencode())
    asked = Asked(asked_kind, chosen, request.store, request.actor, query)
    try:
        count = asked.count(COUNTED_MAX + 1)
    except DomainError as refusal:
        messages.error(request, word(refusal.message))
        return HttpResponseRedirect(reverse("admin:exports"))
    if form.is_valid():
        if count <= jobs.ROWS_AT_ONCE:
            return jobs.answer(asked)  # type: ignore[return-value]  # it streams
        return HttpResponseRedirect(_address(jobs.start(asked)))
    context = {
        "title": _("Export: %(list)s") % {"list": asked_kind.title},
        "crumbs": [
            (asked_kind.title, _list_address(asked_kind, request)),
            (_("Export"), ""),
        ],
        "formats": [
            (each, ABOUT[each], form["format"].value() == each.value) for each in writing.offered()
        ],
        "count": formats.whole(min(count, COUNTED_MAX)),
        "is_more": count > COUNTED_MAX,
        "is_long": count > jobs.ROWS_AT_ONCE,
        "filters": [(name, value) for name, value in query.items() if value and name != "o"],
    }
    return jobs_view.page(request, "cockpit/export_new.html", context, is_underway=False)


def show_all(request: CockpitRequest) -> HttpResponse:
    """List the store's exports."""
    seen = [kind for kind in kinds.list_all() if kind.may_be_seen_by(request.actor)]
    if not seen:
        raise rights.RightMissing(Resource.CUSTOMER, Access.VIEW)
    found = ExportJob.objects.in_store(request.store).filter(kind__in=[k.name for k in seen])
    shown = list(found[:JOBS_SHOWN])
    context = {
        "title": _("Exports"),
        "kinds": sorted(
            (str(kind.title), reverse("admin:export_new", args=[kind.name])) for kind in seen
        ),
        "table": _list(shown),
    }
    return jobs_view.page(
        request, "cockpit/exports.html", context, any(job.is_open for job in shown)
    )


def show(request: CockpitRequest, job: UUID) -> HttpResponse:
    """Show how far an export is, and where its file can be fetched."""
    found = jobs.get(request.store, job)
    if found is None:
        raise Http404(str(job))
    asked = jobs.asked_of(found)
    _require(request, asked.kind)
    taken = (found.updated_at - found.created_at).total_seconds()
    rate = found.rows_done / taken if taken > 0 else 0
    is_done = found.state == ExportState.DONE
    may_fetch = jobs.may_be_fetched_by(found, request.actor)
    rows_left = max(found.rows_total - found.rows_done, 0)
    context = {
        "title": str(asked.kind.title),
        "crumbs": [(_("Exports"), reverse("admin:exports")), (asked.kind.title, "")],
        "job": found,
        "state": _state(found),
        "format": asked.format.label,
        "filters": [(name, value) for name, value in asked.query.items() if name != "o"],
        "rows": formats.whole(found.rows_done),
        "percent": min(found.rows_done * 100 // max(found.rows_total, 1), 99),
        "rate": formats.whole(round(rate)) if rate else "",
        "left": str(timedelta(seconds=round(rows_left / rate))) if rate else "",
        "link": jobs.link_to(found) if is_done and may_fetch else "",
        "is_withheld": is_done and not may_fetch,
        "link_hours": jobs.LINK_LASTS // timedelta(hours=1),
        "file_days": jobs.FILE_LASTS.days,
    }
    return jobs_view.page(request, "cockpit/export.html", context, found.is_open)


def _require(request: CockpitRequest, kind: Kind) -> None:
    for right in kind.rights:
        rights.require(request.actor, Resource(right))


def _address(job: ExportJob) -> str:
    return reverse("admin:export", args=[job.uuid])


def _list_address(kind: Kind, request: CockpitRequest) -> str:
    """Return where the list itself stands, as it is filtered."""
    if kind.model is None:
        return reverse("admin:exports")
    options = kind.model._meta
    address = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
    query = request.GET.urlencode()
    return f"{address}?{query}" if query else address


def _state(job: ExportJob) -> str:
    state = ExportState(job.state)
    return formats.chip(word(state.label), TONES[state])


def _list(shown: list[ExportJob]) -> Table:
    return Table(
        title=_("Long exports"),
        columns=(
            Column(_("List")),
            Column(_("Format")),
            Column(_("State")),
            Column(_("Rows"), is_figure=True),
            Column(_("Begun")),
            Column(_("By")),
        ),
        rows=[
            (
                formats.link(_address(job), str(jobs.asked_of(job).kind.title)),
                Format(job.format).label,
                _state(job),
                formats.figure(formats.whole(job.rows_done)),
                formats.time_tag(job.created_at),
                job.actor_name,
            )
            for job in shown
        ],
        empty=_("Nothing was taken out in the background yet. Short lists are answered at once."),
    )
