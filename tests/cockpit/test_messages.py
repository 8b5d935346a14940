"""The cockpit's pages of messages …"""

import pytest
from django.core import mail
from django.urls import reverse

from loyalty.core.messages import catalogue, templates
from loyalty.core.models import AuditEntry, MessageTemplate, SentMessage
from tests.factories import CustomerFactory, StoreFactory
from tests.factories.staff import StaffFactory
from tests.notices.test_notices import add
from tests.support.messages import deliver, states


@pytest.fixture
def points(store):
    [by_mail, _] = templates.list_for(store, catalogue.NEW_POINTS)
    return by_mail


def url(message, view="message", *others) -> str:
    return reverse(f"admin:{view}", args=[message.uuid, *others])


def form_of(message, **changes) -> dict[str, str]:
    values = {"sender_name": "", "sender_email": ""}
    for language, text in message.texts.items():
        values[f"subject_{language}"] = text.subject
        values[f"content_{language}"] = text.content
    return values | changes


def test_list_each_event_and_channel(cockpit, store):
    page = cockpit().get(reverse("admin:messages")).content.decode()

    assert page.count("Earned points</a>") == 2
    assert "Points expire soon" in page


def test_show_the_variables_and_change_one_language(cockpit, points):
    client = cockpit()
    assert "{{ added_points_amount }}" in client.get(url(points)).content.decode()

    answer = client.post(
        url(points), form_of(points, content_en="<p>Yours, {{ first_name }}</p>\r\n")
    )

    assert answer.status_code == 302
    row = MessageTemplate.objects.get()
    assert list(row.texts) == ["en"]
    assert row.texts["en"]["content"] == "<p>Yours, {{ first_name }}</p>"
    assert AuditEntry.objects.get(event_type="UpdateMessage").entity_id == str(points.uuid)


def test_refuse_a_broken_variable_at_its_language(cockpit, points):
    """MSG-4: nothing is half-saved."""
    answer = cockpit().post(
        url(points), form_of(points, content_pl="<p>{{ password }}</p>", sender_name="Beans")
    )

    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == ["content_pl"]
    assert "password" in answer.context["form"].errors["content_pl"][0]
    assert not MessageTemplate.objects.exists()


def test_show_a_preview_that_can_do_nothing(cockpit, points):
    client = cockpit()
    assert (
        f'src="{url(points, "message_preview", "pl")}"' in client.get(url(points)).content.decode()
    )

    answer = client.get(url(points, "message_preview", "pl"))

    assert "Nowe punkty na koncie: <strong>120</strong>" in answer.content.decode()
    assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert answer["X-Frame-Options"] == "SAMEORIGIN"


def test_send_a_test_mail_to_whoever_asks(cockpit, points):
    staff = StaffFactory(email="mona@example.com")

    cockpit(staff=staff).post(url(points, "message_act", "test"))

    assert [letter.to for letter in mail.outbox] == [["mona@example.com"]] * 2
    assert "New points on your account: 120." in mail.outbox[0].body
    assert states() == []


def test_switch_off_on_and_back(cockpit, store, points):
    client = cockpit()
    client.post(url(points), form_of(points, subject_en="Beans"))

    client.post(url(points, "message_act", "disable"))
    assert templates.get(store, points.uuid).is_enabled is False
    client.post(url(points, "message_act", "enable"))
    client.post(url(points, "message_act", "reset"))

    after = templates.get(store, points.uuid)
    assert (after.is_enabled, after.is_ours) == (True, True)
    assert list(
        AuditEntry.objects.filter(entity_type="Message")
        .order_by("pk")
        .values_list("event_type", flat=True)
    ) == ["UpdateMessage", "DeactivateMessage", "ActivateMessage", "ResetMessage"]


@pytest.mark.parametrize("deed", ["enable", "disable", "reset", "test"])
def test_need_the_right_to_modify(cockpit, points, deed):
    client = cockpit("SETTINGS:VIEW")

    assert client.get(url(points)).status_code == 200
    assert client.post(url(points), form_of(points)).status_code == 403
    assert client.post(url(points, "message_act", deed)).status_code == 403
    assert cockpit("CUSTOMER:VIEW").get(url(points)).status_code == 403
    assert (MessageTemplate.objects.count(), mail.outbox) == (0, [])


def test_are_the_stores_own(cockpit, store):
    [foreign, _] = templates.list_for(StoreFactory(), catalogue.NEW_POINTS)

    assert cockpit().get(url(foreign)).status_code == 404
    assert cockpit().get(url(foreign, "message_preview", "en")).status_code == 404


def test_log_what_was_sent_and_send_it_again(cockpit, store):
    deliver(add(CustomerFactory(store, email="alice@example.com"), 10))
    SentMessage.objects.update(state="failed", error="The mail server answered 550.", sent_at=None)
    line = SentMessage.objects.get()
    client = cockpit()

    page = client.get(reverse("admin:core_sentmessage_changelist") + "?q=alice@example.com")
    assert [row.pk for row in page.context["cl"].result_list] == [line.pk]
    detail = client.get(reverse("admin:core_sentmessage_change", args=[line.pk]))
    assert "The mail server answered 550." in detail.content.decode()
    client.post(reverse("admin:core_sentmessage_retry", args=[line.pk]))

    line.refresh_from_db()
    assert (line.state, line.attempts) == ("waiting", 0)
    assert AuditEntry.objects.filter(event_type="RetryMessage").exists()

    # The page stood open in two windows.
    again = client.post(reverse("admin:core_sentmessage_retry", args=[line.pk]), follow=True)
    assert "This message has not failed" in again.content.decode()
    assert AuditEntry.objects.filter(event_type="RetryMessage").count() == 1
