"""Staff and their roles."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.admin.segments import active_chip
from accounts.cockpit import formats
from accounts.cockpit.base import CockpitAdmin
from accounts.cockpit.forms import CommandForm, Section, choices_of
from accounts.cockpit.links import sign_ins_tool
from accounts.cockpit.pages import Column, Confirmation, EmptyState, Fact, Panel, Table, Tool
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.vocabulary import word
from accounts.models import Access, Resource, Role, StaffUser
from accounts.selectors import staff as selectors
from accounts.services import roles, staff
from accounts.services.roles import Permission
from accounts.services.staff import StaffData
from loyalty.core.models import Store

STAFF_SHOWN = 50


class StaffForm(CommandForm):
    """A staff user, or an integration with a permanent token."""

    first_name = forms.CharField(label=gettext_lazy("First name"), max_length=255, required=False)
    last_name = forms.CharField(label=gettext_lazy("Last name"), max_length=255, required=False)
    email = forms.EmailField(label=gettext_lazy("E-mail"))
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=64, required=False)
    role = forms.ChoiceField(label=gettext_lazy("Role"), required=False)
    stores = forms.MultipleChoiceField(
        label=gettext_lazy("Stores"), required=False, widget=forms.CheckboxSelectMultiple
    )
    is_active = forms.BooleanField(
        label=pgettext_lazy("it is on", "Active"),
        required=False,
        help_text=gettext_lazy("Off: signed out everywhere at once."),
    )
    is_external = forms.BooleanField(
        label=gettext_lazy("Integration"),
        required=False,
        help_text=gettext_lazy(
            "A program that calls the API by its own key, and cannot sign in here."
        ),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    api_key = forms.CharField(
        label=gettext_lazy("API key"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy(
            "At least 12 characters. Only its fingerprint is kept: note it now."
        ),
    )

    renamed = {"role_ids": "role", "store_ids": "stores"}
    sections = (
        Section(gettext_lazy("Person"), ("first_name", "last_name", "email", "phone")),
        Section(gettext_lazy("Rights"), ("role", "stores", "is_active", "is_external")),
        Section(gettext_lazy("Sign-in"), ("password", "api_key")),
    )

    def initial_values(self) -> dict[str, Any]:
        user: StaffUser | None = self.instance
        if user is None:
            return {"is_active": True}
        names = ("first_name", "last_name", "email", "phone", "is_active", "is_external")
        role = next(iter(user.roles.all()), None)
        return {name: getattr(user, name) for name in names} | {
            "role": str(role.pk) if role else "",
            "stores": [str(store.pk) for store in user.stores.all()],
        }

    def prepare(self) -> None:
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("none")), *choices_of(Role.objects.all())]
        self._offer_stores()
        if self.instance is not None:
            for name, label in (("password", _("New password")), ("api_key", _("New API key"))):
                self.fields[name].label = label
            self.fields["password"].help_text = _("Empty: they keep the one they have.")
            if self.instance.is_from_directory:
                self.fields["password"].help_text = _(
                    "Empty: they sign in with the directory's password."
                )

    def _offer_stores(self) -> None:
        """Offer the stores that are open to who asks; no choice where there is but one."""
        found = [each for each in Store.objects.all() if self.actor.reaches_store(each.pk)]
        if len(found) < 2:
            del self.fields["stores"]
            return
        field = self.fields["stores"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = choices_of(found, lambda store: store.name)
        field.help_text = _("None ticked: all stores, also those that are opened later.")
        if not self.actor.reaches_all_stores:
            field.help_text = ""
            field.required = True

    def run(self, data: dict[str, Any]) -> StaffUser:
        store_ids = tuple(map(int, data["stores"])) if "stores" in data else None
        whole = StaffData(
            email=data["email"],
            first_name=data["first_name"],
            last_name=data["last_name"],
            phone=data["phone"],
            password=data["password"] or None,
            is_external=data["is_external"],
            api_key=data["api_key"] or None,
            is_active=data["is_active"],
            role_ids=(int(data["role"]),) if data["role"] else (),
            store_ids=store_ids,
        )
        if self.instance is None:
            return staff.create(data=whole, actor=self.actor)
        return staff.update(staff=self.instance, data=whole, actor=self.actor)


@admin.register(StaffUser)
class StaffAdmin(CockpitAdmin):
    resource = Resource.ADMIN
    store_path = ""
    add_form = edit_form = StaffForm
    list_display = ("full_name", "email", "role_names", "kind", "state", "seen")
    list_filter = ("is_active", "is_external", "roles")
    search_fields = (
        "first_name__folded_contains",
        "last_name__folded_contains",
        "email",
        "username",
    )
    search_help_text = gettext_lazy("Name or e-mail")
    ordering = ("last_name", "first_name", "pk")
    sortable_by = ("email", "seen")
    audit_type = "Admin"
    empty_state = EmptyState(
        gettext_lazy("Nobody here"), gettext_lazy("Add the people who run the program."), "badge"
    )

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        known = selectors.list_known_to(request.actor)  # type: ignore[attr-defined]
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.filter(pk__in=known.values("pk")).prefetch_related("roles", "stores")

    @admin.display(description=gettext_lazy("Name"), ordering="last_name")
    def full_name(self, user: StaffUser) -> str:
        return str(user)

    @admin.display(description=gettext_lazy("Role"))
    def role_names(self, user: StaffUser) -> str:
        return ", ".join(role.name for role in user.roles.all()) or formats.EMPTY

    def store_names(self, user: StaffUser) -> str:
        return ", ".join(store.name for store in user.stores.all()) or _("all stores")

    @admin.display(description=gettext_lazy("Kind"))
    def kind(self, user: StaffUser) -> str:
        if user.is_external:
            return _("Integration")
        return _("Person, by the directory") if user.is_from_directory else _("Person")

    @admin.display(description=gettext_lazy("State"))
    def state(self, user: StaffUser) -> str:
        return active_chip(user.is_active)

    @admin.display(description=gettext_lazy("Last sign-in"), ordering="last_login")
    def seen(self, user: StaffUser) -> str:
        return formats.time_tag(user.last_login) if user.last_login else _("never")

    def tools(self, request: CockpitRequest, subject: StaffUser) -> Sequence[Tool]:
        return () if subject.is_external else (sign_ins_tool("admin", subject),)

    def panels(self, request: CockpitRequest, subject: StaffUser) -> Sequence[Panel]:
        return (
            Panel(
                _("Staff user"),
                [
                    Fact(_("User name"), subject.username),
                    Fact(_("Role"), self.role_names(subject)),
                    Fact(_("Stores"), self.store_names(subject)),
                    Fact(_("Kind"), self.kind(subject)),
                    Fact(_("State"), self.state(subject)),
                    Fact(_("Last sign-in"), self.seen(subject)),
                    *token_facts(subject),
                    Fact(_("Id"), subject.uuid),
                ],
            ),
        )


def token_facts(user: StaffUser) -> list[Fact]:
    """Return by which key an integration is known, as far as anybody can still tell."""
    tokens = user.permanent_tokens.filter(revoked_at=None).order_by("-pk")
    return [
        Fact(_("API key"), f"…{token.hint}, {formats.day(token.created_at)}") for token in tokens
    ]


LEVELS_OF_ACCESS = [
    ("", gettext_lazy("nothing")),
    ("view", gettext_lazy("see")),
    ("modify", gettext_lazy("see and change")),
]


class RoleForm(CommandForm):
    """A role as a matrix: for each resource nothing, see, or see and change."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=255)
    is_default = forms.BooleanField(
        label=gettext_lazy("For new staff"),
        required=False,
        help_text=gettext_lazy("Staff who are added without a role get this one."),
    )

    renamed = {"permissions": "name"}

    def initial_values(self) -> dict[str, Any]:
        role: Role | None = self.instance
        if role is None:
            return {}
        held = {(row.resource, row.access) for row in role.permissions.all()}
        values: dict[str, Any] = {"name": role.name, "is_default": role.is_default}
        for resource in Resource:
            modifies = role.is_master or (resource.value, Access.MODIFY.value) in held
            sees = (resource.value, Access.VIEW.value) in held
            values[resource.value] = "modify" if modifies else "view" if sees else ""
        return values

    def prepare(self) -> None:
        for resource in Resource:
            self.fields[resource.value] = forms.ChoiceField(
                label=word(resource.label),
                choices=LEVELS_OF_ACCESS,
                required=False,
                # One row of the matrix: seen at a glance, where lists to open hide it.
                widget=forms.RadioSelect(attrs={"class": "rights"}),
            )
        is_master = self.instance is not None and self.instance.is_master
        for resource in Resource:
            self.fields[resource.value].disabled = is_master
        self.sections = (  # type: ignore[misc]  # depends on the resources
            Section(_("Role"), ("name", "is_default")),
            Section(
                _("Rights"),
                tuple(Resource.values),
                _("The master role has all rights, and keeps them.")
                if is_master
                else _("Whoever may change something sees it, too."),
            ),
        )

    def run(self, data: dict[str, Any]) -> Role:
        granted = [
            Permission(resource.value, access.value)
            for resource in Resource
            for access in Access
            if data[resource.value] == "modify"
            or (data[resource.value] == "view" and access == Access.VIEW)
        ]
        options = {
            "name": data["name"],
            "permissions": granted,
            "is_default": data["is_default"],
            "actor": self.actor,
        }
        if self.instance is None:
            return roles.create(**options)
        return roles.update(role=self.instance, **options)


