"""The admin class that every list, page and form of the cockpit comes from."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin import ShowFacets, display
from django.contrib.admin.views.main import ChangeList
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property, lazy
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from accounts.cockpit import rights, way_back
from accounts.cockpit.changelist import SteadyChangeList
from accounts.cockpit.forms import CommandForm
from accounts.cockpit.pages import Confirmation, EmptyState, Panel, Table, Tool
from accounts.cockpit.paginator import EstimatingPaginator
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.trail import lines
from accounts.cockpit.vocabulary import column_word, filter_word, word
from accounts.models import Access, Resource
from loyalty.core.errors import DomainError
from loyalty.core.exports import kinds
from loyalty.core.models import AuditEntry

AUDIT_SHOWN = 50


class CockpitAdmin(ModelAdmin):  # type: ignore[misc]  # the theme is not typed
    """
    Lists a model of the current store; its pages and forms are our own.

    Nothing is ever saved by the framework: `add_form` and `edit_form` end in commands, and without
    them the screen is read-only. `resource`: whose VIEW and MODIFY rights decide.
    """

    resource: ClassVar[Resource]
    add_form: ClassVar[type[CommandForm] | None] = None
    edit_form: ClassVar[type[CommandForm] | None] = None
    # The lookup from the model to its store; empty: the model belongs to none.
    store_path: ClassVar[str] = "store"
    # True where all stores share the rows: then only staff of all stores change them.
    is_shared: ClassVar[bool] = False
    # The word that audit entries use for this model; empty: the page has no history.
    audit_type: ClassVar[str] = ""
    empty_state: ClassVar[EmptyState] = EmptyState("", "")
    list_note: ClassVar[Any] = ""

    paginator = EstimatingPaginator
    show_full_result_count = False
    list_per_page = 25
    list_max_show_all = 0
    # Counting every choice of every filter would read a long list many times over.
    show_facets = ShowFacets.NEVER
    list_filter_submit = True
    list_fullwidth = True
    actions: ClassVar[Any] = None
    object_template = "cockpit/object.html"
    form_template = "cockpit/form.html"
    confirm_template = "cockpit/confirm.html"
    change_list_template = "cockpit/list.html"

    # Rights

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return rights.may(request.actor, self.resource)  # type: ignore[attr-defined]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.add_form is not None and self.may_modify(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.edit_form is not None and self.may_modify(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def may_modify(self, request: HttpRequest) -> bool:
        actor = request.actor  # type: ignore[attr-defined]
        if self.is_shared and not actor.reaches_all_stores:
            return False
        return rights.may(actor, self.resource, Access.MODIFY)

    def require_modify(self, request: CockpitRequest) -> None:
        """
        Let pass who may change rows of this model.

        :raises PermissionDenied: their roles or their stores do not allow it.
        """
        rights.require(request.actor, self.resource, Access.MODIFY)
        if self.is_shared:
            rights.require_all_stores(request.actor)

    # Lists

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        rows: QuerySet[Any] = super().get_queryset(request)
        if not self.store_path:
            return rows
        return rows.filter(**{self.store_path: request.store})  # type: ignore[attr-defined]

    def get_references(self, request: HttpRequest) -> "QuerySet[Any]":
        """Return the rows that the audit trail may name, without what only a list shows."""
        return self.get_queryset(request).prefetch_related(None)

    def name_in_trail(self, subject: Any) -> str:
        """Return what the audit trail calls a row, after the word for what it is."""
        return self.title_of(subject)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        # For the template of an empty list, which sees nothing but this.
        changelist.may_add = self.has_add_permission(request)
        for spec in changelist.filter_specs:
            # Those of our own are titled where they stand.
            if field := getattr(spec, "field_path", ""):
                spec.title = filter_word(field, spec.title)
        return changelist

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        return SteadyChangeList

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return self.all_columns()

    def all_columns(self) -> list[Any]:
        """Return the list's columns, also those that somebody does not show."""
        return [self._columns.get(name, name) for name in self.list_display]

    def get_sortable_by(self, request: HttpRequest) -> list[Any]:
        sortable = super().get_sortable_by(request)
        return [self._columns.get(name, name) for name in sortable]

    @cached_property
    def _columns(self) -> dict[str, Callable[[Any], Any]]:
        """Return columns for the plain fields of the list: the framework's have English heads."""
        names = [name for name in self.list_display if not hasattr(self, name)]
        return {name: column(self.opts.get_field(name)) for name in names}

    def changelist_view(
        self, request: CockpitRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        rights.require(request.actor, self.resource)
        context = {
            "title": self.plural,
            "crumbs": [(self.plural, "")],
            "list_note": self.list_note,
            "list_tabs": self.list_tabs(request),
        }
        context |= extra_context or {}
        context["list_tools"] = [*context.get("list_tools", ()), *self.export_tools(request)]
        return super().changelist_view(request, context)  # type: ignore[no-any-return]

    def export_tools(self, request: CockpitRequest) -> list[Tool]:
        """Return the button that takes the list out as it is filtered, for who may."""
        kind = kinds.of_model(self.model)
        if kind is None or not kind.may_be_seen_by(request.actor):
            return []
        query = request.GET.urlencode()
        address = reverse("admin:export_new", args=[kind.name])
        return [Tool(_("Export"), f"{address}?{query}" if query else address, "download")]

    def list_tabs(self, request: CockpitRequest) -> Sequence[tuple[Any, str, bool]]:
        """Return (words, address, is here) of the views that stand above the list."""
        return ()

    # Pages

    def change_view(
        self,
        request: CockpitRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        rights.require(request.actor, self.resource)
        if request.method == "POST":
            self.require_modify(request)
        return self.page(request, self.get_found(request, object_id))

    def page(self, request: CockpitRequest, subject: Any) -> HttpResponse:
        """Show one object: as a form where it can be edited, else as panels and tables."""
        if self.edit_form is not None and self.may_modify(request):
            return self.form_view(request, subject)
        return self.object_view(request, subject)

    def object_view(self, request: CockpitRequest, subject: Any) -> HttpResponse:
        context = {
            "panels": self.panels(request, subject),
            "tables": self.tables(request, subject),
        }
        return self.render(request, self.object_template, context, subject)

    def panels(self, request: CockpitRequest, subject: Any) -> Sequence[Panel]:
        return ()

    def tables(self, request: CockpitRequest, subject: Any) -> Sequence[Table]:
        return ()

    def tools(self, request: CockpitRequest, subject: Any) -> Sequence[Tool]:
        """Return the buttons in the head of an object's page."""
        return ()

    def get_found(self, request: CockpitRequest, object_id: str) -> Any:
        """
        Return an object of the current store by its number.

        :raises Http404: there is none, or it is another store's.
        """
        found = self.get_object(request, object_id)
        if found is None:
            raise Http404(f"{self.opts.verbose_name} {object_id}")
        return found

    # Forms

    def add_view(
        self,
        request: CockpitRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if self.add_form is None:
            raise Http404("Nothing can be added here.")
        self.require_modify(request)
        return self.form_view(request, None)

    def form_view(self, request: CockpitRequest, subject: Any) -> HttpResponse:
        form_class = self.add_form if subject is None else self.form_class_of(subject)
        assert form_class is not None
        return self.form_answer(request, form_class, subject)

    def form_answer(
        self, request: CockpitRequest, form_class: type[CommandForm], subject: Any
    ) -> HttpResponse:
        """Show a form, or run its command and go on to the object's page."""
        options = {"store": request.store, "actor": request.actor, "instance": subject}
        if request.method == "POST":
            form = form_class(request.POST, request.FILES, **options)
            is_done, result = form.submit()
            if is_done:
                return self.answer_saved(request, result if result is not None else subject)
        else:
            form = form_class(**options)
        return self.render(request, self.form_template, self.form_context(request, form), subject)

    def form_class_of(self, subject: Any) -> type[CommandForm] | None:
        return self.edit_form

    def form_context(self, request: CockpitRequest, form: CommandForm) -> dict[str, Any]:
        subject = form.instance
        return {
            "form": form,
            "cancel_url": self.list_url(),
            "side_panels": () if subject is None else self.panels(request, subject),
            "tables": () if subject is None else self.tables(request, subject),
        }

    def answer_saved(self, request: CockpitRequest, subject: Any) -> HttpResponse:
        messages.success(request, _("%(name)s was saved.") % {"name": subject})
        return HttpResponseRedirect(self.object_url(subject))

    def confirmed(
        self,
        request: CockpitRequest,
        subject: Any,
        question: Confirmation,
        run: Callable[[], object],
        *,
        next_url: str = "",
    ) -> HttpResponse:
        """Say what a command will do, and run it when that is confirmed."""
        if request.method != "POST":
            context = {"question": question, "cancel_url": self.object_url(subject)}
            return self.render(request, self.confirm_template, context, subject, question.title)
        try:
            with transaction.atomic():
                run()
        except DomainError as refusal:
            messages.error(request, word(refusal.message))
            return HttpResponseRedirect(self.object_url(subject))
        messages.success(request, question.done % {"name": self.title_of(subject)})
        return HttpResponseRedirect(next_url or self.object_url(subject))

    def delete_view(self, request: CockpitRequest, object_id: str, **rest: Any) -> HttpResponse:
        raise Http404("Nothing is deleted here.")

    # History

    def history_view(
        self,
        request: CockpitRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the audit trail of one object."""
        rights.require(request.actor, self.resource)
        subject = self.get_found(request, object_id)
        table = lines.table(request, self.audit_entries(subject))
        context = {"tables": [table], "panels": []}
        return self.render(request, self.object_template, context, subject, _("History"))

    def audit_entries(self, subject: Any) -> "QuerySet[AuditEntry]":
        return AuditEntry.objects.filter(entity_id=str(subject.uuid)).order_by("-pk")[:AUDIT_SHOWN]

    # What the framework would write to its own log is in the audit trail.

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None: ...
    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None: ...

    # Addresses and the shell

    @property
    def plural(self) -> str:
        return str(capfirst(word(self.opts.verbose_name_plural)))

    @property
    def screen_name(self) -> str:
        """Return what the names of this screen's addresses begin with: `accounts_customer`."""
        return f"{self.opts.app_label}_{self.opts.model_name}"

    def list_url(self) -> str:
        """Return the address of the list, from pages of its rows as it was left."""
        return way_back.to_list(reverse(f"admin:{self.screen_name}_changelist"), self.screen_name)

    def object_url(self, subject: Any, view: str = "change") -> str:
        return self.url_of(view, subject.pk)

    def url_of(self, view: str, *args: Any) -> str:
        """Return the address of a page of a row, which knows the way back to the list."""
        url = reverse(f"admin:{self.screen_name}_{view}", args=args)
        return way_back.onward(url, self.screen_name)

    def render(
        self,
        request: CockpitRequest,
        template: str,
        context: dict[str, Any],
        subject: Any = None,
        page_title: Any = "",
    ) -> TemplateResponse:
        """Render a page of an object, or of the model, in the site's shell."""
        crumbs = [(self.plural, self.list_url())]
        if subject is not None:
            title = self.title_of(subject)
            crumbs.append((title, self.object_url(subject) if page_title else ""))
        else:
            title = _("Add %(name)s") % {"name": word(self.opts.verbose_name)}
            crumbs.append((title, ""))
        if page_title:
            crumbs.append((page_title, ""))
        tools = () if subject is None or page_title else self.tools(request, subject)
        shell = self.admin_site.each_context(request) | {
            "title": page_title or title,
            "crumbs": crumbs,
            "subject": subject,
            "way_back": request.GET.get(way_back.NAME, ""),
            "page_tools": [tool for tool in tools if not tool.is_rare],
            "rare_tools": [tool for tool in tools if tool.is_rare],
            "history_url": self.object_url(subject, "history")
            if subject is not None and self.audit_type and not page_title
            else "",
        }
        return TemplateResponse(request, template, shell | context)

    def title_of(self, subject: Any) -> str:
        return str(subject)


class ReadOnlyAdmin(CockpitAdmin):
    """A screen that only shows: the ledger, the event store, the audit trail."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def column(field: Any) -> Callable[[Any], Any]:
    """Return a column of a list that shows a field under its word in the reader's language."""

    def show(row: Any) -> Any:
        return getattr(row, field.name)

    # Its name becomes a class of the cells.
    show.__name__ = field.name
    head = lazy(column_word, str)(field.name, field.verbose_name)
    shown: Callable[[Any], Any] = display(description=head, ordering=field.name)(show)
    return shown
