"""The daily check of the books … Source: unified-vocabulary 6.3."""

from decimal import Decimal

import pytest
from django.db import connection

from accounts.services import points, points_jobs
from loyalty.core import jobs
from loyalty.core.models import JobOutcome
from tests.factories.accounts import CustomerFactory

pytestmark = pytest.mark.django_db


def give(customer, amount=10):
    points.add(customer=customer, amount=Decimal(amount), issuer="admin")


def plant(customer):
    with connection.cursor() as cursor:
        cursor.execute(
            "update ledger_walletbalance set earned = earned + 1 where wallet_id = %s",
            [customer.wallet_id],
        )


def test_finds_nothing_where_they_are_right():
    give(CustomerFactory())

    done = jobs.run(jobs.get("check-ledger"))

    assert (done.outcome, done.counts, done.message) == (JobOutcome.NOTHING, {}, "")


def test_fails_and_says_what_differs(caplog):
    customer = CustomerFactory()
    give(customer)
    plant(customer)

    done = jobs.run(jobs.get("check-ledger"))

    assert (done.outcome, done.counts) == (JobOutcome.FAILED, {"differences": 1})
    assert done.message.startswith("earned and lots: ")
    assert "The books are wrong: earned and lots: " in caplog.text


def test_names_only_the_first_of_many(monkeypatch):
    monkeypatch.setattr(points_jobs, "DIFFERENCES_TOLD", 1)
    customers = [CustomerFactory() for _ in range(2)]
    for customer in customers:
        give(customer)
        plant(customer)

    done = jobs.run(jobs.get("check-ledger"))

    assert done.counts == {"differences": 2}
    assert done.message.splitlines()[1:] == ["2 differences; manage.py check_ledger lists them."]
