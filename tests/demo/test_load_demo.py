"""load_demo …"""

from collections import Counter
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum
from django.test import TestCase

from accounts.ledger.models import Lot
from accounts.models import Customer, LevelChange
from accounts.selectors import balances
from accounts.services import signin
from earning.models import Invitation
from loyalty.core import clock
from loyalty.core.models import ConsumerCursor, Event
from loyalty.demo import cast, friends
from tests.factories import CustomerFactory
from transactions.models import DocumentType, Transaction


class TestLoadDemo(TestCase):
    """Django's own class: it loads the store once for all of these."""

    @classmethod
    def setUpTestData(cls) -> None:
        call_command("load_demo", verbosity=0)

    def test_makes_a_year_of_purchases(self) -> None:
        sales = Transaction.objects.filter(document_type=DocumentType.SELL)
        months = sales.dates("purchased_at", "month")

        assert Customer.objects.count() > 300
        assert sales.count() > 1_000
        assert len(months) >= 12
        assert Transaction.objects.filter(document_type=DocumentType.RETURN).exists()
        assert Transaction.objects.filter(customer=None).count() > 20
        assert set(LevelChange.objects.values_list("new_level__condition_value", flat=True)) >= {
            0,
            20,
            200,
        }

    def test_lets_the_admin_of_the_manual_in(self) -> None:
        """ADM-7."""
        admin = signin.admit_staff(username="admin", password="open")

        assert admin.roles.get().is_master

    def test_writes_to_nobody(self) -> None:
        """A year that is made up is not told to the people in it."""
        for name in ("welcome-mail", "invitation-mail", "messages"):
            cursor = ConsumerCursor.objects.get(name=name)
            assert not any(
                position > cursor.position
                for position in Event.objects.values_list("position", flat=True)
            )

    def test_is_accepted_by_the_ledger(self) -> None:
        call_command("check_ledger", verbosity=0)

    def test_counts_for_each_customer_what_they_bought(self) -> None:
        john = Customer.objects.get(uuid=cast.JOHN)
        bought = john.transactions.filter(document_type=DocumentType.SELL)
        returned = john.transactions.filter(document_type=DocumentType.RETURN)

        kept = (bought.aggregate(sum=Sum("gross_value"))["sum"] or 0) - (
            returned.aggregate(sum=Sum("gross_value"))["sum"] or 0
        )
        assert john.transactions_amount == kept

    def test_leaves_points_for_the_documented_transfers(self) -> None:
        for uuid in (cast.JOHN, cast.SPENDER):
            wallet_id = Customer.objects.get(uuid=uuid).wallet_id
            assert balances.get_figures(wallet_id, clock.now()).points >= 111

    def test_writes_facts_under_the_documented_ids(self) -> None:
        assert Event.objects.filter(type="customer.registered", subject=cast.JOHN).exists()

    def test_has_the_printed_invitations_and_some_that_brought_friends(self) -> None:
        """RF-1, RF-4, RF-9."""
        printed = Invitation.objects.filter(uuid__startswith="22200000-0000-474c")
        statuses = Counter(Invitation.objects.values_list("status", flat=True))
        paid = Lot.objects.filter(posting__invitation_uuid=friends.PAID)

        assert {one.referrer.uuid for one in printed} == {UUID(cast.JOHN)}
        assert {one.token for one in printed} == {token for _, _, token in friends.PRINTED}
        assert statuses == {"invited": 4, "registered": 1, "made_purchase": 2}
        assert sorted(lot.amount for lot in paid) == [20, 20, 50]

    def test_does_nothing_the_second_time(self) -> None:
        before = Transaction.objects.count()

        call_command("load_demo", verbosity=0)

        assert Transaction.objects.count() == before


@pytest.mark.django_db
def test_refuses_an_installation_that_is_in_use(store):
    CustomerFactory(store)

    with pytest.raises(CommandError, match="There are customers already"):
        call_command("load_demo", verbosity=0)
    call_command("load_demo", if_empty=True, verbosity=0)

    assert Customer.objects.count() == 1
    assert not Transaction.objects.exists()
