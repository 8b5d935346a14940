"""Invitations from the first to the last step: who registers, who buys, and who is paid."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from accounts.ledger.models import Lot
from accounts.services import customers, points
from accounts.services.customers import Registration
from earning.models import EarningRule, Invitation, RuleType, RuleUse
from earning.services import invitations, referrals
from loyalty.core.actors import SYSTEM
from loyalty.core.models import Event
from tests.factories import CustomerFactory, LevelFactory, PosFactory, StoreFactory
from tests.factories.earning import EarningRuleFactory
from tests.factories.transactions import ReturnFactory, SaleFactory, UnmatchedSaleFactory
from transactions.services import matching

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_books")]

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
FRIEND = "carol@example.com"


def rule(store, event, kind, amount, **fields):
    return EarningRuleFactory(
        store=store,
        type=RuleType.REFERRAL,
        event_name=event,
        reward_type=kind,
        points_amount=Decimal(amount),
        **fields,
    )


def set_settings(store, **values):
    store.setting_values |= values
    store.save(update_fields=["setting_values"])


def register(store, *, email=FRIEND, now=NOW, by_staff=False, **fields):
    data = Registration(
        first_name="Carol",
        last_name="Friend",
        email=email,
        agreement1=True,
        **({} if by_staff else {"password": "Open-Sesame-1"}) | fields,
    )
    if by_staff:
        return customers.register(store=store, data=data, actor=SYSTEM, now=now)
    return customers.self_register(store=store, data=data, now=now)


def invited_pair(store=None, *, rules=(), **fields):
    """Return a referrer and an active customer whom they brought."""
    alice = CustomerFactory(store, **fields)
    for event, kind, amount in rules:
        rule(alice.store, event, kind, amount)
    invitation = invitations.invite(referrer=alice, email=FRIEND, now=NOW)
    carol = register(alice.store, invitation_token=invitation.token, by_staff=True)
    return alice, carol


def balance(customer):
    lots = Lot.objects.filter(wallet=customer.wallet_id)
    return sum((lot.remaining for lot in lots), Decimal(0))


def checked():
    call_command("check_ledger", verbosity=0)


# Registering


@pytest.mark.parametrize("by_staff", [False, True])
def test_registering_with_the_token_attaches(by_staff):
    """RF-4, RF-5, CUS-8: by oneself or by staff."""
    alice = CustomerFactory()
    invitation = invitations.invite(referrer=alice, email=FRIEND, now=NOW)

    # With another address than the invitation went to.
    carol = register(
        alice.store,
        email="c@example.com",
        invitation_token=invitation.token,
        by_staff=by_staff,
    )

    invitation.refresh_from_db()
    assert (invitation.status, invitation.recipient) == ("registered", carol)
    assert invitation.registered_at == NOW
    carol.refresh_from_db()
    assert carol.invited_by == alice
    fact = Event.objects.get(type="invitation.accepted")
    assert (fact.customer_id, fact.payload["recipientId"]) == (carol.pk, str(carol.uuid))
    assert invitation.token not in str(Event.objects.values_list("payload", flat=True))


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("0" * 40, id="RF-5 unknown"),
        pytest.param("nonsense \x00", id="RF-5 no token"),
        pytest.param("0" * 32, id="RF-5 nobody's link"),
        pytest.param("+48601234567", id="RF-6 a number where e-mails are written"),
    ],
)
def test_an_unknown_token_is_ignored(token):
    alice = CustomerFactory(phone="+48601234567")

    carol = register(alice.store, invitation_token=token)

    assert carol.invited_by is None
    assert not Invitation.objects.exists()


def test_a_used_token_is_ignored():
    """RF-5."""
    alice, carol = invited_pair(rules=[("register", "both", 50)])
    invitation = Invitation.objects.get()

    dave = register(alice.store, email="dave@example.com", invitation_token=invitation.token)

    invitation.refresh_from_db()
    assert (invitation.recipient, dave.invited_by) == (carol, None)
    assert (balance(alice), balance(carol), balance(dave)) == (50, 50, 0)


def test_a_token_of_another_store_is_unknown():
    """RF-5."""
    invitation = invitations.invite(referrer=CustomerFactory(), email=FRIEND, now=NOW)
    other = CustomerFactory(StoreFactory())

    carol = register(other.store, invitation_token=invitation.token)

    invitation.refresh_from_db()
    assert (carol.invited_by, invitation.status) == (None, "invited")


def test_the_referrers_email_makes_an_invitation_on_the_fly():
    """RF-5: `referral_customer_email`."""
    alice = CustomerFactory()

    carol = register(alice.store, referral_customer_email=alice.email.upper())

    invitation = Invitation.objects.get()
    assert (invitation.referrer, invitation.recipient) == (alice, carol)
    assert (invitation.status, invitation.channel) == ("registered", "direct")


def test_naming_the_referrer_uses_their_open_invitation():
    """RF-5: one person is one invitation."""
    alice = CustomerFactory()
    sent = invitations.invite(referrer=alice, email=FRIEND, now=NOW)

    register(alice.store, referral_customer_email=alice.email)

    assert Invitation.objects.get().pk == sent.pk


def test_nobody_brings_themselves():
    """RF-2."""
    carol = register(CustomerFactory().store, referral_customer_email=FRIEND)

    assert carol.invited_by is None
    assert not Invitation.objects.exists()


def test_a_personal_link_brings_any_number_of_friends():
    alice = CustomerFactory()
    code = referrals.personal_code(alice)

    for number in range(2):
        register(alice.store, email=f"friend-{number}@example.com", invitation_token=code)

    assert Invitation.objects.filter(referrer=alice, status="registered").count() == 2


def test_by_text_message_the_token_is_the_referrers_number():
    """RF-6."""
    alice = CustomerFactory(phone="+48601234567")
    set_settings(alice.store, preferredCommunicationMethod="sms", smsApiToken="x")

    carol = register(alice.store, phone="+48602345678", invitation_token="+48 601 234 567")
    dave = register(
        alice.store,
        email="d@example.com",
        phone="+48603456789",
        invitation_token="+48605555555",
    )

    assert (carol.invited_by, dave.invited_by) == (alice, None)
    assert Invitation.objects.get().status == "registered"


# Points


@pytest.mark.parametrize(
    ("rules", "recipient", "referrer"),
    [
        pytest.param([], 0, 0, id="RF-7 no rule"),
        pytest.param([("register", "both", 50)], 50, 50, id="RF-7 register"),
        pytest.param([("first_purchase", "both", 50)], 0, 0, id="RF-7 another event"),
        pytest.param(
            [("register", "both", 50), ("register", "referrer", 100), ("register", "referrer", 80)],
            50,
            150,
            id="RF-8 the types add up",
        ),
    ],
)
def test_registering_pays(rules, recipient, referrer):
    alice, carol = invited_pair(rules=rules)

    assert (balance(carol), balance(alice)) == (recipient, referrer)
    checked()


def test_says_where_the_points_come_from():
    """RF-9: comments, the invitation's id, and each rule's part."""
    rules = [("register", "both", 50), ("register", "referrer", 100)]
    alice, carol = invited_pair(rules=rules)
    invitation = Invitation.objects.get()

    [got], [given] = (Lot.objects.filter(wallet=who.wallet_id) for who in (carol, alice))
    assert got.posting.comment == f"{alice.uuid} customer referral"
    assert given.posting.comment == "Referring customer"
    for lot in (got, given):
        assert lot.posting.invitation_uuid == invitation.uuid
        assert lot.posting.issuer == "system"
    uses = RuleUse.objects.filter(customer=alice).order_by("points")
    assert [(use.points, use.occasion, use.lot_uuid) for use in uses] == [
        (50, "referral.register", given.uuid),
        (100, "referral.register", given.uuid),
    ]


def test_points_are_locked_and_expire_as_usual():
    """RF-9, PE-6."""
    alice = CustomerFactory()
    set_settings(
        alice.store,
        allTimeNotLocked=False,
        pointsDaysLocked=3,
        pointsDaysExpiryAfter="after_x_days",
        pointsDaysActiveCount=30,
    )
    rule(alice.store, "register", "referrer", 50)

    register(alice.store, referral_customer_email=alice.email)

    lot = Lot.objects.get(wallet=alice.wallet_id)
    assert lot.active_from == NOW + timedelta(days=3)
    assert lot.expires_at is not None


def test_a_referrer_who_may_not_earn_gets_nothing():
    """ER-6, RF-9."""
    alice = CustomerFactory()
    rule(alice.store, "register", "both", 50)
    invitation = invitations.invite(referrer=alice, email=FRIEND, now=NOW)
    customers.deactivate(customer=alice, actor=SYSTEM)

    carol = register(alice.store, invitation_token=invitation.token)

    assert (balance(carol), balance(alice)) == (50, 0)
    assert carol.status == "new"


def test_the_rules_are_for_the_recipient():
    """RF-7: level and POS are theirs, not the referrer's."""
    alice = CustomerFactory()
    shop = PosFactory(alice.store)
    customers.assign_pos(customer=alice, pos=shop, actor=SYSTEM)
    rule(alice.store, "register", "both", 50, pos=[shop])
    rule(alice.store, "register", "both", 40, levels=[LevelFactory(alice.store, condition_value=9)])
    rule(alice.store, "register", "both", 30)
    code = referrals.personal_code(alice)

    carol = register(alice.store, invitation_token=code)
    dave = register(
        alice.store, email="d@example.com", invitation_token=code, by_staff=True, pos=shop
    )

    assert (balance(carol), balance(dave)) == (30, 50)


