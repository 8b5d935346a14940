"""The job that ends levels after N days."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command

from accounts import tasks
from accounts.ledger.models import Lot
from accounts.models import Customer, CustomerStatus, Level, LevelChange
from accounts.selectors import balances
from accounts.services import level_jobs, points
from accounts.services.level_jobs import Done
from loyalty.core import events
from loyalty.core.models import Event, JobRun, Store
from loyalty.switchboard import NOW as SWITCHBOARD
from tests.factories import CustomerFactory, LevelFactory, StoreFactory

JOINED = datetime(2025, 1, 1, 12, tzinfo=UTC)
YEAR_END = JOINED + timedelta(days=365)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_books")]


def program(base: str = "active_points", *, reset: bool = False, **settings: Any) -> Store:
    """A store whose levels end after 365 days: 0, 10, 30 and 100 points, with rising rewards."""
    values = {
        "tierAssignType": "points",
        "levelDowngradeMode": "after_x_days",
        "levelDowngradeDays": 365,
        "levelDowngradeBase": base,
        "levelResetPointsOnDowngrade": reset,
        "pointsDaysExpiryAfter": "all_time_active",
        "timezone": "UTC",
    }
    store = StoreFactory(setting_values=values | settings)
    for number, condition in enumerate((0, 10, 30, 100)):
        LevelFactory(
            store, name=f"L{number}", condition_value=condition, reward_value=f"0.{number}"
        )
    return store


def join(store: Store, **fields: Any) -> Customer:
    return CustomerFactory(store, created_at=JOINED, **fields)


def earn(customer: Customer, amount: int, day: int = 100) -> Lot:
    now = JOINED + timedelta(days=day)
    return points.add(customer=customer, amount=Decimal(amount), issuer="admin", now=now)


def spend(customer: Customer, amount: int, day: int = 200) -> None:
    now = JOINED + timedelta(days=day)
    points.spend(customer=customer, amount=Decimal(amount), issuer="admin", now=now)


def level_of(customer: Customer) -> str:
    customer.refresh_from_db()
    assert customer.level is not None
    return customer.level.name


def active_of(customer: Customer) -> Decimal:
    return balances.get_active(customer.wallet_id, YEAR_END)


@pytest.mark.parametrize(
    ("left", "level"),
    [
        pytest.param(5, "L0", id="5-falls-to-L0"),
        pytest.param(10, "L1", id="10-falls-to-L1"),
        pytest.param(30, "L2", id="30-stays"),
    ],
)
def test_the_worked_example_lv16(left: int, level: str) -> None:
    customer = join(program(reset=True))
    earn(customer, 30)
    assert level_of(customer) == "L2"
    if left < 30:
        spend(customer, 30 - left)

    run = level_jobs.recalculate_all(YEAR_END)

    assert run == Done(assessed=1, moved=int(left < 30))
    assert level_of(customer) == level
    assert active_of(customer) == 0
    figures = balances.get_figures(customer.wallet_id, YEAR_END)
    assert figures.expired == left
    assert customer.last_level_recalculation_at == YEAR_END
    reset = Event.objects.get(type="points.reset")
    assert (reset.customer_id, reset.payload["active"]) == (customer.pk, "0")
    call_command("check_ledger")


def test_resets_locked_points_too_pa6() -> None:
    store = program(reset=True, allTimeNotLocked=False, pointsDaysLocked=400)
    customer = join(store)
    earn(customer, 50)

    level_jobs.recalculate(store, now=YEAR_END)

    assert level_of(customer) == "L0"
    figures = balances.get_figures(customer.wallet_id, YEAR_END)
    assert (figures.locked, figures.expired) == (0, 50)


@pytest.mark.parametrize(
    ("base", "reset"),
    [
        pytest.param("active_points", False, id="not-asked-for"),
        pytest.param("earned_points", True, id="another-base"),
    ],
)
def test_leaves_the_points_otherwise_lv16(base: str, reset: bool) -> None:
    store = program(base, reset=reset)
    customer = join(store)
    earn(customer, 30)

    level_jobs.recalculate(store, now=YEAR_END)

    assert active_of(customer) == 30


@pytest.mark.parametrize(
    ("days", "assessed"),
    [pytest.param(364, 0, id="too-early"), pytest.param(365, 1, id="to-the-second")],
)
def test_takes_whoever_has_had_n_days_since_registration_lv14(days: int, assessed: int) -> None:
    store = program()
    customer = join(store)

    run = level_jobs.recalculate(store, now=JOINED + timedelta(days=days))

    customer.refresh_from_db()
    assert run.assessed == assessed
    assert (customer.last_level_recalculation_at is not None) == bool(assessed)


def test_counts_from_the_last_recalculation_lv14() -> None:
    store = program()
    join(store, last_level_recalculation_at=JOINED + timedelta(days=10))

    assert level_jobs.recalculate(store, now=YEAR_END).assessed == 0
    assert level_jobs.recalculate(store, now=YEAR_END + timedelta(days=10)).assessed == 1


def test_earned_points_start_anew_each_period_lv15() -> None:
    store = program("earned_points")
    customer = join(store)
    earn(customer, 30, day=1)
    spend(customer, 30, day=2)
    level_jobs.recalculate(store, now=YEAR_END)
    assert level_of(customer) == "L2"

    earn(customer, 10, day=400)
    level_jobs.recalculate(store, now=YEAR_END + timedelta(days=365))

    assert level_of(customer) == "L1"


def test_moves_up_too_when_the_points_say_so() -> None:
    store = program()
    customer = join(store)
    earn(customer, 30)
    Customer.objects.filter(pk=customer.pk).update(level=store_level(store, "L0"))

    level_jobs.recalculate(store, now=YEAR_END)

    assert level_of(customer) == "L2"


def test_writes_history_and_the_fact_of_each_move_lv13() -> None:
    store = program()
    customer = join(store)
    earn(customer, 30)
    spend(customer, 25)
    customer.refresh_from_db()

    level_jobs.recalculate(store, now=YEAR_END)

    version = customer.version
    customer.refresh_from_db()
    assert customer.version == version + 1
    low, high = store_level(store, "L0"), store_level(store, "L2")
    change = LevelChange.objects.filter(customer=customer).latest("pk")
    assert (change.old_level, change.new_level) == (high, low)
    assert (change.reason, change.changed_at) == ("recalculation", YEAR_END)
    fact = Event.objects.filter(type="customer.moved_to_level").latest("pk")
    assert (fact.subject, fact.customer_id) == (customer.uuid, customer.pk)
    assert fact.payload == {
        "customerId": str(customer.uuid),
        "levelId": str(low.uuid),
        "oldLevelId": str(high.uuid),
        "manually": False,
        "removeLevelManually": False,
        "direction": "down",
    }


def test_runs_the_now_handlers_of_each_move() -> None:
    store = program()
    customer = join(store)
    earn(customer, 30)
    spend(customer, 30)
    heard: list[int | None] = []
    events.install(
        SWITCHBOARD | {"customer.moved_to_level": (lambda fact: heard.append(fact.customer_id),)}
    )
    try:
        level_jobs.recalculate(store, now=YEAR_END)
    finally:
        events.install(SWITCHBOARD)

    assert heard == [customer.pk]


def test_leaves_the_level_and_points_of_members_by_hand_c5() -> None:
    store = program(reset=True)
    customer = join(store, manually_assigned_level_id=store_level(store, "L3").pk)
    customer.level = store_level(store, "L3")
    customer.save()
    earn(customer, 10)

    level_jobs.recalculate(store, now=YEAR_END)

    assert level_of(customer) == "L3"
    assert active_of(customer) == 10
    # Their next period begins all the same, should somebody unlink them.
    assert customer.last_level_recalculation_at == YEAR_END


def test_leaves_a_customer_who_meets_no_active_level() -> None:
    store = program()
    customer = join(store)
    Level.objects.in_store(store).update(is_active=False)
    store.rules_version += 1

    run = level_jobs.recalculate(store, now=YEAR_END)

    assert run == Done(assessed=1, moved=0)
    assert level_of(customer) == "L0"


def test_leaves_the_deleted() -> None:
    store = program()
    join(store, status=CustomerStatus.DELETED)

    assert level_jobs.recalculate(store, now=YEAR_END).assessed == 0


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"tierAssignType": "transactions"}, id="other-basis"),
        pytest.param({"levelDowngradeMode": "automatic"}, id="other-mode"),
    ],
)
def test_runs_in_stores_whose_levels_end_only(settings: dict[str, Any]) -> None:
    join(program(**settings))

    assert level_jobs.recalculate_all(YEAR_END) == Done()


def test_uses_new_settings_on_its_next_run_set4() -> None:
    store = program("earned_points")
    customer = join(store)
    earn(customer, 30)
    spend(customer, 30)
    store.setting_values["levelDowngradeBase"] = "active_points"
    store.save()
    assert level_of(customer) == "L2"

    level_jobs.recalculate_all(YEAR_END)

    assert level_of(customer) == "L0"


class Killed(Exception):
    pass


def crowd(*, reset: bool) -> list[Customer]:
    """Twelve members who reached L2 and have 0, 3, 6 … points left, one of them by hand."""
    store = program(reset=reset)
    members = [join(store) for _ in range(12)]
    for number, member in enumerate(members):
        earn(member, 33)
        spend(member, 33 - 3 * number) if number < 11 else None
    members[5].manually_assigned_level_id = store_level(store, "L2").pk
    members[5].save(update_fields=["manually_assigned_level"])
    return members


def state_of(members: list[Customer]) -> list[object]:
    """What the job leaves behind, per member."""
    return [
        (
            level_of(member),
            member.last_level_recalculation_at,
            active_of(member),
            list(member.level_changes.order_by("pk").values_list("reason", flat=True)),
            list(Event.objects.filter(customer_id=member.pk).order_by("pk").values_list("type")),
        )
        for member in members
    ]


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("killed_after", range(6))
def test_goes_on_where_it_was_killed_between_chunks(
    monkeypatch: pytest.MonkeyPatch, killed_after: int, reset: bool
) -> None:
    undisturbed, members = crowd(reset=reset), crowd(reset=reset)
    level_jobs.recalculate(undisturbed[0].store, now=YEAR_END, chunk=2)
    chunk_of = level_jobs._recalculate_chunk
    done: list[Done] = []

    def until_killed(*arguments: Any) -> Done:
        run = chunk_of(*arguments)
        if len(done) == killed_after:
            # Inside of the transaction: what this chunk wrote is lost.
            raise Killed
        done.append(run)
        return run

    with monkeypatch.context() as patched:
        patched.setattr(level_jobs, "_recalculate_chunk", until_killed)
        with pytest.raises(Killed):
            level_jobs.recalculate(members[0].store, now=YEAR_END, chunk=2)
    rest = level_jobs.recalculate(members[0].store, now=YEAR_END, chunk=2)

    assert sum(run.assessed for run in done) + rest.assessed == 12
    assert state_of(members) == state_of(undisturbed)
    assert level_jobs.recalculate(members[0].store, now=YEAR_END) == Done()
    call_command("check_ledger")


def test_is_a_task() -> None:
    join(program())

    tasks.recalculate_levels()

    assert JobRun.objects.get().counts == {"assessed": 1}


def store_level(store: Store, name: str) -> Level:
    return Level.objects.in_store(store).get(translations__name=name)
