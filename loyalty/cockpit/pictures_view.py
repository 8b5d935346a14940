"""The store's pictures and its conditions. Source: SET-20, SET-21."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.cockpit import formats, rights
from accounts.cockpit.forms import CommandForm, Section
from accounts.cockpit.pages import Fact, Panel
from accounts.cockpit.requests import CockpitRequest
from accounts.cockpit.vocabulary import word
from accounts.models import Access, Resource
from loyalty.cockpit.settings_view import page
from loyalty.core.models import CONDITIONS, PictureName, Store, StoreFile
from loyalty.core.services import store_files


class PicturesForm(CommandForm):
    """A field for each file, and for those that are there one to take it away."""

    instance: Store

    def prepare(self) -> None:
        present = set(StoreFile.objects.in_store(self.store).values_list("name", flat=True))
        for name in PictureName:
            self._add(name.value, word(name.label), "image/png,image/jpeg", present)
        self._add(CONDITIONS, _("Terms and conditions"), "application/pdf", present)
        pictures = [name for name in self.fields if not name.startswith(CONDITIONS)]
        conditions = [name for name in self.fields if name.startswith(CONDITIONS)]
        # Of this form alone: another store has other files.
        self.sections = (  # type: ignore[misc]
            Section(
                _("Pictures"),
                tuple(pictures),
                _("PNG or JPEG of at most 2 MB, 200 to 2560 by 200 to 1440 pixels."),
            ),
            Section(_("Conditions"), tuple(conditions), _("A PDF of at most 10 MB.")),
        )

    def _add(self, name: str, label: str, accept: str, present: set[str]) -> None:
        widget = forms.FileInput(attrs={"accept": accept})
        self.fields[name] = forms.FileField(label=label, required=False, widget=widget)
        if name in present:
            self.fields[f"{name}-remove"] = forms.BooleanField(
                label=_("Take away: %(name)s") % {"name": label}, required=False
            )

    def run(self, data: dict[str, Any]) -> Store:
        for name in (*PictureName.values, CONDITIONS):
            if upload := data.get(name):
                self._set(name, upload)
            elif data.get(f"{name}-remove"):
                store_files.remove(store=self.store, name=name, actor=self.actor)
        return self.store

    def _set(self, name: str, upload: Any) -> None:
        options: dict[str, Any] = {"store": self.store, "upload": upload, "actor": self.actor}
        # A refusal is about the file of this field.
        self.renamed = {"file": name}  # type: ignore[misc]
        if name == CONDITIONS:
            store_files.set_conditions(**options)
        else:
            store_files.set_picture(name=PictureName(name), **options)


def show(request: CockpitRequest) -> HttpResponse:
    rights.require(request.actor, Resource.SETTINGS)
    may_modify = rights.may(request.actor, Resource.SETTINGS, Access.MODIFY)
    options: dict[str, Any] = {
        "store": request.store,
        "actor": request.actor,
        "instance": request.store,
    }
    if request.method == "POST":
        rights.require(request.actor, Resource.SETTINGS, Access.MODIFY)
        form = PicturesForm(request.POST, request.FILES, **options)
        is_done, _store = form.submit()
        if is_done:
            if form.has_changed():
                messages.success(request, _("The pictures were saved."))
            else:
                messages.info(request, _("Nothing was chosen, so nothing has changed."))
            return HttpResponseRedirect(reverse("admin:pictures"))
    else:
        form = PicturesForm(**options)
    for field in form.fields.values():
        field.disabled = not may_modify
    return page(
        request,
        "cockpit/form.html",
        {
            "title": _("Pictures and conditions"),
            "form": form,
            "is_read_only": not may_modify,
            "cancel_url": reverse("admin:pictures"),
            "side_panels": [_shown(request.store)],
        },
    )


def _shown(store: Store) -> Panel:
    """Show each picture as everybody gets it: the store's own, or ours in its place."""
    own = {row.name: row for row in StoreFile.objects.in_store(store)}
    facts = []
    for name in PictureName:
        row = own.get(name.value)
        # So that a new picture is not hidden by the old one in the browser's memory.
        version = f"{row.updated_at.timestamp():.0f}" if row else "ours"
        address = f"/api/{store.code}/settings/photo/{name.value}?v={version}"
        image = format_html(
            '<img class="picture" src="{}" alt="{}" loading="lazy">', address, word(name.label)
        )
        facts.append(Fact(word(name.label), image))
    link = formats.link(f"/{store.code}/terms-conditions", _("Show"))
    facts.append(Fact(_("Conditions"), link if CONDITIONS in own else formats.EMPTY))
    return Panel(
        _("Shown now"),
        facts,
        note=_("Where the store has no picture of its own, clients show one of the program."),
    )


# How the places of pictures are called; their words stand in the model.
WORDS = (
    gettext_lazy("Logo"),
    gettext_lazy("Small logo"),
    gettext_lazy("Large picture"),
    gettext_lazy("Logo of the cockpit"),
    gettext_lazy("Large logo for customers"),
    gettext_lazy("Small logo for customers"),
    gettext_lazy("Large picture for customers"),
)
