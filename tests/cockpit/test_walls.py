"""In the cockpit, another store …"""

from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import ForeignKey
from django.urls import reverse

from accounts.models import Resource, StaffUser
from loyalty.core.exports import kinds
from loyalty.core.models import Store
from tests.cockpit.walls import (
    addresses,
    crossed,
    is_shared,
    model_of,
    own_addresses,
    patterns,
    snapshot,
)
from tests.factories import StoreFactory
from tests.factories.staff import StaffFactory
from tests.support.things import fill

WORD = "Elsewhere"
# Everything that a form may ask for before it does what its address says.
FILLED = {
    "post": "yes",
    "confirmed": "yes",
    "points": "1",
    "reason": "Because",
    "labels": "a: b",
    "used": "yes",
    "others": "yes",
}


@pytest.fixture
def home(store: Store, settings: Any, tmp_path: Any) -> dict[type, Any]:
    settings.MEDIA_ROOT = tmp_path
    return fill(store, "Home")


@pytest.fixture
def there(home: Any) -> dict[type, Any]:
    # Its own name stands in the choice of stores, for who may enter both.
    return fill(StoreFactory(name="The other one"), WORD)


@pytest.fixture
def sam(home: dict[type, Any], cockpit: Any) -> Any:
    """Somebody who may do everything in the home store, and enter no other."""
    staff = StaffFactory(*Resource.values, stores=[home[Store]], username="sam")
    return cockpit(staff=staff)


def text_of(answer: Any) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return content.decode(errors="replace")


def ask(client: Any, method: str, address: str) -> Any:
    """Send a request that leaves nothing behind, and follow where Django's site corrects it."""
    with transaction.atomic():
        answer = client.generic(
            method,
            address,
            "&".join(f"{name}={value}" for name, value in FILLED.items()),
            content_type="application/x-www-form-urlencoded",
        )
        transaction.set_rollback(True)
    return answer


def test_is_tried_at_every_address_that_takes_an_id(there: Any):
    tried = {name for name, _address in addresses(there)}

    assert tried == {name for name, taken in patterns().items() if taken and not is_shared(name)}
    assert len(tried) > 90


@pytest.mark.parametrize("is_everywhere", [False, True])
def test_has_nothing_at_its_ids(home: Any, there: Any, sam: Any, cockpit: Any, is_everywhere: bool):
    """Neither for who may not enter it, nor for who may and is working in another now."""
    client = cockpit() if is_everywhere else sam
    before = snapshot(there[Store])

    wrong = []
    for name, address in addresses(there):
        if is_everywhere and (name == "switch_store" or model_of(name) in {StaffUser, Store}):
            continue
        if is_everywhere and "/admin/" in address:
            continue
        for method in ("GET", "POST"):
            answer = client.generic(
                method, address, "confirmed=yes&points=1", "application/x-www-form-urlencoded"
            )
            if answer.status_code not in {404, 405} or WORD in text_of(answer):
                wrong.append(f"{method} {name} {address}: {answer.status_code}")

    assert wrong == []
    assert snapshot(there[Store]) == before


def test_has_ids_that_would_lead_somewhere_at_home(home: Any, sam: Any):
    """So that the test above is about whose they are."""
    closed = [
        name
        for name, address in addresses(home)
        if not name.endswith("_delete")
        and ask(sam, "GET", address).status_code not in {200, 302, 405}
    ]

    assert closed == []


def test_is_on_no_page(home: Any, there: Any, sam: Any):
    shown = [
        address
        for _name, address in own_addresses(home)
        if WORD in text_of(ask(sam, "GET", address))
    ]

    assert shown == []


