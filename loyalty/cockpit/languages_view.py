"""The languages of the program, and the texts that clients show in them. Source: TRN-1…5."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.cockpit import formats, rights
from accounts.cockpit.base import AUDIT_SHOWN
from accounts.cockpit.forms import CommandForm, Section
from accounts.cockpit.pages import Column, Confirmation, Fact, Panel, Table, Tool
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.trail import lines as trail
from accounts.models import Access, Resource
from loyalty.cockpit.settings_view import page
from loyalty.core.errors import DomainError, NotFound
from loyalty.core.models import AuditEntry, Language
from loyalty.core.selectors import languages as selectors
from loyalty.core.services import languages
from loyalty.core.services.languages import LanguageData

Path = tuple[str, ...]


class NewLanguageForm(CommandForm):
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=16,
        help_text=gettext_lazy("Such as de or pt_BR; fixed after creation."),
    )
    name = forms.CharField(label=gettext_lazy("Name"), max_length=255)
    order = forms.IntegerField(label=gettext_lazy("Place in lists"), initial=0)
    is_default = forms.BooleanField(label=gettext_lazy("Default language"), required=False)

    sections = (Section(gettext_lazy("Language"), ("code", "name", "order", "is_default")),)

    def run(self, data: dict[str, Any]) -> Language:
        code = data.pop("code")
        return languages.create(
            code=code, data=LanguageData(**data, content="{}"), actor=self.actor
        )


class LanguageForm(CommandForm):
    """A language's place and every text of clients in it, beside what our English says."""

    instance: Language
    name = forms.CharField(label=gettext_lazy("Name"), max_length=255)
    order = forms.IntegerField(label=gettext_lazy("Place in lists"))
    is_default = forms.BooleanField(label=gettext_lazy("Default language"), required=False)

    def initial_values(self) -> dict[str, Any]:
        language = self.instance
        own = dict(leaves(selectors.content_of(language)))
        self.paths: list[Path] = list(dict(leaves(selectors.ours("en"))) | own)
        texts = {f"text_{n}": own.get(path, "") for n, path in enumerate(self.paths)}
        return texts | {
            "name": language.name,
            "order": language.order,
            "is_default": language.is_default,
        }

    def prepare(self) -> None:
        english = dict(leaves(selectors.ours("en")))
        branches: dict[str, list[str]] = {}
        for number, path in enumerate(self.paths):
            name = f"text_{number}"
            text = english.get(path, path[-1])
            self.fields[name] = forms.CharField(
                label=text,
                required=False,
                strip=False,
                help_text=".".join(path) if path[-1] != text else "",
                widget=forms.TextInput(attrs={"lang": self.instance.code.replace("_", "-")}),
            )
            branches.setdefault(path[0] if len(path) > 1 else "", []).append(name)
        place = Section(_("Language"), ("name", "order", "is_default"))
        texts = [
            Section(str(capfirst(branch)) or _("Sentences"), tuple(names))
            for branch, names in branches.items()
        ]
        # Of this form alone: another language has other texts.
        self.sections = (place, *texts)  # type: ignore[misc]

    def run(self, data: dict[str, Any]) -> Language:
        tree: dict[str, Any] = {}
        for number, path in enumerate(self.paths):
            if text := data[f"text_{number}"]:
                _put(tree, path, text)
        whole = {name: data[name] for name in ("name", "order", "is_default")}
        return languages.update(
            code=self.instance.code,
            data=LanguageData(**whole, content=json.dumps(tree)),
            actor=self.actor,
        )


