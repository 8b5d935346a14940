from decimal import Decimal
from uuid import uuid4

import pytest

from accounts.selectors.ladder import Ladder, Step, get_ladder, percent
from tests.factories import LevelFactory, StoreFactory


def step(number: int, condition: int, reward: str = "0", *, is_active: bool = True) -> Step:
    return Step(
        id=number,
        uuid=uuid4(),
        is_active=is_active,
        condition_value=Decimal(condition),
        reward_value=Decimal(reward),
        names={"en": f"L{number}"},
    )


LADDER = Ladder(
    steps=(
        step(1, 0),
        step(2, 20, "0.05"),
        step(3, 20, "0.1"),
        step(4, 50, "0.5", is_active=False),
        step(5, 100, "0.2"),
        step(6, 100, "0.3"),
    )
)


@pytest.mark.parametrize(
    ("amount", "number"), [(-1, None), (0, 1), (19, 1), (20, 3), (60, 3), (100, 6), (9999, 6)]
)
def test_target_is_the_greatest_condition_met_then_the_greater_reward_lv1(
    amount: int, number: int | None
) -> None:
    target = LADDER.target(Decimal(amount))

    assert (target and target.id) == number


@pytest.mark.parametrize(
    ("amount", "current", "number"),
    [
        pytest.param(3, 1, 3, id="nearest-above-tie-by-reward"),
        pytest.param(0, 3, 6, id="above-the-current-one"),
        pytest.param(60, 1, 6, id="above-the-amount"),
        pytest.param(100, 6, None, id="top"),
        pytest.param(0, None, 3, id="no-level"),
    ],
)
def test_next_is_the_nearest_active_one_above_4_6(
    amount: int, current: int | None, number: int | None
) -> None:
    following = LADDER.next_after(Decimal(amount), LADDER.by_id.get(current or 0))

    assert (following and following.id) == number


def test_percent_prints_two_decimals() -> None:
    assert [percent(Decimal(text)) for text in ("0", "0.15", "0.12345", "1.5")] == [
        "0.00%",
        "15.00%",
        "12.35%",
        "150.00%",
    ]


@pytest.mark.django_db
def test_is_read_once_until_a_level_changes(django_assert_num_queries: object) -> None:
    store = StoreFactory()
    LevelFactory(store)
    get_ladder(store)

    with django_assert_num_queries(0):  # type: ignore[operator]
        get_ladder(store)

    level = LevelFactory(store, condition_value=10)
    assert level.pk in get_ladder(store).by_id
