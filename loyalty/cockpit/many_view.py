"""What was done with many rows of a list: how far it is, and what was refused, and why."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from accounts.cockpit import formats, rights, way_back
from accounts.cockpit.many import ManyAdmin
from accounts.cockpit.pages import Column, Fact, Panel, Table
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.vocabulary import word
from accounts.models import Access, Resource
from loyalty.cockpit import imports_view, jobs_view
from loyalty.cockpit.import_messages import tell
from loyalty.core.imports import kinds, selections
from loyalty.core.imports.selections import SelectionKind
from loyalty.core.models import ImportJob, ImportState, RowOutcome

JOBS_SHOWN = 100
ROWS_SHOWN = 200


def show_all(request: CockpitRequest) -> HttpResponse:
    """List what was done with many rows of this store's lists."""
    seen = [kind for kind in selections.list_kinds() if kind.may_be_read_by(request.actor)]
    if not seen:
        raise rights.RightMissing(Resource.CUSTOMER, Access.VIEW)
    found = ImportJob.objects.in_store(request.store).filter(kind__in=[k.name for k in seen])
    shown = list(found[:JOBS_SHOWN])
    context = {"title": _("Changes of many"), "table": _list(shown)}
    return jobs_view.page(
        request, "cockpit/many_list.html", context, any(job.is_open for job in shown)
    )


def show(request: CockpitRequest, job: UUID) -> HttpResponse:
    """Show how far one is, and what it has left alone."""
    found = selections.get(request.store, job)
    if found is None:
        raise Http404(str(job))
    kind = _kind_of(found)
    for right in (kind.resource, *kind.modifies):
        rights.require(request.actor, Resource(right))
    screen = _screen_of(kind)
    list_url = way_back.listed(screen.list_url(), request.GET)
    context = {
        "title": str(kind.title),
        "crumbs": [
            (screen.plural, list_url),
            (_("Changes of many"), reverse("admin:many")),
            (kind.title, ""),
        ],
        "job": found,
        "state": _state(found),
        "plural": screen.plural,
        "list_url": list_url,
        "here": way_back.remembering(request.path, request.GET.get(way_back.NAME, "")),
        "error": tell(found.error),
        "panel": _panel(found, screen),
        "figures": _figures(found),
        "progress": _progress(found),
        "table": _left_alone(found, kind),
    }
    return jobs_view.page(request, "cockpit/many.html", context, found.is_open)


def _kind_of(job: ImportJob) -> type[SelectionKind]:
    kind = kinds.of(job)
    assert issubclass(kind, SelectionKind)
    return kind


def _screen_of(kind: type[SelectionKind]) -> ManyAdmin:
    screen = admin.site.get_model_admin(kind.model)
    assert isinstance(screen, ManyAdmin)
    return screen


def _state(job: ImportJob) -> str:
    state = ImportState(job.state)
    return formats.chip(word(state.label), imports_view.TONES[state])


def _panel(job: ImportJob, screen: ManyAdmin) -> Panel:
    form = screen.many_form_of(job.kind)
    assert form is not None
    return Panel(
        _kind_of(job).title,
        [
            *form.facts(job.store, job.options),
            Fact(_("Begun"), formats.time_tag(job.created_at)),
            Fact(_("By"), job.actor_name),
            Fact(_("Ended"), formats.time_tag(job.finished_at)),
        ],
    )


def _figures(job: ImportJob) -> list[tuple[str, str, str]]:
    return [
        (_("Done"), formats.whole(job.rows_ok), "good"),
        (_("Were so already"), formats.whole(job.rows_duplicate), "neutral"),
        (_("Refused"), formats.whole(job.rows_bad), "bad" if job.rows_bad else "neutral"),
        (_("Chosen"), formats.whole(job.rows_total), "neutral"),
    ]


def _progress(job: ImportJob) -> imports_view.Progress | None:
    if not job.is_open:
        return None
    taken = (job.updated_at - job.started_at).total_seconds() if job.started_at else 0
    rate = job.rows_done / taken if taken > 0 else 0
    total = job.rows_total or job.rows_done or 1
    left = (total - job.rows_done) / rate if rate else 0
    return imports_view.Progress(
        percent=min(job.rows_done * 100 // total, 99),
        rows=formats.whole(job.rows_done),
        rate=formats.whole(round(rate)) if rate else "",
        left=str(timedelta(seconds=round(left))) if left else "",
    )


def _left_alone(job: ImportJob, kind: type[SelectionKind]) -> Table | None:
    """Return the first of the rows with which nothing was done, those that were refused first."""
    told = job.rows.exclude(outcome=RowOutcome.DONE).order_by("outcome", "number")
    rows = list(told[:ROWS_SHOWN])
    if not rows:
        return None
    uuids = [row.object_uuid for row in rows]
    found = {each.uuid: each for each in kind.rows(job.store).filter(uuid__in=uuids)}
    more = job.rows_bad + job.rows_duplicate - len(rows)
    return Table(
        title=_("Left alone, another %(count)s not shown") % {"count": formats.whole(more)}
        if more > 0
        else _("Left alone"),
        columns=(Column(_("Who or what")), Column(_("State")), Column(_("Why"))),
        rows=[
            (
                _link(kind, found.get(row.object_uuid)),
                _outcome(row.outcome),
                format_html('<span class="import__reason">{}</span>', tell(row.message)),
            )
            for row in rows
        ],
    )


def _link(kind: type[SelectionKind], subject: Any) -> str:
    if subject is None:
        return formats.EMPTY
    return formats.link(_screen_of(kind).object_url(subject), kind.named(subject))


def _outcome(outcome: str) -> str:
    if outcome == RowOutcome.DUPLICATE:
        return formats.chip(_("Was so already"), "neutral")
    return formats.chip(_("Refused"), "bad")


def _list(shown: list[ImportJob]) -> Table:
    return Table(
        title=_("Changes of many"),
        columns=(
            Column(_("What")),
            Column(_("State")),
            Column(_("Begun")),
            Column(_("By")),
            Column(_("Done"), is_figure=True),
            Column(_("Were so already"), is_figure=True),
            Column(_("Refused"), is_figure=True),
            Column(_("Chosen"), is_figure=True),
        ),
        rows=[
            (
                formats.link(reverse("admin:many_job", args=[job.uuid]), _kind_of(job).title),
                _state(job),
                formats.time_tag(job.created_at),
                job.actor_name,
                *(
                    formats.figure(formats.whole(number))
                    for number in (
                        job.rows_ok,
                        job.rows_duplicate,
                        job.rows_bad,
                        job.rows_total,
                    )
                ),
            )
            for job in shown
        ],
        empty=_("Nothing was done with many rows at once yet. Choose some in a list."),
    )
