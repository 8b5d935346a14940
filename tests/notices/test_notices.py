"""Customers are told …"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Customer
from accounts.services import notice_jobs, points
from loyalty.core.actors import SYSTEM
from loyalty.core.messages import catalogue, outbox, templates
from loyalty.core.messages.templates import Changes
from loyalty.core.models import Event, SentMessage, Store
from tests.factories import CustomerFactory, LevelFactory, StoreFactory
from tests.support.messages import deliver, send_due, states

pytestmark = pytest.mark.django_db


def add(customer: Customer, amount: int, **options) -> Event:
    points.add(customer=customer, amount=Decimal(amount), issuer="admin", **options)
    return Event.objects.filter(type="points.added", customer_id=customer.pk).latest("pk")


def test_of_new_points(store: Store) -> None:
    """PA-24: on `add`."""
    alice = CustomerFactory(store, first_name="Alice <b>", email="alice@example.com")
    add(alice, 1200)

    assert deliver(add(alice, 34)) == 1

    [letter] = mail.outbox
    assert letter.to == ["alice@example.com"]
    assert letter.subject == f"{store.name}: you have earned points"
    assert "New points on your account: 34. To spend you now have: 1,234." in letter.body
    assert "Hello, Alice <b>" in letter.body
    assert "Hello, Alice &lt;b&gt;" in letter.alternatives[0].content


def test_not_of_points_that_are_still_locked() -> None:
    """PA-24: a locked lot raises nothing, and unlocking it sends no mail."""
    store = StoreFactory(setting_values={"allTimeNotLocked": False, "pointsDaysLocked": 3})

    deliver(add(CustomerFactory(store), 10))

    assert (mail.outbox, states()) == ([], [])
    assert "points.unlocked" not in outbox.facts()


def test_once_however_often_the_fact_is_heard(store: Store) -> None:
    fact = add(CustomerFactory(store), 10)
    deliver(fact)

    deliver(fact)

    assert len(mail.outbox) == 1
    [line] = SentMessage.objects.all()
    with pytest.raises(IntegrityError), transaction.atomic():
        SentMessage.objects.create(
            store=store,
            fact=fact,
            event=line.event,
            target=line.target,
            channel=line.channel,
            created_at=timezone.now(),
            due_at=timezone.now(),
        )


def test_not_again_where_a_worker_was_killed_while_it_sent(store: Store) -> None:
    outbox.tell(add(CustomerFactory(store), 10))
    killed_at = timezone.now() - timedelta(minutes=11)
    SentMessage.objects.update(state="sending", attempts=1, tried_at=killed_at)

    send_due()

    assert mail.outbox == []
    [line] = SentMessage.objects.all()
    assert (line.state, line.error) == ("unknown", "Interrupted; it may have been sent.")
    # Staff may decide that it had not left.
    outbox.retry(line, actor=SYSTEM)
    assert send_due() == 1


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"email": None}, id="without-an-address"),
        pytest.param({"status": "blocked"}, id="blocked"),
        pytest.param({"status": "deleted"}, id="deleted"),
    ],
)
def test_not_when_they_are(store: Store, fields) -> None:
    """No mail to customers without e-mail (domain spec 8.2)."""
    customer = CustomerFactory(store)
    fact = add(customer, 10)
    Customer.objects.filter(pk=customer.pk).update(**fields)

    deliver(fact)

    assert (mail.outbox, states()) == ([], [])


def test_not_of_history(store: Store) -> None:
    """Of a store that was moved here, or of the demo's year."""
    long_ago = timezone.now() - timedelta(days=3, minutes=1)

    deliver(add(CustomerFactory(store, created_at=long_ago), 10, now=long_ago))

    assert states() == []


def test_not_by_a_message_that_was_disabled_meanwhile(store: Store) -> None:
    outbox.tell(add(CustomerFactory(store), 10))
    [by_mail, _] = templates.list_for(store, catalogue.NEW_POINTS)
    templates.enable(message=by_mail, is_enabled=False, actor=SYSTEM)

    send_due()

    assert mail.outbox == []
    assert states() == [("available_points_amount_changed", "email", "not_wanted")]


