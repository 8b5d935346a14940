"""The messages of a store …"""

import pytest

from loyalty.core.actors import SYSTEM
from loyalty.core.errors import InvalidFields, NotFound
from loyalty.core.messages import catalogue, templates
from loyalty.core.messages.catalogue import MessageChannel, Target
from loyalty.core.messages.templates import Changes, Message, Taken
from loyalty.core.messages.texts import Text
from loyalty.core.models import AuditEntry, MessageTemplate, Store
from tests.factories.core import StoreFactory

pytestmark = pytest.mark.django_db

EMAIL, SMS = MessageChannel.EMAIL, MessageChannel.SMS
# What the program writes beyond the documented twenty.
BEYOND = {catalogue.POINTS_EXPIRING, catalogue.LEVEL_EXPIRING, catalogue.POOL_LOW}
WORDS = {"en": Text("Hi", "<p>Dear {{ first_name }}</p>")}


def the(store: Store, occasion: catalogue.Occasion, channel: MessageChannel) -> Message:
    [found] = [m for m in templates.list_for(store, occasion) if m.channel == channel]
    return found


def change(message: Message, **changes) -> Message:
    return templates.change(message=message, changes=Changes(**changes), actor=SYSTEM)


def test_are_twenty_after_installation(store: Store) -> None:
    """MSG-5: e-mail versions are enabled, SMS versions are not."""
    found = [m for m in templates.list_messages(store) if m.occasion not in BEYOND]

    assert len(found) == 20
    assert {m.channel for m in found if m.is_enabled} == {EMAIL, MessageChannel.PUSH}
    assert {m.channel for m in found if not m.is_enabled} == {SMS}
    assert not MessageTemplate.objects.exists()


def test_that_let_people_in_are_text_messages_where_the_store_writes_those() -> None:
    """MSG-5, as far as somebody could get in without them."""
    store = StoreFactory(setting_values={"preferredCommunicationMethod": "sms"})

    enabled = {
        m.occasion.name for m in templates.list_messages(store) if m.channel == SMS and m.is_enabled
    }

    assert enabled == {
        "registration",
        "registration_with_temporary_password",
        "password_reset",
        "phone_number_changed",
    }


def test_change_in_one_language_and_keep_their_id(store: Store) -> None:
    before = the(store, catalogue.NEW_POINTS, EMAIL)

    change(before, texts=WORDS)

    after = templates.get(store, before.uuid)
    assert after.text("en") == WORDS["en"]
    assert after.text("pl") == before.text("pl")
    assert after.changed_languages == {"en"}
    entry = AuditEntry.objects.get(event_type="UpdateMessage")
    assert entry.entity_id == str(before.uuid)
    assert entry.data["en"]["new"] == {"subject": "Hi", "content": "<p>Dear {{ first_name }}</p>"}


def test_of_another_store_are_not_there(store: Store) -> None:
    message = the(store, catalogue.NEW_POINTS, EMAIL)

    with pytest.raises(NotFound):
        templates.get(StoreFactory(), message.uuid)


def test_go_back_to_ours(store: Store) -> None:
    message = the(store, catalogue.NEW_POINTS, EMAIL)
    changed = change(message, texts=WORDS, sender_name="Beans", is_enabled=False)

    after = templates.reset(message=changed, actor=SYSTEM)

    assert (after.is_ours, after.sender_name, after.is_enabled) == (True, "", False)
    assert after.text("en") == message.text("en")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"texts": {"en": Text("", "x")}}, "subject", id="no-subject"),
        pytest.param({"texts": {"en": Text("x" * 256, "x")}}, "subject", id="long-subject"),
        pytest.param({"texts": {"en": Text("x", " ")}}, "content", id="no-content"),
        pytest.param({"texts": {"en": Text("x", "{{ password }}")}}, "content", id="MSG-4"),
        pytest.param({"texts": {"en": Text("{{ x", "x")}}, "subject", id="broken-subject"),
        pytest.param({"sender_email": "nobody"}, "sender_email", id="sender"),
        pytest.param({"receivers": "a@example.com, b"}, "receivers", id="receivers"),
    ],
)
def test_are_refused_whole(store: Store, changes, field: str) -> None:
    """Nothing is half-saved: the good half of the change is not saved either."""
    message = the(store, catalogue.NEW_POINTS, EMAIL)

    with pytest.raises(InvalidFields) as refusal:
        change(message, is_enabled=False, **changes)

    assert list(refusal.value.errors) == [field]
    assert not MessageTemplate.objects.exists()
    assert not AuditEntry.objects.filter(entity_type="Message").exists()


def test_may_be_added_on_another_channel_once(store: Store) -> None:
    """MSG-3."""
    place = {
        "store": store,
        "event": catalogue.NEW_LEVEL.value,
        "target": Target.CUSTOMER.value,
        "channel": MessageChannel.PUSH.value,
        "actor": SYSTEM,
        "changes": Changes(texts={"en": Text("New level", "{{ level_name }}")}),
    }

    created = templates.create(**place)

    assert templates.get(store, created.uuid).is_enabled
    with pytest.raises(Taken):
        templates.create(**place)
    with pytest.raises(Taken):
        templates.create(**place | {"channel": "email"})
    assert MessageTemplate.objects.count() == 1


def test_are_listed_by_one_query(store: Store, django_assert_num_queries) -> None:
    change(the(store, catalogue.NEW_POINTS, EMAIL), texts=WORDS)

    with django_assert_num_queries(1):
        templates.list_messages(store)
