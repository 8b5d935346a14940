"""The five ways to label documents, and the list of item labels … Source: TX-17."""

from uuid import uuid4

import pytest

from tests.factories import CustomerFactory
from tests.factories.transactions import TransactionFactory, UnmatchedSaleFactory, line

pytestmark = pytest.mark.django_db

ADMIN = "DEFAULT/admin/transaction/labels"
CUSTOMER = "DEFAULT/customer/transaction/labels"
OLD = {"key": "old", "value": "1"}
PAIR = {"key": "some label", "value": "some value"}


@pytest.fixture
def document(store):
    return TransactionFactory(store, document_number="123", labels=[OLD])


def labels_of(document):
    document.refresh_from_db()
    return document.labels


@pytest.mark.parametrize("word", ["label", "labels"])
def test_post_replaces_all_by_either_word(staff, document, word):
    """TX-17."""
    answer = staff.form(
        "POST",
        ADMIN,
        {
            "transaction_labels[transactionId]": str(document.uuid),
            f"transaction_labels[{word}][0][key]": "some label",
            f"transaction_labels[{word}][0][value]": "some value",
        },
    )

    assert answer.status_code == 200
    assert answer.data == {"transactionId": str(document.uuid)}
    assert labels_of(document) == [PAIR]


def test_post_without_labels_takes_all_away(staff, document):
    answer = staff.post(ADMIN, {"transaction_labels": {"transactionId": str(document.uuid)}})

    assert answer.status_code == 200
    assert labels_of(document) == []


def test_post_refuses_half_a_label(staff, document):
    body = {"transactionId": str(document.uuid), "labels": [{"key": "a"}]}

    answer = staff.post(ADMIN, {"transaction_labels": body})

    assert answer.status_code == 400
    assert answer.data["form"]["children"]["labels"]["children"][0]["children"] == {
        "key": {},
        "value": {"errors": ["This value should not be blank."]},
    }
    assert labels_of(document) == [OLD]


def test_post_of_an_unknown_document_does_not_exist(staff, store):
    body = {"transactionId": str(uuid4()), "labels": [PAIR]}

    assert staff.post(ADMIN, {"transaction_labels": body}).status_code == 404


def test_patch_appends_by_number(staff, document):
    """TX-17."""
    answer = staff.form(
        "PATCH",
        ADMIN,
        {
            "append[transactionDocumentNumber]": "123",
            "append[labels][0][key]": "some label",
            "append[labels][0][value]": "some value",
        },
    )

    assert answer.status_code == 200
    assert answer.data == {"transactionId": str(document.uuid)}
    assert labels_of(document) == [OLD, PAIR]


def test_patch_refuses_an_unknown_number(staff, document):
    answer = staff.patch(ADMIN, {"append": {"transactionDocumentNumber": "?", "labels": [PAIR]}})

    assert answer.status_code == 400
    assert answer.data["form"]["children"]["transactionDocumentNumber"]["errors"] == [
        "No such transaction"
    ]


@pytest.mark.parametrize(
    ("method", "path"),
    [("PATCH", CUSTOMER), ("POST", f"{CUSTOMER}/append")],
    ids=["4.2", "3.x"],
)
def test_customers_append_to_their_own(customer, alice, document, method, path):
    document.customer = alice
    document.save()
    body = {"append": {"transactionDocumentNumber": "123", "labels": [PAIR]}}

    answer = customer.send(method, path, body)

    assert answer.status_code == 200
    assert labels_of(document) == [OLD, PAIR]


@pytest.mark.parametrize("owner", ["nobody", "somebody else"])
def test_customers_do_not_append_to_others(customer, document, store, owner):
    if owner == "somebody else":
        document.customer = CustomerFactory(store)
        document.save()

    answer = customer.patch(
        CUSTOMER, {"append": {"transactionDocumentNumber": "123", "labels": [PAIR]}}
    )

    assert answer.status_code == 400
    assert labels_of(document) == [OLD]


def test_put_adds_and_delete_removes_exact_pairs(staff, document):
    """TX-17."""
    path = f"DEFAULT/transaction/{document.uuid}/label"

    added = staff.put(path, {"labels": [PAIR, {"key": "old", "value": "2"}]})
    after_put = labels_of(document)
    removed = staff.send("DELETE", path, {"labels": [PAIR, OLD]})

    assert (added.status_code, removed.status_code) == (204, 204)
    assert added.data is removed.data is None
    assert after_put == [OLD, PAIR, {"key": "old", "value": "2"}]
    assert labels_of(document) == [{"key": "old", "value": "2"}]


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_single_labels_refuse_what_makes_no_sense(staff, document, method):
    path = f"DEFAULT/transaction/{document.uuid}/label"

    assert staff.send(method, path, {"labels": [{"key": "a"}]}).status_code == 400
    assert staff.send(method, path, {}).status_code == 400
    assert staff.send(method, path, [PAIR]).status_code == 400
    missing = f"DEFAULT/transaction/{uuid4()}/label"
    assert staff.send(method, missing, {"labels": [PAIR]}).status_code == 404


def test_are_for_staff_who_may_change_purchases(reader, seller, customer, document):
    body = {"transaction_labels": {"transactionId": str(document.uuid), "labels": [PAIR]}}

    for client in (reader, seller, customer):
        assert client.post(ADMIN, body).status_code == 403
        assert client.put(f"DEFAULT/transaction/{document.uuid}/label").status_code == 403
    assert labels_of(document) == [OLD]


def test_of_items_are_listed_by_key(staff, store):
    labels = [("test", "label2"), ("test", "label"), ("colour", "red")]
    UnmatchedSaleFactory(store, lines=(line(labels=labels), line(labels=labels[:1])))

    answer = staff.get("DEFAULT/transaction/item/labels")

    assert answer.status_code == 200
    assert answer.data == {"labels": {"colour": ["red"], "test": ["label", "label2"]}}