def lookups(screen: Any, there: dict[type, Any]) -> dict[str, Any]:
    """Return the filters of a list, each with an id of the other store."""
    asked: dict[str, Any] = {}
    for each in screen.list_filter:
        column = each[0] if isinstance(each, tuple) else each
        if not isinstance(column, str):
            asked[column.parameter_name] = next(iter(there.values())).pk
            continue
        field = screen.model._meta.get_field(column)
        if isinstance(field, ForeignKey) and field.related_model in there:
            asked[f"{column}__id__exact"] = there[field.related_model].pk
            asked[f"{column}__exact"] = there[field.related_model].pk
            asked[column] = there[field.related_model].pk
    for field in screen.model._meta.fields:
        if isinstance(field, ForeignKey) and field.related_model in there:
            asked[f"{field.name}__id__exact"] = there[field.related_model].pk
            asked[f"{field.name}__uuid"] = there[field.related_model].uuid
    return asked


def test_is_in_no_list_that_asks_for_it(there: Any, sam: Any):
    shown, tried = [], 0
    for model, screen in admin.site._registry.items():
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for name, value in lookups(screen, there).items():
            tried += 1
            answer = sam.get(address, {name: value}, follow=True)
            if answer.status_code >= 500 or WORD in text_of(answer):
                shown.append(f"{address}?{name}={value}")
        # The page repeats what is looked for, so that is no whole word of the other store.
        for text in ("Elsewhe", "eve@Elsewhe", there[model].pk if model in there else "x"):
            answer = sam.get(address, {"q": text})
            if WORD in text_of(answer):
                shown += [f"{address}?q={text}"]

    assert shown == []
    assert tried > 30


@pytest.mark.parametrize("kind", [kind.name for kind in kinds.list_all()])
def test_is_in_no_file(there: Any, sam: Any, kind: str):
    address = reverse("admin:export_new", args=[kind])
    screen = admin.site._registry.get(kinds.get(kind).model)
    asked_for = lookups(screen, there) if screen else {}

    for query in [{}, *({name: value} for name, value in asked_for.items())]:
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        answer = sam.post(f"{address}?{asked}", {"format": "jsonl"})

        assert WORD not in text_of(answer)


def test_is_found_by_no_search(there: Any, sam: Any):
    for text in ("Elsewhe", "eve@Else", "Elsewhere/"):
        answer = sam.get(reverse("admin:search"), {"s": text}, headers={"hx-request": "true"})

        assert "found__link" not in text_of(answer)


def test_is_offered_by_no_autocompletion(there: Any, sam: Any):
    for model in admin.site._registry:
        for field in model._meta.fields:
            asked = {
                "app_label": model._meta.app_label,
                "model_name": model._meta.model_name,
                "field_name": field.name,
                "term": "Elsewhe",
            }
            answer = sam.get(reverse("admin:autocomplete"), asked)

            assert answer.status_code in {200, 403, 404}
            assert WORD not in text_of(answer)


def test_is_taken_by_no_form(home: Any, there: Any, sam: Any):
    """Each field of each form that chooses, with the number and the id of the other store's."""
    before, tried = snapshot(there[Store]), 0
    foreign = [value for row in there.values() for value in (row.uuid, getattr(row, "pk", None))]
    for _name, address in own_addresses(home):
        answer = ask(sam, "GET", address)
        form = (answer.context or {}).get("form") if answer.status_code == 200 else None
        if not isinstance(form, forms.Form):
            continue
        data = {field.html_name: field.value() for field in form if field.value() is not None}
        for name, field in form.fields.items():
            if not isinstance(field, forms.ChoiceField) and not name.endswith("_id"):
                continue
            tried += 1
            for value in dict.fromkeys(map(str, foreign)):
                if isinstance(field, forms.ChoiceField) and field.valid_value(value):
                    continue
                with transaction.atomic():
                    taken = sam.post(address, data | {form.add_prefix(name): value} | FILLED)
                    assert WORD not in text_of(taken), address
                    assert crossed() == [], f"{address} {name}={value}"
                    assert taken.status_code < 500
                    transaction.set_rollback(True)
                break

    assert tried > 10
    assert snapshot(there[Store]) == before
