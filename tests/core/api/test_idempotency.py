"""`Idempotency-Key`: a POST that is sent again gets its first answer again."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import StaffUser
from loyalty.core import tasks
from loyalty.core.models import IdempotencyRecord, Store
from tests.factories.staff import StaffFactory
from tests.support.api import ApiClient

KEY = "3f0c7d1e"


def body(code: str = "beans", **fields: Any) -> dict[str, Any]:
    return {"store": {"code": code, "name": "Beans", "currency": "EUR", "active": "1"} | fields}


@pytest.fixture
def sam(db: None) -> StaffUser:
    return StaffFactory()


def test_the_same_request_gets_the_first_answer_and_has_no_second_effect(
    sam: StaffUser, api: Callable[..., ApiClient]
):
    first = api(sam).post("store", body(), HTTP_IDEMPOTENCY_KEY=KEY)
    again = api(sam).post("store", body(), HTTP_IDEMPOTENCY_KEY=KEY)

    assert (first.status_code, again.status_code) == (200, 200)
    assert again.content == first.content
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Store.objects.filter(code="beans").count() == 1


def test_an_answer_without_a_body_comes_again_without_one(
    sam: StaffUser, api: Callable[..., ApiClient]
):
    role = {"role": {"name": "Cashier"}}

    for _ in range(2):
        answer = api(sam).post("admin/acl/role", role, HTTP_IDEMPOTENCY_KEY=KEY)
        assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("other", [body("other"), body(name="More beans")])
def test_another_body_under_the_same_key_is_refused(
    sam: StaffUser, api: Callable[..., ApiClient], other: dict[str, Any]
):
    api(sam).post("store", body(), HTTP_IDEMPOTENCY_KEY=KEY)

    answer = api(sam).post("store", other, HTTP_IDEMPOTENCY_KEY=KEY)

    assert answer.status_code == 422
    assert answer.data["error"]["code"] == 422
    assert not Store.objects.filter(code="other").exists()


def test_another_address_under_the_same_key_is_refused(
    sam: StaffUser, api: Callable[..., ApiClient]
):
    api(sam).post("store", body(), HTTP_IDEMPOTENCY_KEY=KEY)

    assert api(sam).post("admin/acl/role", body(), HTTP_IDEMPOTENCY_KEY=KEY).status_code == 422


def test_a_refusal_does_not_use_up_the_key(sam: StaffUser, api: Callable[..., ApiClient]):
    refused = api(sam).post("store", body(name=""), HTTP_IDEMPOTENCY_KEY=KEY)
    mended = api(sam).post("store", body(), HTTP_IDEMPOTENCY_KEY=KEY)

    assert (refused.status_code, mended.status_code) == (400, 200)


def test_two_callers_may_choose_the_same_key(sam: StaffUser, api: Callable[..., ApiClient]):
    api(sam).post("store", body(), HTTP_IDEMPOTENCY_KEY=KEY)

    other = api(StaffFactory()).post("store", body("other"), HTTP_IDEMPOTENCY_KEY=KEY)

    assert other.status_code == 200


def test_a_sign_in_is_never_kept(sam: StaffUser, api: Callable[..., ApiClient]):
    credentials = {"_username": sam.username, "_password": "Open-Sesame-1"}

    answer = api().post("admin/login_check", credentials, HTTP_IDEMPOTENCY_KEY=KEY)

    assert answer.status_code == 200
    assert not IdempotencyRecord.objects.exists()


@pytest.mark.parametrize("key", ["x" * 256, "a\tb"])
def test_refuses_a_key_that_is_none(sam: StaffUser, api: Callable[..., ApiClient], key: str):
    answer = api(sam).post("store", body(), HTTP_IDEMPOTENCY_KEY=key)

    assert answer.status_code == 400
    assert not Store.objects.filter(code="beans").exists()


def test_costs_two_statements(sam: StaffUser, api: Callable[..., ApiClient]):
    client = api(sam)

    plain = statements(lambda: client.post("store", body("one")))
    keyed = statements(lambda: client.post("store", body("two"), HTTP_IDEMPOTENCY_KEY=KEY))

    assert len(keyed) - len(plain) == 2


def statements(work: Callable[[], Any]) -> list[str]:
    """Return what the database was asked, transactions aside: the test is in one already."""
    with CaptureQueriesContext(connection) as queries:
        work()
    written = [query["sql"] for query in queries]
    return [sql for sql in written if "SAVEPOINT" not in sql]


@pytest.mark.django_db(transaction=True)
def test_of_eight_at_once_one_has_the_effect_and_all_get_its_answer():
    sam = StaffFactory()
    clients = [ApiClient(sam) for _ in range(8)]
    start = threading.Barrier(8)
    answers: list[tuple[int, bytes]] = []

    def post(client: ApiClient) -> None:
        try:
            start.wait(20)
            answer = client.post("store", body(), HTTP_IDEMPOTENCY_KEY=KEY)
            answers.append((answer.status_code, answer.content))
        finally:
            connection.close()

    threads = [threading.Thread(target=post, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert len(answers) == 8
    assert len(set(answers)) == 1
    assert answers[0][0] == 200
    assert Store.objects.filter(code="beans").count() == 1


def test_old_answers_are_forgotten(db: None):
    for number, age in enumerate([timedelta(0), timedelta(days=3)]):
        record = IdempotencyRecord.objects.create(caller="x", key=str(number), fingerprint="")
        IdempotencyRecord.objects.filter(pk=record.pk).update(created_at=timezone.now() - age)

    tasks.forget_answers()

    assert IdempotencyRecord.objects.get().key == "0"
