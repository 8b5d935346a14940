"""What a store says to people. Source: MSG-1…6, 13.1."""

from collections.abc import Callable

import pytest

from loyalty.core.messages import catalogue
from loyalty.core.models import MessageTemplate, Store
from tests.factories import StoreFactory
from tests.factories.staff import StaffFactory
from tests.support.api import ApiClient

Api = Callable[..., ApiClient]
POINTS = catalogue.NEW_POINTS.value
FORM = {
    "channel": "email",
    "target": "customer",
    "event": POINTS,
    "subject": "{{ added_points_amount }} beans",
    "content": "<p>Yours, {{ first_name }}</p>",
    "enabled": "1",
}


@pytest.fixture
def client(store: Store, api: Api) -> ApiClient:
    return api(StaffFactory("SETTINGS"))


def the(client: ApiClient, channel: str = "email", event: str = POINTS) -> dict:
    found = client.get(f"DEFAULT/message?channel={channel}&event={event}").data["messages"]
    [message] = found
    return message


def test_lists_pages(client: ApiClient):
    """MSG-1, MSG-2."""
    answer = client.get("DEFAULT/message?perPage=3&page=2")

    assert list(answer.data) == ["messages", "total"]
    assert (len(answer.data["messages"]), answer.data["total"]) == (3, 25)
    assert list(answer.data["messages"][0]) == [
        "id",
        "channel",
        "target",
        "event",
        "subject",
        "content",
        "enabled",
        "updatedAt",
    ]


def test_changes_one(client: ApiClient):
    """MSG-1."""
    message = the(client)

    answer = client.put(f"DEFAULT/message/{message['id']}", {"message": FORM | {"enabled": "0"}})

    assert (answer.status_code, answer.data) == (200, {"id": message["id"]})
    shown = client.get(f"DEFAULT/message/{message['id']}").data
    assert (shown["subject"], shown["enabled"]) == ("{{ added_points_amount }} beans", False)
    # In one language.
    polish = client.get(f"DEFAULT/message/{message['id']}?_locale=pl").data
    assert "masz nowe punkty" in polish["subject"]


def test_refuses_another_snippet_at_its_field(client: ApiClient):
    """MSG-4."""
    message = the(client)

    answer = client.put(
        f"DEFAULT/message/{message['id']}", {"message": FORM | {"content": "{{ password }}"}}
    )

    assert answer.status_code == 400
    [sentence] = answer.data["form"]["children"]["content"]["errors"]
    assert "password" in sentence
    assert not MessageTemplate.objects.exists()


def test_adds_a_channel_once(client: ApiClient):
    """MSG-1, MSG-3."""
    form = {"message": FORM | {"channel": "push", "content": "{{ added_points_amount }}"}}

    created = client.post("DEFAULT/message", form)

    assert client.get(f"DEFAULT/message/{created.data['id']}").data["channel"] == "push"
    again = client.post("DEFAULT/message", form)
    assert again.status_code == 400
    assert again.data["form"]["children"]["event"]["errors"]
    assert client.post("DEFAULT/message", {"message": FORM}).status_code == 400
    assert MessageTemplate.objects.count() == 1


@pytest.mark.parametrize("field", ["channel", "target", "event"])
def test_keeps_its_place(client: ApiClient, field: str):
    message = the(client)

    answer = client.put(f"DEFAULT/message/{message['id']}", {"message": FORM | {field: "sms"}})

    assert answer.status_code == 400
    assert not MessageTemplate.objects.exists()


def test_switches_on_and_off(client: ApiClient):
    """MSG-1, MSG-5, MSG-6."""
    message = the(client, "sms")
    assert message["enabled"] is False

    assert client.post(f"DEFAULT/message/{message['id']}/activate").status_code == 200
    assert the(client, "sms")["enabled"] is True
    assert client.post(f"DEFAULT/message/{message['id']}/deactivate").status_code == 200
    assert the(client, "sms")["enabled"] is False
    assert client.delete(f"DEFAULT/message/{message['id']}").status_code == 405


def test_tells_the_events(client: ApiClient):
    """MSG-4."""
    events = client.get("message/events").data["events"]

    [points] = [event for event in events if event["value"] == POINTS]
    assert points["label"] == "Earned points"
    assert {"added_points_amount", "active_points_amount", "program_name"} <= set(
        points["snippets"]
    )


def test_of_another_store_does_not_exist(client: ApiClient):
    StoreFactory(code="other")
    message = the(client)

    assert client.get(f"other/message/{message['id']}").status_code == 404
    assert client.post(f"other/message/{message['id']}/activate").status_code == 404


def test_needs_the_right(store: Store, api: Api):
    reader = api(StaffFactory("CUSTOMER"))

    assert reader.get("DEFAULT/message").status_code == 403
    assert reader.get("DEFAULT/settings/emails").status_code == 403


def test_shows_mails_as_3x(client: ApiClient):
    """Decision 4."""
    answer = client.get("DEFAULT/settings/emails?perPage=100")

    assert list(answer.data) == ["emails", "total"]
    [email] = [row for row in answer.data["emails"] if ":new_points." in row["key"]]
    assert list(email) == [
        "id",
        "key",
        "subject",
        "content",
        "sender_name",
        "sender_email",
        "updatedAt",
    ]
    assert email["id"] == the(client)["id"]
    detail = client.get(f"DEFAULT/settings/emails/{email['id']}").data
    assert detail["entity"] == email
    assert "added_points_amount" in detail["additional"]["variables"]
    assert "New points on your account: <strong>120</strong>" in detail["additional"]["preview"]


def test_changes_mails_as_3x(client: ApiClient):
    """Decision 4: a view on the same words."""
    message = the(client)
    form = {
        "key": catalogue.NEW_POINTS.key,
        "subject": "Beans",
        "content": "<p>x</p>",
        "sender_name": "Shop",
        "sender_email": "shop@example.com",
    }

    answer = client.put(f"DEFAULT/settings/emails/{message['id']}", {"email": form})

    assert (answer.status_code, answer.data) == (200, {"id": message["id"]})
    assert the(client)["subject"] == "Beans"
    assert the(client)["enabled"] is True


def test_wants_a_receiver_of_what_goes_to_staff(client: ApiClient):
    """13.1: required in "reward redeemed"."""
    message = the(client, event=catalogue.REWARD_USED.value)
    form = {
        "key": catalogue.REWARD_USED.key,
        "subject": "Beans",
        "content": "<p>x</p>",
        "sender_name": "Shop",
        "sender_email": "shop@example.com",
    }
    url = f"DEFAULT/settings/emails/{message['id']}"

    refused = client.put(url, {"email": form})

    assert refused.status_code == 400
    assert refused.data["form"]["children"]["receiver_email"]["errors"]
    taken = client.put(url, {"email": form | {"receiver_email": "depot@example.com"}})
    assert taken.status_code == 200
    assert client.get(url).data["entity"]["receiver_email"] == "depot@example.com"


def test_text_messages_are_no_mails(client: ApiClient):
    message = the(client, "sms")

    assert client.get(f"DEFAULT/settings/emails/{message['id']}").status_code == 404
