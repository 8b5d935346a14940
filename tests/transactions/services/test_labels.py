"""labels … Source: TX-17."""

import pytest

from loyalty.core.actors import SYSTEM
from loyalty.core.errors import InvalidFields
from loyalty.core.models import AuditEntry, Event
from tests.factories import StoreFactory
from tests.factories.transactions import TransactionFactory
from transactions.services import labels
from transactions.services.documents import Label

pytestmark = pytest.mark.django_db


def pair(key: str, value: str) -> dict[str, str]:
    return {"key": key, "value": value}


def labelled(*pairs: tuple[str, str]):
    return TransactionFactory(StoreFactory(), labels=[pair(*one) for one in pairs])


def change(command, document, *pairs: tuple[str, str]):
    given = tuple(Label(*one) for one in pairs)
    return command(document=document, labels=given, actor=SYSTEM)


@pytest.mark.parametrize(
    ("command", "given", "left"),
    [
        pytest.param(labels.replace, [("c", "3")], [("c", "3")], id="replace"),
        pytest.param(labels.replace, [], [], id="replace-by-none"),
        pytest.param(
            labels.append, [("c", "3")], [("a", "1"), ("a", "2"), ("c", "3")], id="append"
        ),
        pytest.param(labels.append, [("a", "1")], [("a", "1"), ("a", "2")], id="append-again"),
        pytest.param(labels.append, [], [("a", "1"), ("a", "2")], id="append-none"),
        pytest.param(labels.remove, [("a", "1")], [("a", "2")], id="remove-the-exact-pair"),
        pytest.param(labels.remove, [("a", "9")], [("a", "1"), ("a", "2")], id="remove-unknown"),
    ],
)
def test_change_the_labels_of_a_document(command, given, left):
    document = labelled(("a", "1"), ("a", "2"))

    change(command, document, *given)

    document.refresh_from_db()
    assert document.labels == [pair(*one) for one in left]


def test_are_told_and_audited():
    document = labelled(("a", "1"))

    change(labels.append, document, ("b", "2"))

    event = Event.objects.get(type="transaction.labels_changed")
    assert event.subject == document.uuid
    entry = AuditEntry.objects.get(event_type="UpdateTransactionLabels")
    assert entry.data == {"old": [pair("a", "1")], "new": [pair("a", "1"), pair("b", "2")]}


def test_that_do_not_change_write_nothing():
    document = labelled(("a", "1"))

    change(labels.append, document, ("a", "1"))

    assert not Event.objects.filter(type="transaction.labels_changed").exists()


def test_without_a_key_are_refused():
    document = labelled(("a", "1"))

    with pytest.raises(InvalidFields) as refusal:
        change(labels.append, document, ("b", "2"), ("", "3"))

    assert list(refusal.value.errors) == ["labels.1.key"]
    document.refresh_from_db()
    assert document.labels == [pair("a", "1")]


def test_are_at_most_a_hundred():
    document = labelled(*((f"k{number}", "1") for number in range(100)))

    with pytest.raises(labels.TooManyLabels):
        change(labels.append, document, ("one", "more"))
