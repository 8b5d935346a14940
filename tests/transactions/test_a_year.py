"""
A year of a small store, played from its purchases to its books and checked month by month.

The figures are worked out by hand; the comments show how. The store pays a point per unit of money.
Points are locked for 14 days and valid for 90 days after that, to the end of the day (PE-2, PE-6).
Levels follow the active points: Bronze from 0, Silver from 100, Gold from 300. They go up at once
(LV-7) and down only 180 days after the customer came or was last judged; then all points of that
customer end as well (LV-16).
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command

from accounts.ledger import checks
from accounts.ledger.models import Posting
from accounts.models import Customer
from accounts.selectors import balances
from accounts.services import customers, level_jobs, points, points_jobs
from accounts.services.customers import Registration
from earning.models import RuleType
from earning.services import invitations
from loyalty.core.actors import SYSTEM
from loyalty.core.models import Store
from tests.factories.accounts import LevelFactory
from tests.factories.core import StoreFactory
from tests.factories.earning import EarningRuleFactory
from tests.factories.transactions import document, register, return_of
from transactions.models import Transaction

pytestmark = [pytest.mark.ledger, pytest.mark.django_db]

YEAR = 2025
FIGURES = ("points", "locked", "blocked", "total_earned", "used", "expired")

# Lines are "day verb …", at noon. The jobs run an hour before the month ends; what stands behind
# `=` is what a customer sees then:
#                     active  pending  blocked  earned  used  expired  level
STORY = """
January
 1 registers Alice
10 buys Alice A1 120        # pending to 24 Jan, valid to 24 Apr (24 Jan + 90 days)
20 buys Alice A2 40         # pending to  3 Feb, valid to  4 May
                            # earned 120 + 40
= Alice                120       40        0     160     0        0  Silver

February                    # A2 unlocks: 120 + 40 = 160
10 returns A1 60            # half of A1: 120 x 60/120 = 60 back, from A1 itself: 60 left in A1
20 spends Alice 30          # from the oldest, A1: 30 left in it. Used 60 + 30, active 160 - 90
= Alice                 70        0        0     160    90        0  Silver

March
 1 invites Alice Bob        # 50 for each of them, pending to 15 Mar, valid to 13 Jun
20 sends Alice Bob 40       # Alice has 70 + 50 = 120: 30 of A1 (to 24 Apr) and 10 of A2 (to 4 May)
                            # Alice: active 120 - 40, used 90 + 40. Bob: active 50 + 40, earned 50
= Alice                 80        0        0     210   130        0  Silver
= Bob                   90        0        0      50     0        0  Bronze

April
 5 buys Bob B1 200          # pending to 19 Apr, valid to 18 Jul: active 90 + 200 = 290
                            # 24 Apr: the 30 that Bob got out of A1 expire; active 260
= Alice                 80        0        0     210   130        0  Silver
= Bob                  260        0        0     250     0       30  Silver

May                         # 4 May: A2 ends. Alice loses 40 - 10 = 30, Bob the 10 out of it
 6 buys Bob B2 60           # pending to 20 May: Bob's active 260 - 10 + 60 = 310
= Alice                 50        0        0     210   130       30  Silver
= Bob                  310        0        0     310     0       40  Gold

June
10 cancels B2               # earned 310 - 60, active 310 - 60; down only when he is judged
                            # 13 Jun: the 50 for the invitation expire, with both of them
20 buys Alice A3 110        # pending to 4 Jul
                            # 30 Jun, 180 days after 1 Jan: Alice has 50 - 50 = 0 active: Bronze,
                            # and the reset ends the pending 110, too: expired 30 + 50 + 110
= Alice                  0        0        0     320   130      190  Bronze
= Bob                  200        0        0     250     0       90  Gold

July
 5 buys Alice A4 330        # pending to 19 Jul, valid to 17 Oct
15 blocks Bob K 20          # of B1: 180 can be spent
                            # 18 Jul: B1 ends with what is not blocked: expired 90 + 180
= Alice                330        0        0     650   130      190  Gold
= Bob                    0        0       20     250     0      270  Gold

August
 1 cancels K                # unblocked points of an expired lot expire: 270 + 20
10 buys Bob B3 100          # pending to 24 Aug
                            # 28 Aug, 180 days after 1 Mar: Bob has 100 active: Silver, then the
                            # reset: expired 290 + 100
= Alice                330        0        0     650   130      190  Gold
= Bob                    0        0        0     350     0      390  Silver

September
 1 buys Alice A5 30         # pending to 15 Sep
 2 returns A5 30            # 30 back out of what is pending: earned 650 + 30, used 130 + 30
= Alice                330        0        0     680   160      190  Gold
= Bob                    0        0        0     350     0      390  Silver

October
10 spends Alice 200         # A4: 130 left; used 160 + 200
                            # 17 Oct: A4 ends: expired 190 + 130
20 buys Alice A6 150        # pending to 3 Nov: earned 680 + 150
= Alice                  0      150        0     830   360      320  Gold
= Bob                    0        0        0     350     0      390  Silver

November                    # A6 unlocks
 5 buys Bob B4 80           # pending to 19 Nov: earned 350 + 80
10 adds Alice 25.50         # by hand, pending to 24 Nov: earned 830 + 25.50; active 150 + 25.50
= Alice             175.50        0        0  855.50   360      320  Gold
= Bob                   80        0        0     430     0      390  Silver

December
15 sends Bob Alice 30       # Bob: active 80 - 30, used 30. Alice: active 175.50 + 30
20 refuses Bob 50.01        # he has 50
                            # 27 Dec, 180 days after 30 Jun: Alice has 205.50 active: Silver, then
                            # the reset: expired 320 + 205.50
