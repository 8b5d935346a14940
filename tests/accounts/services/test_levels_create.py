from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from accounts.models import Level, SpecialReward
from accounts.selectors.ladder import get_ladder
from accounts.services import levels
from loyalty.core import pictures
from loyalty.core.actors import SYSTEM
from loyalty.core.errors import InvalidFields
from loyalty.core.models import AuditEntry
from tests.factories import LevelFactory, StoreFactory


def special(name: str) -> levels.SpecialRewardData:
    return levels.SpecialRewardData(name=name, value=Decimal("0.2"), code=name.upper())


DATA = levels.LevelData(
    translations={
        "en": levels.LevelText("Gold", "For regulars"),
        "pl": levels.LevelText("Złoty"),
    },
    condition_value=Decimal(200),
    min_order=Decimal(5),
    reward_name="Discount",
    reward_value=Decimal("0.15"),
    reward_code="GOLD",
    special_rewards=(special("summer"), special("winter")),
)

pytestmark = pytest.mark.django_db


def special_names(level: Level) -> list[str]:
    return list(level.special_rewards.values_list("name", flat=True))


def png() -> BytesIO:
    file = BytesIO()
    Image.new("RGB", (4, 4)).save(file, "PNG")
    file.seek(0)
    return file


def test_keeps_texts_rewards_and_condition() -> None:
    store = StoreFactory()

    level = levels.create(store=store, data=DATA, actor=SYSTEM)

    level = Level.objects.get(pk=level.pk)
    assert level.translated("pl") == ("Złoty", "For regulars")
    assert (level.condition_value, level.reward_value) == (Decimal(200), Decimal("0.15"))
    assert special_names(level) == ["summer", "winter"]
    assert AuditEntry.objects.filter(event_type="CreateLevel").count() == 1


def test_is_seen_by_whoever_reads_the_store_anew() -> None:
    store = StoreFactory()
    before = store.rules_version

    level = levels.create(store=store, data=DATA, actor=SYSTEM)

    assert store.rules_version > before
    step = get_ladder(store).by_id[level.pk]
    assert (step.percent, step.name("pl"), step.name("de")) == ("15.00%", "Złoty", "Gold")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        pytest.param({"translations": {"en": levels.LevelText("")}}, "translations", id="name"),
        pytest.param({"condition_value": Decimal(-1)}, "condition_value", id="negative"),
        pytest.param({"condition_value": Decimal("NaN")}, "condition_value", id="nan"),
        pytest.param({"reward_value": Decimal(1000)}, "reward_value", id="too-high"),
        pytest.param({"reward_code": "x" * 256}, "reward_code", id="long-code"),
        pytest.param({"special_rewards": (special(""),)}, "special_rewards", id="special"),
    ],
)
def test_refuses(fields: dict[str, Any], field: str) -> None:
    store = StoreFactory()

    with pytest.raises(InvalidFields) as refusal:
        levels.create(store=store, data=replace(DATA, **fields), actor=SYSTEM)

    assert list(refusal.value.errors) == [field]
    assert not Level.objects.in_store(store).exists()


def test_update_matches_special_rewards_by_position() -> None:
    level = levels.create(store=StoreFactory(), data=DATA, actor=SYSTEM)
    first = level.special_rewards.first()

    levels.update(
        level=level, data=replace(DATA, special_rewards=(special("spring"),)), actor=SYSTEM
    )

    assert special_names(level) == ["spring"]
    assert SpecialReward.objects.get(level=level).uuid == first.uuid


def test_update_replaces_texts_and_leaves_the_picture(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    level = levels.create(store=StoreFactory(), data=DATA, actor=SYSTEM)
    levels.set_photo(level=level, upload=png(), actor=SYSTEM)

    levels.update(
        level=level,
        data=replace(DATA, translations={"en": levels.LevelText("Or")}, is_active=False),
        actor=SYSTEM,
    )

    level = Level.objects.get(pk=level.pk)
    assert [(text.locale, text.name) for text in level.translations.all()] == [("en", "Or")]
    assert not level.is_active
    assert level.photo


def test_set_active_leaves_members_lv4() -> None:
    level = LevelFactory()

    levels.set_active(level=level, is_active=False, actor=SYSTEM)

    level.refresh_from_db()
    assert not level.is_active
    assert AuditEntry.objects.filter(event_type="DeactivateLevel").count() == 1


@pytest.mark.django_db(transaction=True)
def test_set_photo_replaces_the_file_before(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    level = LevelFactory()

    levels.set_photo(level=level, upload=png(), actor=SYSTEM)
    levels.set_photo(level=level, upload=png(), actor=SYSTEM)

    level.refresh_from_db()
    assert [file.name for file in (tmp_path / "levels").iterdir()] == [Path(level.photo.name).name]

    levels.remove_photo(level=level, actor=SYSTEM)

    level.refresh_from_db()
    assert not level.photo
    assert not list((tmp_path / "levels").iterdir())


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"<svg/>"])
def test_set_photo_refuses_what_is_no_picture(content: bytes) -> None:
    level = LevelFactory()

    with pytest.raises(pictures.PictureRefused):
        levels.set_photo(level=level, upload=BytesIO(content), actor=SYSTEM)

    level.refresh_from_db()
    assert not level.photo