@pytest.mark.parametrize(
    ("rules", "after"),
    [
        pytest.param(
            [("first_purchase", "referrer", 100)],
            [(0, 100), (0, 100), (0, 100)],
            id="RF-7 first purchase",
        ),
        pytest.param(
            [("every_purchase", "both", 10)],
            [(10, 10), (20, 20), (30, 30)],
            id="RF-7 C6 every purchase, the first too",
        ),
        pytest.param(
            [("first_purchase", "both", 100), ("every_purchase", "referrer", 5)],
            [(100, 105), (100, 110), (100, 115)],
            id="RF-7 both",
        ),
    ],
)
def test_purchases_pay(rules, after):
    alice, carol = invited_pair(rules=rules)

    for expected in after:
        SaleFactory(carol, 10)
        assert (balance(carol), balance(alice)) == expected

    checked()


def test_a_claimed_purchase_pays_as_at_the_till():
    """RF-7, TX-12."""
    alice, carol = invited_pair(rules=[("first_purchase", "both", 100)])
    sale = UnmatchedSaleFactory(alice.store, 10)

    matching.claim(
        store=alice.store, document_number=sale.document_number, customer=carol, actor=SYSTEM
    )

    assert (balance(carol), balance(alice)) == (100, 100)


def test_a_first_purchase_is_made_once_and_for_ever():
    """RF-10, C13: a full return takes back neither status nor points, and nothing is paid twice."""
    alice, carol = invited_pair(rules=[("first_purchase", "both", 100)])
    invitation = Invitation.objects.get()
    set_settings(alice.store, returns=True)

    sale = SaleFactory(carol, 10)
    invitation.refresh_from_db()
    bought_at = invitation.purchased_at
    ReturnFactory(sale, 10)
    carol.refresh_from_db()
    assert carol.transactions_count == 0
    SaleFactory(carol, 10)

    invitation.refresh_from_db()
    assert (invitation.status, invitation.purchased_at) == ("made_purchase", bought_at)
    assert (balance(carol), balance(alice)) == (100, 100)
    assert Event.objects.filter(type="invitation.fulfilled").count() == 1
    checked()


