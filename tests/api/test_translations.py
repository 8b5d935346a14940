"""Languages, and the texts of clients in them. Source: TRN-1…5."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from accounts.services import passwords
from loyalty.core.models import AuditEntry, Language, Store
from loyalty.core.selectors import languages
from tests.factories import CustomerFactory
from tests.factories.staff import StaffFactory
from tests.support.api import ApiClient

Api = Callable[..., ApiClient]
GERMAN = {"global": {"save": "Speichern"}}


@pytest.fixture
def client(store: Store, api: Api) -> ApiClient:
    return api(StaffFactory("SETTINGS"))


def german(**fields: Any) -> dict[str, Any]:
    given = {"code": "de", "name": "Deutsch", "order": 2, "content": json.dumps(GERMAN)}
    return {"translation": given | fields}


def leaves(tree: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key)


def test_lists_ours_before_anybody_added_one(client: ApiClient):
    """TRN-1."""
    answer = client.get("admin/translations")

    assert list(answer.data) == ["translations", "total"]
    assert [
        (row["code"], row["name"], row["default"], row["order"])
        for row in answer.data["translations"]
    ] == [("en", "English", True, 0), ("pl", "Polski", False, 1)]
    assert client.get("DEFAULT/admin/translations").data == answer.data


def test_adds_a_language(client: ApiClient, api: Api):
    """TRN-1."""
    answer = client.post("admin/translations", german())

    assert answer.status_code == 200
    assert {key: answer.data[key] for key in ("code", "name", "default", "order")} == {
        "code": "de",
        "name": "Deutsch",
        "default": False,
        "order": 2,
    }
    assert json.loads(answer.data["content"]) == GERMAN
    one = client.get("admin/translations/de").data
    assert one == answer.data
    choices = api().get("settings/choices/availableFrontendTranslations").data["choices"]
    assert choices[-1] == {"code": "de", "name": "Deutsch", "default": False, "order": 2}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        pytest.param({"code": "pl"}, "code", id="taken"),
        pytest.param({"code": "PL"}, "code", id="taken-in-another-case"),
        pytest.param({"code": "../x"}, "code", id="malformed"),
        pytest.param({"code": ""}, "code", id="no-code"),
        pytest.param({"name": " "}, "name", id="no-name"),
        pytest.param({"order": "first"}, "order", id="order"),
        pytest.param({"content": "{"}, "content", id="no-json"),
        pytest.param({"content": "[]"}, "content", id="no-object"),
        pytest.param({"content": '{"a": 1}'}, "content", id="no-text"),
        pytest.param({"content": '{"a":' * 20 + '"b"' + "}" * 20}, "content", id="too-deep"),
        pytest.param({"content": '{"a": "\\u0000"}'}, "content", id="nul"),
        pytest.param({"content": ""}, "content", id="no-content"),
    ],
)
def test_refuses(client: ApiClient, fields: dict[str, Any], field: str):
    """TRN-1."""
    answer = client.post("admin/translations", german(**fields))

    assert answer.status_code == 400
    children = answer.data["form"]["children"]
    assert [name for name in children if children[name]] == [field]
    assert [each.code for each in languages.list_languages()] == ["en", "pl"]


def test_changes_texts_and_tells_the_trail_which(client: ApiClient):
    """TRN-1: the code is fixed."""
    client.post("admin/translations", german())
    changed = json.dumps({"global": {"save": "Sichern", "edit": "Ändern"}})

    answer = client.put("admin/translations/de", german(code="nl", name="Deutsch", content=changed))

    assert (answer.status_code, answer.data["code"]) == (200, "de")
    told = AuditEntry.objects.get(event_type="UpdateLanguage")
    assert told.data == {
        "content.global.save": {"old": "Speichern", "new": "Sichern"},
        "content.global.edit": {"old": None, "new": "Ändern"},
    }


def test_exactly_one_is_the_default(client: ApiClient):
    """TRN-2."""
    client.post("admin/translations", german(default=1))

    assert [each.code for each in Language.objects.filter(is_default=True)] == ["de"]
    unset = client.put("admin/translations/de", german(default=0))
    assert unset.status_code == 400
    assert unset.data["form"]["children"]["default"]["errors"] == [
        "Some default language is required."
    ]
    refused = client.delete("admin/translations/de")
    assert refused.status_code == 400
    assert refused.data == {"error": "The default language cannot be deleted."}
    assert languages.default_of(languages.list_languages()).code == "de"


def test_deletes_a_language(client: ApiClient):
    answer = client.delete("admin/translations/pl")

    assert (answer.status_code, answer.data) == (200, {})
    assert [each.code for each in languages.list_languages()] == ["en"]
    assert client.delete("admin/translations/pl").status_code == 404


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_an_unknown_one_is_not_found(client: ApiClient, method: str):
    assert getattr(client, method)("admin/translations/xx").status_code == 404


def test_gives_the_texts_to_anybody(client: ApiClient, api: Api):
    """TRN-4: of the language asked for; what it lacks in the default one."""
    client.post("admin/translations", german())

    assert api().get("translations").data["global"]["save"] == "Save"
    assert api().get("DEFAULT/translations?_locale=pl").data["global"]["save"] == "Zapisz"
    in_german = api().get("translations?_locale=de").data["global"]
    assert (in_german["save"], in_german["edit"]) == ("Speichern", "Edit")
    assert api().get("translations?_locale=xx").data["global"]["save"] == "Save"
    client.put(
        "admin/translations/pl",
        {
            "translation": {
                "name": "Polski",
                "default": 1,
                "content": json.dumps(languages.ours("pl")),
            }
        },
    )
    assert api().get("translations").data["global"]["save"] == "Zapisz"


def test_password_policy_stands_among_the_texts(store: Store, api: Api):
    """TRN-4: each sentence of the policy is a key."""
    texts = api().get("translations?_locale=pl").data

    # Of an empty one and of a far too long one, every rule is broken.
    sentences = {*passwords.weaknesses(""), *passwords.weaknesses(" " * 129)}
    assert len(sentences) == 6
    for sentence in sentences:
        assert texts[sentence] != sentence


def test_ours_say_the_same_in_both_languages():
    english, polish = languages.ours("en"), languages.ours("pl")

    assert sorted(leaves(english)) == sorted(leaves(polish))
    assert len(set(leaves(english))) > 150


def test_saving_ours_unchanged_keeps_them_ours(client: ApiClient):
    whole = client.get("admin/translations/pl").data

    client.put("admin/translations/pl", {"translation": whole})

    assert Language.objects.get(code="pl").content is None


def test_customers_are_kept_out(store: Store, api: Api):
    assert api(CustomerFactory(store)).post("admin/translations", german()).status_code == 403
    assert api(StaffFactory("SETTINGS:VIEW")).delete("admin/translations/pl").status_code == 403
    assert not Language.objects.exists()


def test_names_are_asked_for_in_every_language(client: ApiClient, api: Api, store: Store):
    """TRN-3: required in the default one only."""
    client.post("admin/translations", german(default=1))
    marketing = api(StaffFactory("REWARD_CAMPAIGN"))

    refused = marketing.post(
        "campaignCategory",
        {"campaign_category": {"translations": {"en": {"name": "Tea"}}, "sortOrder": 1}},
    )
    accepted = marketing.post(
        "campaignCategory",
        {"campaign_category": {"translations": {"de": {"name": "Tee"}}, "sortOrder": 1}},
    )

    assert refused.status_code == 400
    children = refused.data["form"]["children"]["translations"]["children"]
    assert set(children) == {"en", "pl", "de"}
    assert children["de"]["children"]["name"]["errors"] == ["This value should not be blank."]
    assert accepted.status_code == 200