= Alice                  0        0        0  855.50   360   525.50  Silver
= Bob                   50        0        0     430    30      390  Silver
"""


class SmallStore:
    """Does what the lines of the story say."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = datetime(YEAR, 1, 1, 12, tzinfo=UTC)
        self.customers: dict[str, Customer] = {}
        self.sales: dict[str, Transaction] = {}
        self.blocked: dict[str, Posting] = {}

    def play(self, line: str) -> None:
        day, verb, *words = line.split()
        self.now = self.now.replace(day=int(day))
        action: Callable[..., None] = getattr(self, verb)
        action(*words)

    def close_month(self) -> datetime:
        """Run the jobs an hour before the month ends, and return that moment."""
        following = (self.now.replace(day=1, hour=0) + timedelta(days=32)).replace(day=1)
        closing = following - timedelta(hours=1)
        points_jobs.unlock_due(closing)
        points_jobs.expire_due(closing)
        level_jobs.recalculate_all(closing)
        self.now = following + timedelta(hours=12)
        return closing

    def figures(self, name: str, now: datetime) -> tuple[str, ...]:
        customer = self.customers[name]
        seen = balances.get_figures(customer.wallet_id, now)
        customer.refresh_from_db(fields=["level"])
        return (*(f"{getattr(seen, figure):.2f}" for figure in FIGURES), customer.level.name)

    def registers(self, name: str, token: str = "") -> None:
        data = Registration(
            first_name=name,
            last_name="Member",
            email=f"{name.lower()}@example.com",
            agreement1=True,
            invitation_token=token,
        )
        self.customers[name] = customers.register(
            store=self.store, data=data, actor=SYSTEM, now=self.now
        )

    def invites(self, inviter: str, friend: str) -> None:
        invitation = invitations.invite(
            referrer=self.customer(inviter), email=f"{friend.lower()}@example.com", now=self.now
        )
        self.registers(friend, invitation.token)

    def buys(self, name: str, number: str, amount: str) -> None:
        bought = document(self.customer(name), amount, number=number, purchased_at=self.now)
        self.sales[number] = register(self.store, bought, now=self.now)

    def returns(self, number: str, amount: str) -> None:
        returned = return_of(
            self.sales[number], amount, number=f"{number}-back", purchased_at=self.now
        )
        register(self.store, returned, now=self.now)

    def adds(self, name: str, amount: str) -> None:
        points.add(
            customer=self.customer(name), amount=Decimal(amount), issuer="admin", now=self.now
        )

    def spends(self, name: str, amount: str) -> None:
        points.spend(
            customer=self.customer(name), amount=Decimal(amount), issuer="admin", now=self.now
        )

    def refuses(self, name: str, amount: str) -> None:
        with pytest.raises(points.InsufficientPoints):
            self.spends(name, amount)

    def sends(self, sender: str, receiver: str, amount: str) -> None:
        points.transfer(
            sender=self.customer(sender),
            receiver=self.customer(receiver),
            amount=Decimal(amount),
            now=self.now,
        )

    def blocks(self, name: str, block: str, amount: str) -> None:
        self.blocked[block] = points.block(
            customer=self.customer(name), amount=Decimal(amount), issuer="admin", now=self.now
        )

    def cancels(self, name: str) -> None:
        if name in self.blocked:
            uuid = self.blocked[name].uuid
        else:
            lot = self.sales[name].customer.wallet.lots.get(
                posting__transaction_uuid=self.sales[name].uuid
            )
            uuid = lot.uuid
        points.cancel(store=self.store, transfer_uuid=uuid, now=self.now)

    def customer(self, name: str) -> Customer:
        return Customer.objects.select_related("store").get(pk=self.customers[name].pk)


@pytest.fixture
def shop(db: None) -> SmallStore:
    store = StoreFactory(
        setting_values={
            "timezone": "UTC",
            "allTimeNotLocked": False,
            "pointsDaysLocked": 14,
            "pointsDaysExpiryAfter": "after_x_days",
            "pointsDaysActiveCount": 90,
            "tierAssignType": "points",
            "levelDowngradeMode": "after_x_days",
            "levelDowngradeDays": 180,
            "levelDowngradeBase": "active_points",
            "levelResetPointsOnDowngrade": True,
        }
    )
    for name, condition in (("Bronze", 0), ("Silver", 100), ("Gold", 300)):
        LevelFactory(store, name=name, condition_value=condition, reward_value=f"0.{condition:03}")
    EarningRuleFactory(store=store, name="A point for each euro")
    EarningRuleFactory(
        store=store,
        name="Bring a friend",
        type=RuleType.REFERRAL,
        event_name="register",
        reward_type="both",
        points_amount=Decimal(50),
    )
    return SmallStore(store)


def test_the_books_of_a_year_are_what_an_accountant_expects(shop: SmallStore) -> None:
    """PA-8, PA-10, PA-12…14, PA-17, PA-28, PE-5…8, LV-7, LV-14…16, TX-19, TX-20, RF-7."""
    for month in STORY.strip().split("\n\n"):
        name, *lines = (line.partition("#")[0].strip() for line in month.splitlines())
        written = [line for line in lines if line]
        for line in written:
            if not line.startswith("="):
                shop.play(line)
        assert f"{shop.now:%B}" == name
        month_end = shop.close_month()

        for line in written:
            if line.startswith("="):
                _, who, *expected, level = line.split()
                amounts = (f"{Decimal(amount):.2f}" for amount in expected)
                assert shop.figures(who, month_end) == (*amounts, level), f"{name}: {who}"
        assert checks.find_differences() == [], name

    call_command("check_ledger", verbosity=0)