@admin.register(Role)
class RoleAdmin(CockpitAdmin):
    resource = Resource.ACL
    store_path = ""
    is_shared = True
    add_form = edit_form = RoleForm
    list_display = ("name", "summary", "figure_staff", "marks")
    search_fields = ("name__folded_contains",)
    search_help_text = gettext_lazy("Name")
    ordering = ("-is_master", "name")
    sortable_by = ("name",)
    audit_type = "Role"
    empty_state = EmptyState(
        gettext_lazy("No roles"), gettext_lazy("A role says what its people see and do."), "shield"
    )

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        rows = super().get_queryset(request).prefetch_related("permissions")
        known = selectors.list_known_to(request.actor)  # type: ignore[attr-defined]
        holders = Count("staff", filter=Q(staff__in=known.values("pk")))
        counted: QuerySet[Any] = rows.annotate(staff_count=holders)
        return counted

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.remove_view)
        return [
            path("<int:object_id>/remove/", view, name="accounts_role_remove"),
            *super().get_urls(),
        ]

    @admin.display(description=gettext_lazy("Rights"))
    def summary(self, role: Role) -> str:
        if role.is_master:
            return _("everything")
        changes = {row.resource for row in role.permissions.all() if row.access == Access.MODIFY}
        sees = {row.resource for row in role.permissions.all()} - changes
        texts = []
        if changes:
            texts.append(_("changes %(count)s") % {"count": len(changes)})
        if sees:
            texts.append(_("sees %(count)s") % {"count": len(sees)})
        return ", ".join(texts) or _("nothing")

    @admin.display(description=gettext_lazy("Staff"))
    def figure_staff(self, role: Any) -> str:
        return formats.figure(formats.whole(role.staff_count))

    @admin.display(description=gettext_lazy("Marks"))
    def marks(self, role: Role) -> str:
        if role.is_master:
            return formats.chip(_("Master"), "info")
        return formats.chip(_("For new staff")) if role.is_default else formats.EMPTY

    def tools(self, request: CockpitRequest, subject: Role) -> Sequence[Tool]:
        if subject.is_master or not self.may_modify(request):
            return ()
        url = self.object_url(subject, "remove")
        return (Tool(_("Delete"), url, "delete", "danger"),)

    def tables(self, request: CockpitRequest, subject: Role) -> Sequence[Table]:
        known = selectors.list_known_to(request.actor).filter(roles=subject)
        return (
            Table(
                title=_("Who has it"),
                columns=(Column(_("Name")), Column(_("E-mail"))),
                rows=[(str(user), user.email) for user in known[:STAFF_SHOWN]],
                empty=_("Nobody has this role."),
            ),
        )

    def remove_view(self, request: CockpitRequest, object_id: int) -> HttpResponse:
        """Delete a role that nobody has, once that is confirmed."""
        self.require_modify(request)
        subject = self.get_found(request, str(object_id))
        question = Confirmation(
            title=_("Delete role"),
            texts=[_("A role that somebody has cannot be deleted.")],
            done=_("%(name)s was deleted."),
            style="danger",
        )
        return self.confirmed(
            request,
            subject,
            question,
            lambda: roles.delete(role=subject, actor=request.actor),
            next_url=self.list_url(),
        )
