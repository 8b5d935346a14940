"""Choose rows of a list, or all that it finds, and do one thing with all of them."""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import PAGE_VAR
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.cockpit import formats, rights, way_back
from accounts.cockpit.base import CockpitAdmin
from accounts.cockpit.forms import CommandForm
from accounts.cockpit.lists import rows_of
from accounts.cockpit.pages import Fact, Tool
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.vocabulary import word
from accounts.models import Access, Resource
from loyalty.core.errors import DomainError
from loyalty.core.exports.jobs import parse_query
from loyalty.core.imports import running, selections
from loyalty.core.imports.selections import SelectionKind
from loyalty.core.models import ImportJob, Store

logger = logging.getLogger(__name__)

# Up to so many rows are done in the request, and for no longer than that.
AT_ONCE = 200
SECONDS_AT_ONCE = 10.0
IDS = re.compile(r"\d{1,18}(,\d{1,18}){0,999}", re.ASCII)


@dataclass(frozen=True)
class Chosen:
    """
    Rows of a list, as an address names them: `?ids=1,2`, or `?all=1` and the list's filters.

    `is_all`: all that the list finds. `query`: the list's filters.
    """

    rows: "QuerySet[Any]"
    is_all: bool
    query: QueryDict

    @cached_property
    def count(self) -> int:
        return int(self.rows.order_by().count())

    def uuids(self) -> Iterator[UUID]:
        yield from self.rows.order_by("pk").values_list("uuid", flat=True).iterator(10_000)