def test_the_status_needs_no_rule():
    """RF-10."""
    _, carol = invited_pair()

    SaleFactory(carol, 10)

    assert Invitation.objects.get().status == "made_purchase"


def test_the_purchase_pays_first_and_then_the_invitation():
    """TX-9: points, every purchase, first purchase."""
    rules = [("first_purchase", "referred", 3), ("every_purchase", "referred", 2)]
    _, carol = invited_pair(rules=rules)
    EarningRuleFactory(store=carol.store, type=RuleType.POINTS)

    SaleFactory(carol, 10)

    lots = Lot.objects.filter(wallet=carol.wallet_id).order_by("pk")
    assert [lot.amount for lot in lots] == [10, 2, 3]


def test_a_key_of_its_own_keeps_each_payment_single():
    """RF-7: what is told again pays nothing again."""
    alice, carol = invited_pair(rules=[("every_purchase", "both", 10)])
    sale = SaleFactory(carol, 10)

    referrals.purchased(customer=carol, level_id=carol.level_id, sale_uuid=sale.uuid, now=NOW)

    assert (balance(carol), balance(alice)) == (10, 10)
    assert RuleUse.objects.count() == 2


def test_a_purchase_of_who_was_never_invited_asks_nothing_more():
    """RF-7: whatever rules wait for invited customers."""
    dave = CustomerFactory()
    EarningRuleFactory(store=dave.store, type=RuleType.POINTS)
    SaleFactory(dave, 10)
    with CaptureQueriesContext(connection) as without_rules:
        SaleFactory(dave, 10)
    for event in ("every_purchase", "first_purchase"):
        rule(dave.store, event, "both", 10)
    SaleFactory(dave, 10)

    with CaptureQueriesContext(connection) as with_rules:
        SaleFactory(dave, 10)

    assert len(with_rules) == len(without_rules)
    assert EarningRule.objects.count() == 3