def test_by_text_message_where_staff_enabled_it(store: Store, settings, tmp_path) -> None:
    """MSG-5: from the start it is disabled."""
    settings.VAR_DIR = tmp_path
    [_, by_text] = templates.list_for(store, catalogue.NEW_POINTS)
    templates.enable(message=by_text, is_enabled=True, actor=SYSTEM)

    deliver(add(CustomerFactory(store, phone="+48601234567"), 10))

    assert [state[1:] for state in states()] == [("email", "sent"), ("sms", "sent")]
    [file] = (tmp_path / "sms").iterdir()
    assert "new points: 10. To spend you now have: 10." in file.read_text()


def test_of_points_that_expire_soon_once(store: Store) -> None:
    """PE-10, C7: per customer and day."""
    alice = CustomerFactory(store, address={"country": "PL"})
    end = timezone.now().astimezone(store.zone) + timedelta(days=10)
    expires_at = end.replace(hour=23, minute=59, second=59, microsecond=0).astimezone(UTC)
    for amount in (10, 20):
        add(alice, amount, expires_at=expires_at)
    for _ in range(2):
        notice_jobs.warn_of_expiring_points()
        for fact in Event.objects.filter(type="points.expiring_soon"):
            deliver(fact)

    [letter] = mail.outbox
    assert "wygasa część Twoich punktów: 30." in letter.body
    assert str(end.year) in letter.subject


def levels(store: Store) -> None:
    LevelFactory(store, name="Low", condition_value=0, reward_value=0)
    LevelFactory(store, name="High", condition_value=10, reward_value=Decimal("0.1"))


def follower(**settings) -> Store:
    store = StoreFactory(setting_values={"tierAssignType": "points"} | settings)
    levels(store)
    return store


def test_of_a_level_that_ends_soon() -> None:
    """LV-17."""
    store = follower(
        levelDowngradeMode="after_x_days",
        levelDowngradeDays=365,
        levelDowngradeBase="active_points",
    )
    customer = CustomerFactory(store, created_at=datetime(2026, 3, 1, 9, tzinfo=UTC))
    now = timezone.now()
    Customer.objects.filter(pk=customer.pk).update(
        last_level_recalculation_at=now - timedelta(days=355, minutes=1)
    )
    customer.refresh_from_db()
    add(customer, 10)
    points.spend(customer=customer, amount=Decimal(10), issuer="admin")

    assert notice_jobs.warn_of_expiring_levels() == 1
    deliver(Event.objects.get(type="level.expiring_soon"))

    [letter] = mail.outbox
    assert "Your level High ends on " in letter.body
    assert "it will be Low then" in letter.body


def test_of_a_level_that_they_have_reached() -> None:
    """LV-13."""
    store = follower()
    customer = CustomerFactory(store)
    add(customer, 10)

    deliver(Event.objects.filter(type="customer.moved_to_level").latest("pk"))

    [letter] = mail.outbox
    assert "your level is now High. The discount that comes with it: 10%." in letter.body


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"direction": "down"}, id="down"),
        pytest.param({"direction": None}, id="first"),
        pytest.param({"manually": True}, id="by-hand"),
        pytest.param({"removeLevelManually": True}, id="back-from-by-hand"),
    ],
)
def test_not_of_a_level_that_is_no_rise_of_theirs(changes) -> None:
    """LV-13."""
    store = follower()
    add(CustomerFactory(store), 10)
    fact = Event.objects.filter(type="customer.moved_to_level").latest("pk")
    fact.payload |= changes

    outbox.tell(fact)

    assert states() == []


def test_in_the_words_of_the_store(store: Store) -> None:
    [by_mail, _] = templates.list_for(store, catalogue.NEW_POINTS)
    words = {"en": templates.Text("{{ added_points_amount }} beans", "<p>Yours</p>")}
    templates.change(
        message=by_mail,
        changes=Changes(texts=words, sender_name="Beans", sender_email="shop@example.com"),
        actor=SYSTEM,
    )

    deliver(add(CustomerFactory(store), 7))

    [letter] = mail.outbox
    assert (letter.subject, letter.from_email) == ("7 beans", "Beans <shop@example.com>")
    assert letter.body.startswith("Yours\n")


def test_of_nothing_by_a_closed_store(store: Store) -> None:
    fact = add(CustomerFactory(store), 10)
    Store.objects.filter(pk=store.pk).update(is_active=False)

    deliver(Event.objects.get(pk=fact.pk))

    assert states() == []
