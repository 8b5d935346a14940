"""
What nobody types, in each field of each form of the cockpit.

First all fields of a form are filled at once; what its fields let pass is then sent alone, so that
it reaches the command. Which value goes where turns with the field, so that each run tries each
field and each value. What a form did is taken back.
"""

import re
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.messages import WARNING, get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, models, transaction
from django.test import Client
from django.urls import reverse

from accounts.cockpit.criteria import FORMS as CRITERIA
from accounts.models import Customer
from campaigns.admin.campaign_form import FORMS as REWARDS
from campaigns.models import RewardCampaign
from earning.admin.rule_forms import FORMS as RULES
from loyalty.cockpit.points_forms import DEEDS
from loyalty.core.models import Store
from tests.cockpit.deed_things import in_states, prepare
from tests.cockpit.walls import own_addresses
from tests.support.page_forms import PageForm, forms_of
from tests.test_hostile_forms import VALUES

MARKUP = "\"'><b>7</b>"
NOBODY = "00000000-0000-0000-0000-000000000000"
NUMBERS = ("x", "NaN", "1e400", "-Infinity", "9" * 400, "٣½", "1,2,3", "--1")
DAYS = ("2026-02-30", "0000-01-01", "10000-01-01", "99/99/9999", "NaN", "yesterday")
MOMENTS = ("2026-02-30T10:00", "0000-01-01T00:00", "2026-01-01T24:61", "10000-01-01T00:00", "x")
# What no field of a kind can take.
BAD: dict[str, tuple[str, ...]] = {
    "number": NUMBERS,
    "date": DAYS,
    "datetime-local": MOMENTS,
    "email": ("x", "a@b@c", "x@" + "y" * 300),
    "url": ("javascript:alert(1)", "http://[", "x"),
    "select": (NOBODY, "x", "[]", "-1", "\x00"),
    "radio": (NOBODY, "x", "[]", "-1", "\x00"),
    "several": (NOBODY, "x", "[]", "9" * 50),
    "text": ("\x00", "a\x00b"),
    "textarea": ("\x00", "a\x00b"),
    "hidden": ("\x00", "a\x00b"),
}
FILES = (
    ("a.png", b"no picture", "image/png"),
    ("a.png", b"\x89PNG\r\n\x1a\n" + b"\x00" * 50, "image/png"),
    ("a.svg", b"<svg onload='alert(1)'/>", "image/svg+xml"),
    ("\x00../../a.jpg", b"", "image/jpeg"),
    ("a" * 500 + ".csv", b"\xff\xfe\x00;;\x00\n" * 20, "text/csv"),
    ("a.xlsx", b"PK\x03\x04" + b"\x00" * 40, "application/zip"),
    ("a.xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "text/xml"),
    ("a.jsonl", b"[[[[[[" * 500, "application/json"),
)
ROUNDS = 2
# Of which nothing is kept: where to go on, and what the button beside it would add.
UNREAD = {"csrfmiddlewaretoken", "from", "type-0", "select_across", "_selected_action"}


@pytest.fixture
def things(store: Store, settings: Any, tmp_path: Path) -> dict[type, Any]:
    settings.MEDIA_ROOT = tmp_path
    return prepare(store)


def pages(things: dict[type, Any]) -> Iterator[str]:
    """Yield the addresses of all pages, also of each form that a page's query chooses."""
    yield from (address for _name, address in own_addresses(things))
    yield from in_states(things)
    for name, forms in (("campaigns_rewardcampaign", REWARDS), ("earning_earningrule", RULES)):
        yield from (f"{reverse(f'admin:{name}_add')}?type={kind}" for kind in forms)


class Typist:
    """Fills in forms, and writes down what goes wrong."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.client.raise_request_exception = False
        self.turns = {kind: cycle(values) for kind, values in BAD.items()}
        self.any, self.files = cycle((*VALUES, MARKUP)), cycle(FILES)
        self.wrong: list[str] = []
        self.has_led_on = False
        self.tried: set[tuple[str, str]] = set()

    def try_page(self, address: str, sent: dict[str, str] | None = None) -> None:
        """Try each form of a page. `sent`: what the page answers to, if it is not merely opened."""
        with transaction.atomic():
            page = self.client.post(address, sent) if sent else self.client.get(address)
            text = text_of(page)
            transaction.set_rollback(True)
        if page.status_code == 200:
            for form in forms_of(text.partition('id="main"')[2], address):
                self.try_form(form)

    def try_form(self, form: PageForm) -> None:
        """Fill in those fields that no form like this has shown before."""
        screen = form.method + re.sub(r"[0-9a-f-]{36}|\d+", "#", form.action.partition("?")[0])
        screen = re.sub(r"(add|#/change|#/edit)/$", "", screen)
        screen += " once more" if "confirmed" in form.kinds else ""
        places = {name: (screen, re.sub(r"\d+|_(en|pl)$", "#", name)) for name in form.kinds}
        news = [name for name in places if places[name] not in self.tried and name not in UNREAD]
        self.tried |= set(places.values())
        if not news:
            return
        self.send(form, {name: [] for name in news})
        self.send(form, {name: ["1", "2", MARKUP] for name in news})
        for number in range(ROUNDS):
            self.fill(form, {name: self.value_for(form, name, number) for name in news})

    def fill(self, form: PageForm, typed: dict[str, Any]) -> None:
        """Send values; those that are refused give way to what was there, until the rest is."""
        while typed:
            told = len(self.wrong)
            refused = self.send(form, typed) & set(typed)
            if len(self.wrong) > told and len(typed) > 1:
                del self.wrong[told:]
                for name, value in typed.items():
                    self.send(form, {name: value})
            if not refused and form.method == "POST" and not self.has_led_on:
                # Of the whole there was something to say: what is one of them alone?
                for name, value in typed.items() if len(typed) > 1 else ():
                    self.send(form, {name: value})
            if not refused:
                return
            typed = {name: value for name, value in typed.items() if name not in refused}

    def value_for(self, form: PageForm, name: str, number: int) -> Any:
        kind = kind_of(form, name)
        if kind == "file":
            return SimpleUploadedFile(*next(self.files))
        # Half of them can be no value of such a field.
        return next(self.any if number % 2 or kind not in self.turns else self.turns[kind])

    def send(self, form: PageForm, typed: dict[str, Any]) -> set[str]:
        """Send a form with some fields as told; return the fields that the answer complains of."""
        values = {name: value for name, value in (form.values | typed).items() if value != []}
        for name, value in values.items():
            if hasattr(value, "seek"):
                value.seek(0)
            elif isinstance(value, str):
                # Half of a pair of surrogates goes out as it is.
                values[name] = [value.encode(errors="surrogatepass")]
        self.client.cookies.pop("messages", None)
        with transaction.atomic():
            if form.method == "GET":
                answer = self.client.get(form.action, values)
            else:
                answer = self.client.post(form.action, values)
            text = text_of(answer)
            if MARKUP in typed.values() and is_taken(answer):
                text += text_of(self.client.get(answer["Location"]))
            transaction.set_rollback(True)
        self.judge(form, typed, answer, text)
        self.has_led_on = is_taken(answer)
        return set(re.findall(r'id="id_([^"]+)_error"', text))

    def judge(self, form: PageForm, typed: dict[str, Any], answer: Any, text: str) -> None:
        told = f"{form.method} {form.action} " + ", ".join(
            f"{name}={value!a:.60}" for name, value in typed.items()
        )
        if answer.status_code >= 500:
            self.wrong.append(f"{told}: {answer.status_code}")
        if MARKUP in text:
            self.wrong.append(f"{told}: is not escaped")
        if form.method == "POST" and is_taken(answer):
            # What is mended in a file is judged like the file, row by row, when it is gone through.
            fields = [name for name in typed if not name.startswith("cell-")]
            bad = [name for name in fields if typed[name] in BAD.get(kind_of(form, name), ())]
            if bad:
                self.wrong.append(f"{told}: {bad} was taken")


def kind_of(form: PageForm, name: str) -> str:
    kind = form.kinds[name]
    if kind == "checkbox" and len(form.choices[name]) > 1:
        return "several"
    return kind


def text_of(answer: Any) -> str:
    is_page = "html" in answer.get("Content-Type", "") and not answer.streaming
    return answer.content.decode(errors="replace") if is_page else ""


def is_taken(answer: Any) -> bool:
    """Tell whether an answer says that all is well: it leads on, and complains of nothing."""
    complaints = [each for each in get_messages(answer.wsgi_request) if each.level >= WARNING]
    return answer.status_code == 302 and not complaints


def test_of_the_cockpit(things: dict[type, Any], cockpit: Any):
    typist = Typist(cockpit(username="root"))

    for address in pages(things):
        typist.try_page(address)
    for kind in CRITERIA:
        new = {"name": "New", "part": "0", "type-0": kind, "do": "add-0"}
        typist.try_page(reverse("admin:accounts_segment_add"), new)
    eve = things[Customer].pk
    for deed in DEEDS:
        typed = {"points": "1", "reason": "An apology", "key": "k"}
        typist.try_page(reverse("admin:accounts_customer_points", args=[eve, deed]), typed)
    gift = {"reward": str(things[RewardCampaign].uuid), "quantity": "1", "key": NOBODY}
    typist.try_page(reverse("admin:accounts_customer_reward", args=[eve]), gift)

    assert "\n".join(typist.wrong) == ""
    assert len(typist.tried) > 400


def marked_up(model: Any) -> int:
    """Write markup into the texts of all rows, where they take it; return into how many columns."""
    written = 0
    for field in model._meta.fields:
        is_text = type(field) in {models.CharField, models.TextField, models.EmailField}
        if not is_text or field.choices or field.name in MEANT_FOR_PROGRAMS:
            continue
        try:
            with transaction.atomic():
                written += bool(model._base_manager.update(**{field.name: MARKUP}))
        except DatabaseError:
            # Too short, one of its kind, or written for ever.
            continue
    return written


MEANT_FOR_PROGRAMS = {
    *("code", "channel", "currency", "event", "event_type", "format", "key", "kind", "lane_key"),
    *("locale", "object_type", "occasion", "state", "status", "target", "type", "password"),
    *("entity_type", "job", "pattern", "actor_kind", "body", "language", "timezone"),
}


def test_shows_no_text_of_anybody_as_markup(things: dict[type, Any], cockpit: Any):
    client = cockpit(username="root")
    client.raise_request_exception = False
    ours = [model for model in apps.get_models() if not model.__module__.startswith("django.")]
    written = sum(marked_up(model) for model in ours if model._meta.managed)
    shown, broken = 0, []

    for address in pages(things):
        answer = client.get(address)
        text = text_of(answer)
        shown += "&lt;b&gt;7&lt;/b&gt;" in text
        if answer.status_code >= 500 or "<b>7</b>" in text:
            broken.append(f"{address}: {answer.status_code}")

    assert broken == []
    assert written > 30
    assert shown > 40
