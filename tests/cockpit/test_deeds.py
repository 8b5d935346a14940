"""Each deed of the cockpit …"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.messages import ERROR, get_messages
from django.core import mail
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import resolve, reverse

from accounts.models import Access, Resource
from loyalty.cockpit import imports_view
from loyalty.cockpit.site import CockpitSite
from loyalty.core import jobs
from loyalty.core.models import Store
from tests.cockpit.deed_things import (
    in_states,
    prepare,
)
from tests.cockpit.deedless import DOORS, all_pages
from tests.cockpit.deeds import Browser, Deed, all_deeds
from tests.cockpit.walls import own_addresses, patterns
from tests.support.page_forms import forms_of

EVERYTHING = frozenset(f"{resource}:{access}" for resource in Resource for access in Access)
VIEWS = frozenset(right for right in EVERYTHING if right.endswith("VIEW"))
# Written by looking at a page.
BOOKKEEPING = {"django_session"}
OTHER_STORES = "other stores"
Colleagues = Callable[..., Client]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The jobs that workers were told to run."""
    names: list[str] = []
    for job in jobs.list_all():

        def tell(name: str = job.name, **_options: Any) -> None:
            names.append(name)

        monkeypatch.setattr(job.task, "apply_async", tell)
    return names


@pytest.fixture
def things(store: Store, settings: Any, tmp_path: Path) -> dict[type, Any]:
    settings.MEDIA_ROOT = tmp_path
    return prepare(store)


@pytest.fixture
def deeds(things: Any) -> list[Deed]:
    return list(all_deeds(things))


@pytest.fixture
def colleague(things: Any, cockpit: Any) -> Colleagues:
    """Return a function that signs in a colleague with some rights: each of them once."""

    @cache
    def sign_in(rights: frozenset[str], only: Store | None) -> Client:
        stores = [only] if only else []
        client: Client = cockpit(*sorted(rights), is_super=False, stores=stores)
        return client

    return sign_in