def leaves(tree: Mapping[str, Any], path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield each text of a tree with the keys that lead to it."""
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key), value


def show_all(request: CockpitRequest) -> HttpResponse:
    rights.require(request.actor, Resource.SETTINGS)
    may_modify = _may_modify(request)
    add = Tool(_("Add a language"), reverse("admin:language_add"), "add", "primary")
    entries = AuditEntry.objects.filter(entity_type="Language").order_by("-pk")[:AUDIT_SHOWN]
    return page(
        request,
        "cockpit/object.html",
        {
            "title": _("Languages"),
            "page_tools": [add] if may_modify else [],
            "tables": [_table(selectors.list_languages()), trail.table(request, entries)],
        },
    )


def _may_modify(request: CockpitRequest) -> bool:
    """Tell whether somebody may change what all stores share."""
    may = rights.may(request.actor, Resource.SETTINGS, Access.MODIFY)
    return may and request.actor.reaches_all_stores


def _require_modify(request: CockpitRequest) -> None:
    rights.require(request.actor, Resource.SETTINGS, Access.MODIFY)
    rights.require_all_stores(request.actor)


def _table(found: list[Language]) -> Table:
    wanted = {path for path, _text in leaves(selectors.ours("en"))}
    rows = []
    for language in found:
        present = {path for path, _text in leaves(selectors.content_of(language))}
        missing = len(wanted - present)
        rows.append(
            (
                formats.link(reverse("admin:language", args=[language.code]), language.name),
                language.code,
                formats.chip(_("default"), "good") if language.is_default else formats.EMPTY,
                ngettext("%(count)s text is missing", "%(count)s texts are missing", missing)
                % {"count": missing}
                if missing
                else formats.chip(_("complete"), "good"),
            )
        )
    return Table(
        _("Languages"),
        (Column(_("Name")), Column(_("Code")), Column(_("Default")), Column(_("Texts"))),
        rows,
    )


def add(request: CockpitRequest) -> HttpResponse:
    _require_modify(request)
    options: dict[str, Any] = {"store": request.store, "actor": request.actor}
    form = NewLanguageForm(request.POST if request.method == "POST" else None, **options)
    if request.method == "POST":
        is_done, language = form.submit()
        if is_done:
            return _saved(request, language)
    return page(
        request,
        "cockpit/form.html",
        {
            "title": _("Add a language"),
            "crumbs": _crumbs((_("Add a language"), "")),
            "form": form,
            "cancel_url": reverse("admin:languages"),
        },
    )


def show(request: CockpitRequest, code: str) -> HttpResponse:
    rights.require(request.actor, Resource.SETTINGS)
    may_modify = _may_modify(request)
    language = _get(code)
    options: dict[str, Any] = {
        "store": request.store,
        "actor": request.actor,
        "instance": language,
    }
    if request.method == "POST":
        _require_modify(request)
        form = LanguageForm(request.POST, **options)
        is_done, changed = form.submit()
        if is_done:
            return _saved(request, changed)
    else:
        form = LanguageForm(**options)
    for field in form.fields.values():
        field.disabled = not may_modify
    remove = Tool(_("Remove"), reverse("admin:language_remove", args=[code]), "delete", "danger")
    return page(
        request,
        "cockpit/form.html",
        {
            "title": language.name,
            "crumbs": _crumbs((language.name, "")),
            "form": form,
            "is_read_only": not may_modify,
            "cancel_url": reverse("admin:languages"),
            "page_tools": [remove] if may_modify and not language.is_default else [],
            "side_panels": [_panel(language)],
        },
    )


def _panel(language: Language) -> Panel:
    return Panel(
        _("Language"),
        [
            Fact(_("Code"), language.code),
            Fact(_("Changed"), formats.day(language.updated_at)),
        ],
        note=_(
            "What is left empty is said in the default language. Names of levels, rewards and "
            "categories are asked for in every language that stands here."
        ),
    )


def remove(request: CockpitRequest, code: str) -> HttpResponse:
    _require_modify(request)
    language = _get(code)
    if request.method == "POST":
        try:
            languages.delete(code=code, actor=request.actor)
        except DomainError as refusal:
            messages.error(request, _(refusal.message))
        else:
            messages.success(request, _("%(name)s was removed.") % {"name": language.name})
        return HttpResponseRedirect(reverse("admin:languages"))
    question = Confirmation(
        _("Remove"),
        (_("Clients no longer offer it. Names of levels and rewards in it are kept, unseen."),),
        "",
        "danger",
    )
    return page(
        request,
        "cockpit/confirm.html",
        {
            "title": _("Remove"),
            "crumbs": _crumbs((language.name, reverse("admin:language", args=[code]))),
            "question": question,
            "subject": language.name,
            "cancel_url": reverse("admin:language", args=[code]),
        },
    )


def _saved(request: CockpitRequest, language: Language) -> HttpResponse:
    messages.success(request, _("%(name)s was saved.") % {"name": language.name})
    return HttpResponseRedirect(reverse("admin:language", args=[language.code]))


def _crumbs(*further: tuple[str, str]) -> list[tuple[str, str]]:
    return [(_("Languages"), reverse("admin:languages")), *further]


def _get(code: str) -> Language:
    try:
        return selectors.get_language(code)
    except NotFound as error:
        raise Http404(code) from error


def _put(tree: dict[str, Any], path: Path, text: str) -> None:
    *branches, key = path
    for branch in branches:
        tree = tree.setdefault(branch, {})
    tree[key] = text
