"""A reward's pool of codes: what it holds, who has a code, and three ways to fill it."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, ClassVar

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.admin.ledger import customer_link
from accounts.cockpit import formats, rights
from accounts.cockpit.forms import CommandForm, LinesField
from accounts.cockpit.pages import Column, Table
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.vocabulary import word
from accounts.models import Resource
from campaigns import codes as patterns
from campaigns.admin import words
from campaigns.models import (
    Coupon,
    CouponCode,
    PoolJob,
    PoolJobKind,
    PoolJobStatus,
    RewardCampaign,
)
from campaigns.selectors import campaign_figures, usage
from campaigns.selectors.usage import Tally
from campaigns.services import pool_files, pool_jobs, pools
from campaigns.services.pool_files import BadLines, Fault, Faults
from loyalty.core.errors import DomainError, InvalidFields

FREE_SHOWN = 20
JOBS_SHOWN = 8
HOLDERS_SHOWN = 20
QUERY_MAX = 255
# How often the page looks again while codes are on their way.
REFRESH_SECONDS = 3
PATTERN = "####-####-###%"
FULL = 100

JOB_TONES = {
    PoolJobStatus.WAITING: "info",
    PoolJobStatus.RUNNING: "info",
    PoolJobStatus.DONE: "good",
    PoolJobStatus.FAILED: "bad",
}


class PoolForm(CommandForm):
    """One way to fill a pool. `name` tells the forms of the page apart."""

    name: ClassVar[str]
    title: ClassVar[Any]
    help: ClassVar[Any]
    icon: ClassVar[str]

    def add_refusal(self, refusal: DomainError) -> None:
        if isinstance(refusal, BadLines):
            name = "file" if "file" in self.fields else "codes"
            self.add_error(name, lines_at_fault(refusal.faults))
            return
        errors = (
            refusal.errors
            if isinstance(refusal, InvalidFields)
            else {refusal.field or "": [refusal.message]}
        )
        for name, sentences in errors.items():
            field = self.renamed.get(name, name)
            for sentence in sentences:
                self.add_error(field if field in self.fields else None, word(sentence))

    def done(self) -> str:
        """Say what was begun."""
        return _("The codes are on their way. This page shows how far they are.")


class GenerateForm(PoolForm):
    name = "generate"
    icon = "casino"
    title = gettext_lazy("Generate codes")
    help = gettext_lazy(
        "Each # becomes a random letter or digit without look-alikes, % a check character that "
        "finds typing mistakes; everything else stays."
    )
    submit_label = gettext_lazy("Generate")

    count = forms.IntegerField(
        label=gettext_lazy("How many"), min_value=1, max_value=pool_jobs.CODES_MAX
    )
    pattern = forms.CharField(
        label=gettext_lazy("Pattern"), max_length=pool_jobs.PATTERN_MAX, initial=PATTERN
    )

    def initial_values(self) -> dict[str, Any]:
        return {"count": 1000, "pattern": PATTERN}

    def prepare(self) -> None:
        [example] = patterns.generate(PATTERN, 1)
        self.fields["pattern"].help_text = _("Such as %(example)s.") % {"example": example}

    def run(self, data: dict[str, Any]) -> PoolJob:
        return pool_jobs.generate(
            campaign=self.instance, pattern=data["pattern"], count=data["count"], actor=self.actor
        )


class LoadForm(PoolForm):
    name = "load"
    icon = "upload_file"
    title = gettext_lazy("Load a file")
    help = gettext_lazy(
        "A text or CSV file of any size; semicolons or line ends part the codes. What the pool "
        "holds already is passed over."
    )
    submit_label = gettext_lazy("Load")

    file = forms.FileField(label=gettext_lazy("File"), allow_empty_file=True)

    def run(self, data: dict[str, Any]) -> PoolJob:
        return pool_jobs.load(campaign=self.instance, file=data["file"], actor=self.actor)


class TypeForm(PoolForm):
    name = "type"
    icon = "keyboard"
    title = gettext_lazy("Type codes")
    help = gettext_lazy("For a few codes, or for one that everybody gets.")
    submit_label = gettext_lazy("Add")
    renamed = {"coupons": "codes"}

    codes = LinesField(
        label=gettext_lazy("Codes"),
        help_text=gettext_lazy("One in each line."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    replaces = forms.BooleanField(
        label=gettext_lazy("Replace the pool"),
        required=False,
        help_text=gettext_lazy(
            "These become all codes of the pool. Codes that customers have must be among them."
        ),
    )

    def run(self, data: dict[str, Any]) -> None:
        pool_files.check(BytesIO(self["codes"].value().encode()))
        pools.set_codes(
            campaign=self.instance,
            codes=data["codes"],
            is_appended=not data["replaces"],
            actor=self.actor,
        )

    def done(self) -> str:
        return _("The pool was filled.")


FAULTS = {
    Fault.TOO_LONG: gettext_lazy("longer than 255 characters"),
    Fault.NOT_TEXT: gettext_lazy("no text in UTF-8"),
}


def lines_at_fault(faults: Faults) -> str:
    """Say which lines cannot be taken: the first few, and how many more."""
    named = ", ".join(
        _("line %(line)s (%(fault)s)") % {"line": line, "fault": FAULTS[fault]}
        for line, fault in faults.first
    )
    if more := faults.count - len(faults.first):
        named = _("%(lines)s and %(count)s more") % {"lines": named, "count": formats.whole(more)}
    return ngettext(
        "Nothing was loaded, as one line cannot be taken: %(lines)s.",
        "Nothing was loaded, as %(count)s lines cannot be taken: %(lines)s.",
        faults.count,
    ) % {"count": formats.whole(faults.count), "lines": named}


FORMS: tuple[type[PoolForm], ...] = (GenerateForm, LoadForm, TypeForm)


def answer_forms(
    request: CockpitRequest, campaign: RewardCampaign
) -> tuple[Sequence[PoolForm], str]:
    """Return the forms, the sent one with its errors; and what was done, if it was."""
    options: dict[str, Any] = {
        "store": request.store,
        "actor": request.actor,
        "instance": campaign,
    }
    sent = request.POST.get("form") if request.method == "POST" else None
    shown: list[PoolForm] = []
    for form_class in FORMS:
        if form_class.name != sent:
            shown.append(form_class(**options))
            continue
        form = form_class(request.POST, request.FILES, **options)
        is_done, _result = form.submit()
        if is_done:
            return (), form.done()
        shown.append(form)
    return shown, ""


@dataclass(frozen=True)
class Stock:
    """What a pool holds. `percent`: of its codes, how many are free."""

    codes: int
    issued: int
    free: int
    percent: int
    is_low: bool
    threshold: int
    is_single: bool


def stock_of(campaign: RewardCampaign, tally: Tally) -> Stock:
    free = max(tally.free, 0)
    return Stock(
        codes=tally.codes,
        issued=tally.issued,
        free=free,
        percent=round(free * FULL / tally.codes) if tally.codes else 0,
        is_low=words.is_low(campaign, tally),
        threshold=campaign.low_stock_threshold,
        is_single=campaign.is_single_coupon,
    )


def context_of(
    request: CockpitRequest, campaign: RewardCampaign, *, is_whole: bool
) -> dict[str, Any]:
    jobs = campaign_figures.list_pool_jobs(campaign, JOBS_SHOWN)
    is_filling = any(campaign_figures.is_open(job) for job in jobs)
    query = request.GET.get("q", "").strip()[:QUERY_MAX]
    found = found_table(request, campaign, query) if query else None
    return {
        "reward": campaign,
        "stock": stock_of(campaign, usage.get_tally(campaign)),
        "query": query,
        "found": found,
        "jobs": jobs_table(jobs) if jobs else None,
        "free": free_table(campaign, is_whole=is_whole),
        # Whoever has just begun something sees it move.
        "refresh": REFRESH_SECONDS if is_filling and request.method == "GET" and not query else 0,
    }


def free_table(campaign: RewardCampaign, *, is_whole: bool) -> Table:
    """Return the codes that go out next; who may not see them gets their ends only."""
    codes = CouponCode.objects.filter(campaign=campaign, is_issued=False)
    return Table(
        title=_("Next codes"),
        columns=(Column(_("Code")),),
        rows=[
            (format_html("<code>{}</code>", words.code_of(code, is_whole=is_whole)),)
            for code in codes.order_by("position", "pk").values_list("code", flat=True)[:FREE_SHOWN]
        ],
        empty=_("There is no free code."),
    )


def found_table(request: CockpitRequest, campaign: RewardCampaign, code: str) -> Table:
    """Say of one code who has it, since when, and what became of it."""
    row = CouponCode.objects.filter(campaign=campaign, code=code).first()
    now = timezone.now()
    coupons: list[Coupon] = []
    if row is not None and row.is_issued:
        held = Coupon.objects.in_store(campaign.store_id).filter(campaign=campaign, pool_code=row)
        if not campaign.is_single_coupon:
            # Of a code that only one customer has, the index knows which.
            held = held.filter(holds_code=True)
        latest = held.select_related("customer").order_by("-purchased_at", "-pk")
        coupons = list(latest[:HOLDERS_SHOWN])
    sees_customers = rights.may(request.actor, Resource.CUSTOMER)
    empty = _("The pool has no such code.") if row is None else _("This code is free.")
    return Table(
        title=_("Code %(code)s") % {"code": code},
        columns=(Column(_("Customer")), Column(_("Since")), Column(_("State"))),
        rows=[
            (
                customer_link(coupon.customer) if sees_customers else formats.EMPTY,
                formats.link(
                    reverse("admin:campaigns_coupon_change", args=[coupon.pk]),
                    formats.moment(coupon.purchased_at),
                ),
                words.status_chip(coupon, now),
            )
            for coupon in coupons
        ],
        empty=empty,
    )


def jobs_table(jobs: Sequence[PoolJob]) -> Table:
    return Table(
        title=_("Filled in the background"),
        columns=(
            Column(_("Since")),
            Column(_("What")),
            Column(_("State")),
            Column(_("Done")),
            Column(_("Codes added"), is_figure=True),
        ),
        rows=[
            (
                formats.time_tag(job.created_at),
                job_words(job),
                formats.chip(
                    word(PoolJobStatus(job.status).label), JOB_TONES[PoolJobStatus(job.status)]
                ),
                job_progress(job),
                formats.figure(formats.whole(job.added)),
            )
            for job in jobs
        ],
    )


def job_words(job: PoolJob) -> str:
    if job.kind == PoolJobKind.GENERATE:
        return _("Generate by %(pattern)s") % {"pattern": job.pattern}
    return _("Load a file")


def job_progress(job: PoolJob) -> str:
    """Return how far a job is, drawn and in words; or what went wrong."""
    if job.status == PoolJobStatus.FAILED:
        return word(job.error)
    percent = min(FULL, job.done * FULL // max(job.total, 1))
    passed = ""
    if job.skipped:
        passed = ngettext(
            "%(count)s was there already", "%(count)s were there already", job.skipped
        ) % {"count": formats.whole(job.skipped)}
    return format_html(
        '<progress class="bar" max="100" value="{}">{}%</progress> {}%'
        ' <span class="table__quiet">{}</span>',
        percent,
        percent,
        percent,
        passed,
    )