@pytest.fixture
def everything(told: list[str], tmp_path: Path) -> Callable[[], list[Any]]:
    """Return a function that sums up all rows, files, mails and messages to workers."""
    tables = sorted(
        {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
        & set(connection.introspection.table_names()) - BOOKKEEPING
    )
    sums = " union all ".join(
        f"select '{table}', count(*), sum(hashtextextended(t::text, 0)) from {table} t"
        for table in tables
    )

    def sum_up() -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(sums)
            files = sorted(path for path in tmp_path.rglob("*") if path.is_file())
            return [*cursor.fetchall(), files, len(mail.outbox), len(told)]

    return sum_up


@contextmanager
def taken_back(client: Client) -> Iterator[None]:
    """Take back what is done meanwhile, also to the session."""
    session = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    client.cookies[django_settings.SESSION_COOKIE_NAME] = session


def post(client: Client, deed: Deed, sent: dict[str, Any]) -> Any:
    for value in sent.values():
        if hasattr(value, "seek"):
            value.seek(0)
    # What an answer to an earlier deed has said.
    client.cookies.pop("messages", None)
    return client.post(deed.address, sent)


def complaints(answer: Any) -> list[str]:
    """Return what an answer says against a deed."""
    said = [str(each) for each in get_messages(answer.wsgi_request) if each.level >= ERROR]
    form = (answer.context or {}).get("form") if answer.status_code == 200 else None
    return said + [str(error) for error in (getattr(form, "errors", None) or {}).items()]


def test_is_in_the_table(deeds: list[Deed]):
    names = {deed.name for deed in deeds}

    assert names | set(all_pages()) | DOORS == set(patterns())
    assert not names & set(all_pages())


@pytest.fixture
def short_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer refusals with the right that is missing, and without the page around it: quicker."""

    def refused(_site: Any, _request: Any, refusal: Exception) -> HttpResponse:
        return HttpResponse(str(refusal), status=403)

    monkeypatch.setattr(CockpitSite, "refused", refused)


def test_is_done_by_who_has_its_rights_and_by_nobody_else(
    deeds: list[Deed],
    store: Store,
    colleague: Colleagues,
    cockpit: Any,
    everything: Any,
    short_refusals: None,
):
    """
    A super admin does it, and a colleague with its rights and no others. The same is refused to
    who lacks one of them, who may only view, who has no right, who works in one store where it is
    about all, and who is not signed in; and nothing is left of it.
    """
    root = cockpit(username="root")
    for deed in deeds:
        for _rights, who in [just(deed), *those_without(deed, store)]:
            colleague(*who)
    browser, stranger = Browser(root), Client()
    wrong = []
    for deed in deeds:
        sent, before = browser.filled(deed), everything()
        with taken_back(root):
            answer = post(root, deed, sent)
            if not is_taken(answer) or (everything() != before) != deed.leaves:
                wrong.append(f"{deed}: {answer.status_code}, {complaints(answer)}")
        with taken_back(peer := colleague(*just(deed)[1])):
            answer = post(peer, deed, sent)
            if not is_taken(answer):
                wrong.append(f"{deed}: {answer.status_code} with its rights, {complaints(answer)}")
        # Files and messages are not taken back.
        before = everything()
        for missing, who in those_without(deed, store):
            answer = post(colleague(*who), deed, sent)
            if not is_refused(answer, missing):
                wrong.append(f"{deed}: {answer.status_code} without {missing}")
        answer = post(stranger, deed, sent)
        if not answer.get("Location", "").startswith(reverse("admin:login")):
            wrong.append(f"{deed}: {answer.status_code} for who is not signed in")
        if everything() != before:
            wrong.append(f"{deed}: something was left")

    assert "\n".join(wrong) == ""
    assert len(deeds) > 150


# What is missing, and what the colleague has: rights, and the one store, if it is but one.
Lacking = tuple[str, tuple[frozenset[str], Store | None]]


def just(deed: Deed) -> Lacking:
    return "", (frozenset({*deed.rights, *views_of(deed)}), None)


def those_without(deed: Deed, store: Store) -> Iterator[Lacking]:
    """Yield colleagues who must not do something."""
    if deed.rights:
        yield "any right", (frozenset(), None)
    for right in deed.rights:
        resource, _colon, access = right.partition(":")
        yield right, (EVERYTHING - {f"{resource}:{each}" for each in Access}, None)
        if access == Access.MODIFY:
            yield right, (EVERYTHING - {right}, None)
            yield "modifying", (VIEWS, None)
    if deed.is_for_all_stores:
        yield OTHER_STORES, (EVERYTHING, store)


def is_taken(answer: Any) -> bool:
    return answer.status_code in {200, 302} and not complaints(answer)


def is_refused(answer: Any, missing: str) -> bool:
    """Tell whether something is refused, for the right that is missing."""
    if missing == OTHER_STORES:
        # What all stores share may just as well not be there.
        return answer.status_code in {403, 404}
    if answer.status_code != 403:
        return False
    resource, _colon, access = missing.partition(":")
    return not access or answer.content.decode().startswith(f"{Resource(resource).label} – ")


def test_is_not_among_the_pages_that_do_nothing(things: Any, cockpit: Any, everything: Any):
    """Whatever is sent there, nothing happens."""
    root, pages = cockpit(username="root"), all_pages()
    left = []
    before = everything()
    for name, address in own_addresses(things):
        if name in pages:
            root.post(address, {"post": "yes", "confirmed": "yes", "action": "delete_selected"})
            if (after := everything()) != before:
                left.append(address)
                before = after

    assert left == []


def test_is_offered_to_nobody_who_may_not_do_it(
    things: Any, deeds: list[Deed], colleague: Colleagues, cockpit: Any, store: Store
):
    """Neither a button nor a link, on any page that is open to who lacks one right."""
    root = cockpit(username="root")
    ways, offered = Ways(deeds), 0
    wrong = []
    for address in pages_of(things):
        reads = ways.reads(address)
        if any(right.endswith("MODIFY") for right in reads):
            continue
        offers = ways.on(root.get(address))
        offered += len(offers)
        asked = {right for rights in offers.values() for right in rights}
        for right in sorted(asked - set(reads)):
            resource, _colon, access = right.partition(":")
            lacked = {right} if access == Access.MODIFY else {f"{resource}:{a}" for a in Access}
            shown = ways.on(colleague(EVERYTHING - lacked, None).get(address))
            wrong += [f"{address}: {way} without {right}" for way in shown if right in shown[way]]

    assert "\n".join(wrong) == ""
    assert offered > 200


def pages_of(things: dict[type, Any]) -> Iterator[str]:
    """Yield every page, those of things in a state of their own too."""
    yield from (address for _name, address in own_addresses(things))
    yield from in_states(things)


class Ways:
    """Knows which rights lead through the buttons and links of pages."""

    def __init__(self, deeds: list[Deed]) -> None:
        # By address, and for other things of the same kind by its name.
        self._reads: dict[Any, tuple[str, ...]] = {(name, ""): r for name, r in all_pages().items()}
        self._does: dict[Any, tuple[str, ...]] = {}
        for deed in deeds:
            path = deed.address.partition("?")[0]
            reads = views_of(deed) if deed.is_seen_by_viewers else deed.rights
            self._reads[path] = self._reads[named(path)] = reads
            self._does[path] = self._does[named(path)] = deed.rights
            if deed.name == "import_act":
                # Whose rights count depends on what is in the file.
                self._reads[deed.page_address] = views_of(deed)
                for other in imports_view.DEEDS:
                    self._does[path.replace(deed.args[1], other)] = deed.rights
        # Open to who has the right to one of several kinds of files; it offers no more than that.
        for name in ("imports", "exports"):
            self._reads[reverse(f"admin:{name}")] = ()
        self._does[reverse("admin:imports")] = ()

    def reads(self, address: str) -> tuple[str, ...]:
        found = self._reads.get(address)
        return self._reads.get(named(address), ()) if found is None else found

    def does(self, address: str) -> tuple[str, ...]:
        found = self._does.get(address)
        return self._does[named(address)] if found is None else found

    def on(self, page: Any) -> dict[str, tuple[str, ...]]:
        """Return what a page offers below the menu, each with the rights for it."""
        if page.status_code != 200 or page.streaming:
            return {}
        text = page.content.decode().partition('id="main"')[2]
        links = set(re.findall(r'href="(/cockpit/[^"#?]*)', text))
        ways = {f"GET {way}": self.reads(way) for way in links}
        for form in forms_of(text, page.request["PATH_INFO"]):
            path = form.action.partition("?")[0]
            if form.method != "POST" or not form.has_button:
                continue
            # A list's form leads on to what can be done with the rows that are chosen.
            many = [f"{path}many/{deed}/" for deed in form.choices.get("action", ())]
            for way in [way for way in many if way in self._does] if many else [path]:
                ways[f"POST {way}"] = self.does(way)
        return ways


def named(address: str) -> tuple[str, str]:
    found = resolve(address)
    return str(found.url_name), str(found.kwargs.get("kind", ""))


def views_of(deed: Deed) -> tuple[str, ...]:
    return tuple(right.replace("MODIFY", "VIEW") for right in deed.rights)