# Threads


def run_together(*calls):
    barrier, failures = Barrier(len(calls)), []

    def run(call):
        try:
            barrier.wait()
            call()
        except Exception as error:  # noqa: BLE001  # a deadlock above all
            failures.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures


@pytest.mark.django_db(transaction=True)
def test_eight_who_register_by_one_token_at_once_are_one_recipient():
    """RF-5."""
    alice = CustomerFactory()
    rule(alice.store, "register", "both", 50)
    invitation = invitations.invite(referrer=alice, email=FRIEND, now=NOW)

    run_together(
        *(
            lambda number=number: register(
                alice.store, email=f"c{number}@example.com", invitation_token=invitation.token
            )
            for number in range(8)
        )
    )

    invitation.refresh_from_db()
    assert invitation.recipient is not None
    assert (balance(alice), balance(invitation.recipient)) == (50, 50)
    assert type(alice).objects.filter(invited_by=alice).count() == 1
    checked()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("basis", ["transactions", "points"])
def test_purchases_and_transfers_of_friends_do_not_deadlock(basis):
    """RF-7: the locks of both are taken in primary-key order, before anything else."""
    alice, carol = invited_pair(rules=[("every_purchase", "both", 10)])
    store = alice.store
    set_settings(store, tierAssignType=basis)
    for customer in (alice, carol):
        points.add(customer=customer, amount=Decimal(100), issuer="admin")

    def send(sender, receiver):
        for _ in range(6):
            points.transfer(sender=sender, receiver=receiver, amount=Decimal(1))

    def buy(customer):
        for _ in range(6):
            SaleFactory(customer, 10)

    run_together(
        lambda: buy(carol),
        lambda: send(alice, carol),
        lambda: send(carol, alice),
        lambda: buy(alice),
        lambda: buy(carol),
    )

    assert (balance(alice), balance(carol)) == (100 + 120, 100 + 120)
    checked()