class ManyForm(CommandForm):
    """
    The parameters of one thing that is done with many rows. `instance`: the chosen ones.

    `key` was drawn when the form was first shown: a form that is sent twice begins one job.
    """

    kind: ClassVar[type[SelectionKind]]
    style: ClassVar[str] = "primary"
    submit_label = gettext_lazy("Continue")
    key = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def initial_values(self) -> dict[str, Any]:
        return {"key": str(uuid4())}

    @property
    def has_questions(self) -> bool:
        return set(self.fields) != {"key"}

    def options(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the kind is told, fit for JSON, of cleaned data."""
        return {name: value for name, value in data.items() if name != "key"}

    @classmethod
    def facts(cls, store: Store, options: Mapping[str, Any]) -> Sequence[Fact]:
        """Return what the kind is told, for people."""
        return ()

    def texts(self, count: int) -> Sequence[Any]:
        """Return what will follow, in sentences."""
        return ()

    def run(self, data: dict[str, Any]) -> ImportJob:
        chosen: Chosen = self.instance
        return selections.begin(
            store=self.store,
            kind=self.kind,
            uuids=chosen.uuids(),
            options=self.options(data),
            actor=self.actor,
            key=data["key"],
            is_woken=chosen.count > AT_ONCE,
        )


class ThingForm(ManyForm):
    """Ties rows to one thing of the store, which is chosen by its id."""

    thing_key: ClassVar[str]

    def prepare(self) -> None:
        field = self.fields[self.thing_key]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(str(each.uuid), str(each)) for each in self.things(self.store)]

    @classmethod
    def things(cls, store: Store) -> Any:
        """Return what may be chosen."""
        raise NotImplementedError

    @classmethod
    def facts(cls, store: Store, options: Mapping[str, Any]) -> Sequence[Fact]:
        rows = cls.kind.thing_model._default_manager.filter(store=store)  # type: ignore[attr-defined]
        thing = rows.filter(uuid=options[cls.thing_key]).first()
        label = cls.base_fields[cls.thing_key].label
        return [Fact(label, formats.EMPTY if thing is None else str(thing))]


class ManyAdmin(CockpitAdmin):
    """A list whose rows can be chosen. `many_forms`: what can be done with them."""

    many_forms: ClassVar[tuple[type[ManyForm], ...]] = ()
    # Boxes without a deed are not shown, so this may stand on every such list.
    actions = ()

    def many_form_of(self, name: str) -> type[ManyForm] | None:
        return next((form for form in self.many_forms if form.kind.name == name), None)

    # What can be chosen stands in the theme's bar below the list.

    def many_deeds(self, request: HttpRequest) -> list[tuple[str, Any]]:
        """Return (name, words) of what somebody may do with chosen rows."""
        actor = request.actor  # type: ignore[attr-defined]
        return [
            (form.kind.name, form.kind.title)
            for form in self.many_forms
            if form.kind.may_be_begun_by(actor)
        ]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {name: (_choose, name, words) for name, words in self.many_deeds(request)}

    def get_action_choices(self, request: HttpRequest, *rest: Any) -> list[tuple[str, Any]]:
        return [("", _("What to do with them")), *self.many_deeds(request)]

    def many_url(self, name: str) -> str:
        """Return where a deed goes on, before the rows are named."""
        view = f"admin:{self.opts.app_label}_{self.opts.model_name}_many"
        return reverse(view, args=[name])

    def changelist_view(
        self, request: CockpitRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = extra_context or {}
        if self.many_deeds(request):
            done = Tool(_("Changes of many"), reverse("admin:many"), "checklist")
            context["list_tools"] = [*context.get("list_tools", ()), done]
        return super().changelist_view(request, context)

    # Addresses

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_many"
        view = self.admin_site.admin_view(self.many_view)
        return [path("many/<slug:deed>/", view, name=name), *super().get_urls()]

    def chosen(self, request: CockpitRequest) -> Chosen:
        """
        Return the rows that the address names, of this store and not after `upto` of the body.

        :raises UnknownFilter: the list has none such. :raises Http404: no row is named.
        """
        query = parse_query(request.GET.urlencode())
        named = "".join(query.pop("ids", []))
        if "all" in request.GET:
            rows = rows_of(self.model)(request.store, request.actor, query)
            if upto := _number(request.POST.get("upto")):
                # Who has come since the question was asked was not meant by the answer.
                rows = rows.filter(pk__lte=upto)
            return Chosen(rows, is_all=True, query=query)
        if not IDS.fullmatch(named):
            raise Http404("No row is named.")
        rows = self.get_queryset(request).filter(pk__in=named.split(","))
        return Chosen(rows, is_all=False, query=query)

    def many_view(self, request: CockpitRequest, deed: str) -> HttpResponse:
        """Ask what is to be done, say to how many, and begin it when that is confirmed."""
        form_class = self.many_form_of(deed)
        if form_class is None:
            raise Http404(deed)
        rights.require(request.actor, self.resource)
        for right in form_class.kind.modifies:
            rights.require(request.actor, Resource(right), Access.MODIFY)
        try:
            chosen = self.chosen(request)
            if not chosen.count:
                if not chosen.is_all:
                    raise Http404("None of these rows is there.")
                raise selections.NobodyChosen
        except DomainError as refusal:
            messages.error(request, word(refusal.message))
            return HttpResponseRedirect(self.list_url())
        form = form_class(
            request.POST if request.method == "POST" else None,
            store=request.store,
            actor=request.actor,
            instance=chosen,
        )
        return self._ask(request, form) or self._begun(request, form)

    def _ask(self, request: CockpitRequest, form: ManyForm) -> HttpResponse | None:
        """Return the page that comes before the deed; None: it is confirmed."""
        is_sent = request.method == "POST" and "change" not in request.POST
        if form.has_questions and not (is_sent and form.is_valid()):
            return self.render_many(request, "cockpit/many_form.html", form)
        expected = _number(request.POST.get("expected"))
        is_confirmed = is_sent and "confirmed" in request.POST and form.is_valid()
        if is_confirmed and form.instance.count <= expected:
            return None
        options = form.options(form.cleaned_data) if form.is_bound and form.is_valid() else {}
        newest = self.model._default_manager.order_by("-pk").values_list("pk", flat=True).first()
        context = {
            "facts": form.facts(request.store, options),
            "texts": form.texts(form.instance.count),
            "upto": _number(request.POST.get("upto")) or newest,
            "expected": form.instance.count,
            "is_long": form.instance.count > AT_ONCE,
            "is_more": is_confirmed,
        }
        return self.render_many(request, "cockpit/many_confirm.html", form, context)

    def _begun(self, request: CockpitRequest, form: ManyForm) -> HttpResponse:
        is_done, job = form.submit()
        if not is_done:
            return self.render_many(request, "cockpit/many_form.html", form)
        if form.instance.count <= AT_ONCE:
            try:
                running.run(job.pk, seconds=SECONDS_AT_ONCE)
            except Exception:
                # The schedule goes on with it, and its page tells.
                logger.exception("Cannot go on with the chosen rows of job %s", job.pk)
        address = reverse("admin:many_job", args=[job.uuid])
        _list, _mark, kept = self.back_url(request, form.instance).partition("?")
        return HttpResponseRedirect(way_back.remembering(address, kept))

    def back_url(self, request: CockpitRequest, chosen: Chosen) -> str:
        """Return the address of the list that the rows were chosen in."""
        if way_back.NAME in request.GET:
            return self.list_url()
        query = chosen.query.urlencode()
        return f"{self.list_url()}?{query}" if query else self.list_url()

    def render_many(
        self,
        request: CockpitRequest,
        template: str,
        form: ManyForm,
        context: Mapping[str, Any] | None = None,
    ) -> HttpResponse:
        chosen: Chosen = form.instance
        back = self.back_url(request, chosen)
        title = form.kind.title
        shell = {
            "form": form,
            "title": title,
            "crumbs": [(self.plural, back), (title, "")],
            "cancel_url": back,
            "plural": self.plural,
            "count": formats.whole(chosen.count),
            "chosen": chosen,
            "style": form.style,
        }
        return self.render(request, template, shell | dict(context or {}))


def _choose(screen: ManyAdmin, request: CockpitRequest, rows: Any) -> HttpResponse:
    """Lead on to the page of a deed, whose address names the rows; see Django's actions."""
    query = parse_query(request.GET.urlencode())
    if request.POST.get("select_across") == "1":
        query["all"] = "1"
    else:
        query["ids"] = ",".join(request.POST.getlist(ACTION_CHECKBOX_NAME))
    address = f"{screen.many_url(request.POST['action'])}?{query.urlencode()}"
    # The query says which rows; the page of the list that they stood on says only where they were.
    kept = request.GET.urlencode() if PAGE_VAR in request.GET else ""
    return HttpResponseRedirect(way_back.remembering(address, kept))


def _number(text: str | None) -> int:
    """Return a number that a form of ours has carried along; 0: it has none."""
    return int(text) if text and re.fullmatch(r"\d{1,18}", text, re.ASCII) else 0
