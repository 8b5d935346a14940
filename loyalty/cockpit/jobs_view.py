"""The recurring jobs: what each does and when, what it has done, and a button that starts it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.cockpit import formats, rights
from accounts.cockpit.pages import Column, Fact, Panel, Table
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.vocabulary import word
from accounts.models import Access, Resource
from loyalty.cockpit.site import site
from loyalty.core import jobs
from loyalty.core.errors import DomainError
from loyalty.core.jobs import Job
from loyalty.core.models import JobOutcome, JobRun
from loyalty.core.selectors import jobs as selectors
from loyalty.core.services import jobs as services
from loyalty.schedule import SCHEDULE

RUNS_SHOWN = 100
# How often a page looks again while a job runs.
REFRESH_SECONDS = 3

TONES = {
    JobOutcome.RUNNING: "info",
    JobOutcome.WAITING: "info",
    JobOutcome.DONE: "good",
    JobOutcome.NOTHING: "neutral",
    JobOutcome.INTERRUPTED: "warn",
    JobOutcome.FAILED: "bad",
}
UNDERWAY = (JobOutcome.RUNNING, JobOutcome.WAITING)
WORDS = (
    gettext_noop("Running"),
    gettext_noop("Goes on soon"),
    gettext_noop("Done"),
    gettext_noop("Nothing to do"),
    gettext_noop("Interrupted"),
    gettext_noop("Failed"),
    gettext_noop(
        "The message broker does not answer, so no worker can be told. Nothing was started."
    ),
)


@dataclass(frozen=True)
class Card:
    """One job as the list shows it; its texts are written out."""

    job: Job
    schedule: str
    is_running: bool
    # It runs, or waits for its next round.
    is_underway: bool
    state: str
    last: str
    duration: str
    done: str
    message: str
    next: str
    url: str
    start_url: str


def show(request: CockpitRequest) -> HttpResponse:
    """List the jobs. The page looks again by itself while one of them runs."""
    _require(request)
    latest = selectors.list_latest()
    now = timezone.now()
    cards = [card_of(job, latest.get(job.name), now) for job in jobs.list_all()]
    cards.sort(key=lambda card: str(card.job.title))
    context = {
        "title": _("Jobs"),
        "cards": cards,
        "may_start": rights.may(request.actor, Resource.SETTINGS, Access.MODIFY),
    }
    return page(request, "cockpit/jobs.html", context, any(card.is_underway for card in cards))


def show_one(request: CockpitRequest, name: str) -> HttpResponse:
    """Show one job, with its runs."""
    _require(request)
    job = find(name)
    runs = selectors.list_runs(job, RUNS_SHOWN)
    card = card_of(job, runs[0] if runs else None, timezone.now())
    context = {
        "title": str(job.title),
        "crumbs": [(_("Jobs"), reverse("admin:jobs")), (str(job.title), "")],
        "card": card,
        "panel": facts(card),
        "table": history(job, runs),
        "may_start": rights.may(request.actor, Resource.SETTINGS, Access.MODIFY),
    }
    return page(request, "cockpit/job.html", context, card.is_underway)


def start(request: CockpitRequest, name: str) -> HttpResponse:
    """Tell the workers to run a job now, and go back to where the button was."""
    _require(request, Access.MODIFY)
    job = find(name)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    back = reverse("admin:jobs")
    if request.POST.get("from") == "job":
        back = reverse("admin:job", args=[name])
    try:
        services.start(job=job, actor=request.actor)
    except DomainError as refusal:
        messages.error(request, word(refusal.message))
        return HttpResponseRedirect(back)
    messages.success(request, _("%(job)s: a worker was told to begin.") % {"job": job.title})
    return HttpResponseRedirect(f"{back}?told")


def _require(request: CockpitRequest, access: Access = Access.VIEW) -> None:
    """Jobs run for all stores at once, and count over all of them."""
    rights.require(request.actor, Resource.SETTINGS, access)
    rights.require_all_stores(request.actor)


def find(name: str) -> Job:
    if (job := jobs.get(name)) is None:
        raise Http404(name)
    return job


def page(
    request: CockpitRequest, template: str, context: dict[str, Any], is_underway: bool
) -> HttpResponse:
    # Whoever has just started a job sees it begin, without its address asking for that for ever.
    refresh = {"refresh": REFRESH_SECONDS} if is_underway or "told" in request.GET else {}
    shell = site.each_context(request) | {"crumbs": [(context["title"], "")]}
    return TemplateResponse(request, template, shell | {"here": request.path} | refresh | context)


def card_of(job: Job, run: JobRun | None, now: datetime) -> Card:
    return Card(
        job=job,
        schedule=schedule_of(job),
        is_running=run is not None and run.outcome == JobOutcome.RUNNING,
        is_underway=run is not None and run.outcome in UNDERWAY,
        state=state_of(run) if run else formats.chip(_("Has not run yet")),
        last=formats.time_tag(run.last_started_at) if run else formats.EMPTY,
        duration=duration_of(run, now) if run else "",
        done=counts_of(job, run) if run else formats.EMPTY,
        message=run.message if run else "",
        next=next_of(job, run, now),
        url=reverse("admin:job", args=[job.name]),
        start_url=reverse("admin:job_start", args=[job.name]),
    )


def facts(card: Card) -> Panel:
    return Panel(
        _("Last run"),
        [
            Fact(_("State"), card.state),
            Fact(_("Started"), card.last),
            Fact(_("Duration"), card.duration or formats.EMPTY),
            Fact(_("Result"), card.done),
            Fact(_("Schedule"), card.schedule),
            Fact(_("Next run"), card.next),
            Fact(_("Command"), f"manage.py run_job {card.job.name}"),
        ],
        note=card.message,
    )


def history(job: Job, runs: list[JobRun]) -> Table:
    now = timezone.now()
    return Table(
        title=_("Runs"),
        columns=(
            Column(_("Started")),
            Column(_("State")),
            Column(_("Duration"), is_figure=True),
            Column(_("Chunks"), is_figure=True),
            Column(_("Result")),
            Column(_("Started by")),
        ),
        rows=[
            (
                formats.time_tag(run.started_at),
                state_of(run),
                formats.figure(duration_of(run, now)),
                formats.figure(formats.whole(run.chunks)),
                run.message or counts_of(job, run),
                run.started_by or _("the schedule"),
            )
            for run in runs
        ],
        empty=_("This job has not run yet."),
    )


def state_of(run: JobRun) -> str:
    outcome = JobOutcome(run.outcome)
    text = word(outcome.label)
    if run.times > 1:
        text = f"{text} × {formats.whole(run.times)}"
    return formats.chip(text, TONES[outcome])


def counts_of(job: Job, run: JobRun) -> str:
    told = [
        f"{job.counts.get(key, key)}: {formats.whole(number)}" for key, number in run.counts.items()
    ]
    return ", ".join(told) or formats.EMPTY


def duration_of(run: JobRun, now: datetime) -> str:
    taken = run.duration if run.duration is not None else now - run.started_at
    seconds = max(taken.total_seconds(), 0)
    if seconds < 10:
        return _("%(seconds)s s") % {"seconds": f"{seconds:.1f}"}
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return _("%(seconds)s s") % {"seconds": rest}
    return _("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": rest}


def entries_of(job: Job) -> list[Mapping[str, Any]]:
    return [entry for entry in SCHEDULE.values() if entry["task"] == job.task.name]


def schedule_of(job: Job) -> str:
    return ", ".join(period_of(entry["schedule"]) for entry in entries_of(job)) or _("by hand only")


def period_of(schedule: Any) -> str:
    """Write an interval out; a clock time, such as Celery's crontab, as it writes itself."""
    if not isinstance(schedule, timedelta):
        return str(schedule)
    for period, one, many in (
        (timedelta(days=1), _("every day"), _("every %(number)s days")),
        (timedelta(hours=1), _("every hour"), _("every %(number)s hours")),
        (timedelta(minutes=1), _("every minute"), _("every %(number)s minutes")),
        (timedelta(seconds=1), _("every second"), _("every %(number)s seconds")),
    ):
        if schedule >= period:
            number = round(schedule / period)
            return one if number == 1 else many % {"number": number}
    return str(schedule)


def next_of(job: Job, run: JobRun | None, now: datetime) -> str:
    """Return when the schedule starts a job next; it counts from the job's last start."""
    periods = [entry["schedule"] for entry in entries_of(job)]
    if run is None or not periods:
        return formats.EMPTY
    begun = run.last_started_at
    times = [
        begun + period if isinstance(period, timedelta) else now + period.remaining_estimate(begun)
        for period in periods
    ]
    soonest = min(times)
    if soonest <= now:
        return _("now due")
    return formats.time_tag(soonest)
