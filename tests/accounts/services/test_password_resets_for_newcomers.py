"""Customers without a password are written to …"""

from io import StringIO

import pytest
from django.core.management import call_command

from accounts.models import Customer, CustomerStatus, PasswordReset
from accounts.services import password_resets
from loyalty.core.models import Event, Store
from tests.factories import CustomerFactory, StoreFactory


@pytest.fixture
def newcomers(store: Store) -> list[int]:
    """Two who can be written to, and everybody who cannot."""
    ann = CustomerFactory(store, email="ann@example.com")
    bob = CustomerFactory(store, email="bob@example.com")
    nameless = CustomerFactory(store, phone="+48600000001")
    shut = CustomerFactory(store, email="shut@example.com")
    eve = CustomerFactory(StoreFactory(), email="eve@example.com")
    newcomers = [ann, bob, nameless, shut, eve]
    Customer.objects.filter(pk__in=[each.pk for each in newcomers]).update(password="")
    Customer.objects.filter(pk=nameless.pk).update(email=None)
    Customer.objects.filter(pk=shut.pk).update(status=CustomerStatus.BLOCKED)
    has = CustomerFactory(store, email="has@example.com")
    Customer.objects.filter(pk=has.pk).update(password="a hash")
    return [ann.pk, bob.pk]


def test_once(newcomers, store):
    assert password_resets.request_for_newcomers(store=store, count_max=10) == 2
    assert password_resets.request_for_newcomers(store=store, count_max=10) == 0

    resets = PasswordReset.objects.order_by("customer")
    assert [reset.customer_id for reset in resets] == newcomers
    assert not any(reset.is_silent for reset in resets)
    facts = Event.objects.filter(type=password_resets.FACT)
    assert sorted(facts.values_list("customer_id", flat=True)) == newcomers


def test_no_more_than_asked_and_the_others_next_time(newcomers, store):
    assert password_resets.request_for_newcomers(store=store, count_max=1) == 1
    assert password_resets.request_for_newcomers(store=store, count_max=1) == 1
    assert PasswordReset.objects.count() == 2


def test_by_the_command_which_counts_first(newcomers, store):
    told = StringIO()
    call_command("ask_for_passwords", "--dry-run", stdout=told)
    assert not PasswordReset.objects.exists()

    call_command("ask_for_passwords", "--at-most", "1", stdout=told)

    assert told.getvalue().splitlines() == [
        "0 written to, 2 waiting.",
        "1 written to, 1 waiting.",
    ]


def test_not_of_a_store_that_is_not_there(db):
    with pytest.raises(SystemExit) as left:
        call_command("ask_for_passwords", "--store", "NOWHERE", stderr=StringIO())
    assert left.value.code == 2
