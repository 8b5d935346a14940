"""
Moving in: a live server on one database, the command in a process of its own on another, and
everything compared.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Customer
from accounts.segments.criteria import CriterionData
from accounts.services import points, segments
from accounts.services.segments import SegmentData
from campaigns.services import rewards
from loyalty.core.actors import SYSTEM
from loyalty.core.models import Store
from tests.campaigns.conftest import STAFF
from tests.factories.accounts import CustomerFactory, LevelFactory, PosFactory, SellerFactory
from tests.factories.campaigns import CampaignFactory
from tests.factories.core import default_store
from tests.factories.earning import EarningRuleFactory
from tests.factories.transactions import ReturnFactory, SaleFactory, UnmatchedSaleFactory
from tests.running.test_worker import database_url

pytestmark = pytest.mark.django_db(transaction=True)

KEY = "of-a-test"
SECONDS_MAX = 120

# What has to be the same there and here, but for what the API does not tell. Times to the second.
QUERIES = {
    "stores": "select uuid, code, name, currency from core_store",
    "levels": "select uuid, condition_value, reward_code, is_active from accounts_level",
    "places": "select uuid, name, identifier from accounts_pos",
    "sellers": "select uuid, email, is_active from accounts_seller",
    "segments": "select uuid, name, is_active, parts from accounts_segment",
    "members": """select s.uuid, c.uuid from accounts_segmentmembership m
        join accounts_segment s on s.id = m.segment_id
        join accounts_customer c on c.id = m.customer_id""",
    # The id of an account is told by its transfers.
    "customers": """select c.uuid,
        case when exists (select from ledger_lot o where o.wallet_id = w.id) then w.uuid end,
        c.email, c.phone, c.status, l.uuid, c.birth_date,
        c.transactions_count, c.transactions_amount, date_trunc('second', c.created_at)
        from accounts_customer c join ledger_wallet w on w.id = c.wallet_id
        left join accounts_level l on l.id = c.level_id""",
    "balances": """select c.uuid, b.active, b.pending, b.held, b.earned, b.spent, b.expired
        from ledger_walletbalance b join accounts_customer c on c.wallet_id = b.wallet_id""",
    "lots": """select uuid, origin, amount, remaining, reserved, consumed, expired, cancelled,
        is_locked, expired_at is null, cancelled_at is null, date_trunc('second', created_at),
        date_trunc('second', expires_at), transaction_uuid from ledger_lot""",
    "debits": """select uuid, kind, status, amount, requested_amount, captured_amount,
        date_trunc('second', created_at), revised_transaction_uuid from ledger_posting
        where kind in ('spend', 'transfer', 'hold', 'take_back')""",
    "allocations": """select p.uuid, l.uuid, a.amount, a.state from ledger_lotallocation a
        join ledger_posting p on p.id = a.posting_id join ledger_lot l on l.id = a.lot_id
        where a.state <> 'released'""",
    "system wallets": """select w.kind, sum(e.amount) from ledger_entry e
        join ledger_wallet w on w.id = e.wallet_id where w.kind <> 'customer' group by 1""",
    "campaigns": "select uuid, type, is_active, cost_in_points from campaigns_rewardcampaign",
    "codes": "select code, is_issued from campaigns_couponcode",
    "tallies": """select c.uuid, sum(t.used), sum(t.customers), sum(t.codes), sum(t.issued)
        from campaigns_campaigntally t join campaigns_rewardcampaign c on c.id = t.campaign_id
        group by 1""",
    "coupons": """select p.uuid, c.uuid, p.code, p.status, p.holds_code, p.points_after
        from campaigns_coupon p join accounts_customer c on c.id = p.customer_id""",
    "rules": "select uuid, type, name, point_value, event_name from earning_earningrule",
    "documents": """select t.uuid, t.document_type, t.document_number, t.gross_value, c.uuid, r.uuid
        from transactions_transaction t left join accounts_customer c on c.id = t.customer_id
        left join transactions_transaction r on r.id = t.revised_id""",
    "lines": """select t.uuid, i.position, i.sku, i.gross_value, i.labels
        from transactions_transactionitem i
        join transactions_transaction t on t.id = i.transaction_id""",
}


@pytest.fixture
def shop(settings) -> Store:
    """A store with a bit of everything that moves."""
    settings.MASTER_API_KEY = KEY
    store = default_store()
    store.setting_values |= {"pointsDaysExpiryAfter": "all_time_active"}
    store.save(update_fields=["setting_values"])
    bronze = LevelFactory(store, name="Bronze")
    silver = LevelFactory(store, name="Silver", condition_value=50)
    place = PosFactory(store)
    SellerFactory(store, pos=place)
    EarningRuleFactory(store=store, levels=[bronze, silver])
    people = [
        CustomerFactory(store, email=f"ann{number}@example.com", phone=f"+4860000000{number}")
        for number in range(6)
    ]
    segments.create(
        store=store,
        data=SegmentData(
            name="Buyers",
            parts=[[CriterionData("transaction_count", {"min": 1, "max": 9})]],
            is_active=True,
        ),
        actor=SYSTEM,
    )
    live(store, people)
    buy(CampaignFactory(store, level=bronze), people[0])
    return store


def live(store: Store, people: list[Customer]) -> None:
    """Let points come and go in every way."""
    ann, bob, cat, dan, eve, _fred = people
    month = timezone.now() - timedelta(days=30)
    for number, customer in enumerate(people[:4]):
        moment = month + timedelta(hours=number)
        sale = SaleFactory(customer, "60.00", "15.50", now=moment, purchased_at=moment)
    ReturnFactory(sale, "15.50", now=month + timedelta(days=1))
    UnmatchedSaleFactory(store, "9.00")
    for days in (20, 10):
        moment = timezone.now() - timedelta(days=days)
        expires_at = moment + timedelta(days=5)
        points.add(
            customer=ann, amount=Decimal(20), issuer="admin", now=moment, expires_at=expires_at
        )
        points.spend(
            customer=ann, amount=Decimal("12.5"), issuer="admin", now=moment + timedelta(days=1)
        )
    points.transfer(sender=bob, receiver=eve, amount=Decimal(30))
    points.transfer(sender=eve, receiver=cat, amount=Decimal(4))
    points.block(customer=cat, amount=Decimal(7), issuer="admin")
    blocked = points.block(customer=cat, amount=Decimal(2), issuer="admin")
    points.cancel(store=store, transfer_uuid=blocked.uuid)
    lot = points.add(customer=dan, amount=Decimal(8), issuer="admin")
    points.cancel(store=store, transfer_uuid=lot.uuid)


def buy(campaign: Any, customer: Customer) -> None:
    rewards.buy(campaign=campaign, customer=customer, actor=STAFF)


@pytest.fixture
def target() -> Iterator[str]:
    """The address of an empty database with tables."""
    name = f"{connection.settings_dict['NAME']}_target"
    address = database_url().replace(connection.settings_dict["NAME"], name)
    with psycopg.connect(database_url(), autocommit=True) as admin:
        admin.execute(f'drop database if exists "{name}" with (force)')
        admin.execute(f'create database "{name}"')
        try:
            run(address, "migrate", "-v0")
            yield address
        finally:
            admin.execute(f'drop database "{name}" with (force)')


def environment(address: str) -> dict[str, str]:
    return os.environ | {"DATABASE_URL": address, "SECRET_KEY": "of a test"}


def run(address: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        env=environment(address),
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
    )


def move(server: Any, *more: str) -> tuple[str, ...]:
    return ("move_in_open_loyalty", "--base-url", server.url, "--token", KEY, *more)


def rows(address: str) -> dict[str, list[str]]:
    with psycopg.connect(address) as reader:
        return {
            name: sorted(map(str, reader.execute(query).fetchall()))
            for name, query in QUERIES.items()
        }


def test_brings_everything_over_with_its_ids_balances_and_dates(
    shop: Store, live_server: Any, target: str, tmp_path: Any
):
    moved = run(target, *move(live_server, "--report", str(tmp_path / "report.csv")))

    assert moved.returncode == 0, moved.stderr
    assert "DEFAULT: 6 customers compared, 0 balances differ." in moved.stdout
    there, here = rows(database_url()), rows(target)
    for name, expected in there.items():
        assert here[name] == expected, name
    assert run(target, "check_ledger").returncode == 0
    assert "ann0" not in (tmp_path / "report.csv").read_text()
    with psycopg.connect(target) as reader:
        assert reader.execute("select count(*) from loyalty_moveinrow").fetchone() == (0,)
    # Once more changes nothing, and a difference is told.
    points.spend(customer=Customer.objects.first(), amount=Decimal(1), issuer="admin")
    again = run(target, *move(live_server))
    assert again.returncode == 1
    assert "1 customers' balances differ." in again.stderr
    assert rows(target) == here


def test_goes_on_where_it_was_killed(shop: Store, live_server: Any, target: str):
    arguments = [
        sys.executable,
        "manage.py",
        *move(live_server, "--per-page", "3", "--pause", "0.1"),
    ]
    killed = subprocess.Popen(arguments, env=environment(target), stderr=subprocess.DEVNULL)
    wait_for(target, "select count(*) >= 12 from loyalty_moveinrow", killed)
    killed.kill()
    killed.wait()

    moved = run(target, *move(live_server, "--per-page", "3"))

    assert moved.returncode == 0, moved.stderr
    assert rows(target) == rows(database_url())


def wait_for(address: str, question: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + SECONDS_MAX
    with psycopg.connect(address, autocommit=True) as reader:
        while reader.execute(question).fetchone() != (True,):
            assert process.poll() is None, "It ended by itself."
            assert time.monotonic() < deadline, "It took too long."
            time.sleep(0.02)


def test_leaves_a_store_with_customers_alone(shop: Store, live_server: Any):
    moved = run(database_url(), *move(live_server))

    assert moved.returncode == 2
    assert "Moving in is for empty stores." in moved.stderr


def test_says_when_the_other_server_refuses(shop: Store, live_server: Any):
    moved = run(
        database_url(), "move_in_open_loyalty", "--base-url", live_server.url, "--token", "wrong"
    )

    assert moved.returncode == 2
    assert "answers 401" in moved.stderr


def test_looks_without_moving_anything(shop: Store, live_server: Any, target: str):
    looked = run(target, *move(live_server, "--dry-run"))

    assert looked.returncode == 0, looked.stderr
    assert "DEFAULT: customers: 6" in looked.stdout
    assert "DEFAULT: here: the store is empty" in looked.stdout
    with psycopg.connect(target) as reader:
        assert reader.execute("select count(*) from loyalty_movein").fetchone() == (0,)


def test_tells_before_moving_that_the_store_is_not_empty(shop: Store, live_server: Any):
    looked = run(database_url(), *move(live_server, "--dry-run"))

    assert looked.returncode == 2
    assert "DEFAULT: here: The store has customers of its own." in looked.stdout
