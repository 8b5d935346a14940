"""No file stays behind where the row that would name it is undone."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import transaction

from accounts.services import avatars, levels
from campaigns.services import pictures, pool_jobs
from earning.services import rules
from loyalty.core import uploads
from loyalty.core.actors import SYSTEM
from loyalty.core.models import PictureName, Store
from loyalty.core.services import audit, store_files
from tests.factories.accounts import CustomerFactory, LevelFactory
from tests.factories.campaigns import CampaignFactory
from tests.factories.earning import EarningRuleFactory
from tests.support.pictures import png


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> Callable[[], list[str]]:
    settings.MEDIA_ROOT = tmp_path
    return lambda: sorted(file.name for file in tmp_path.rglob("*") if file.is_file())


class Fails(Exception):
    pass


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whatever is written down in the trail fail, which comes last."""

    def fail(*args: Any, **options: Any) -> None:
        raise Fails

    monkeypatch.setattr(audit, "record", fail)


def icon(store: Store) -> Callable[[], Any]:
    campaign = CampaignFactory(store)
    return lambda: pictures.set_brand_icon(
        campaign=campaign, upload=BytesIO(png(9, 9)), actor=SYSTEM
    )


def photo(store: Store) -> Callable[[], Any]:
    campaign = CampaignFactory(store)
    return lambda: pictures.add_photo(campaign=campaign, upload=BytesIO(png()), actor=SYSTEM)


def avatar(store: Store) -> Callable[[], Any]:
    customer = CustomerFactory(store)
    return lambda: avatars.upload(customer=customer, file=BytesIO(png(9, 9)), actor=SYSTEM)


def level_photo(store: Store) -> Callable[[], Any]:
    level = LevelFactory(store)
    return lambda: levels.set_photo(level=level, upload=BytesIO(png()), actor=SYSTEM)


def rule_photo(store: Store) -> Callable[[], Any]:
    rule = EarningRuleFactory(store=store)
    return lambda: rules.set_photo(rule=rule, upload=BytesIO(png()), actor=SYSTEM)


def logo(store: Store) -> Callable[[], Any]:
    return lambda: store_files.set_picture(
        store=store, name=PictureName.LOGO, upload=BytesIO(png()), actor=SYSTEM
    )


def conditions(store: Store) -> Callable[[], Any]:
    return lambda: store_files.set_conditions(
        store=store, upload=BytesIO(b"%PDF-1.4"), actor=SYSTEM
    )


def codes(store: Store) -> Callable[[], Any]:
    campaign = CampaignFactory(store)
    return lambda: pool_jobs.load(campaign=campaign, file=ContentFile(b"A;B"), actor=SYSTEM)


def fail_after(*puts: Callable[[], Any]) -> None:
    with uploads.atomic():
        for put in puts:
            put()
        raise Fails


@pytest.mark.parametrize(
    "door", [icon, photo, avatar, level_photo, rule_photo, logo, conditions, codes]
)
def test_keeps_nothing_that_failed(media, store, door, request):
    put = door(store)
    request.getfixturevalue("failing")

    with pytest.raises(Fails):
        put()

    assert media() == []


@pytest.mark.django_db(transaction=True)
def test_keeps_what_was_there_until_another_is_committed(media, store):
    put = icon(store)
    put()
    [before], seen = media(), []

    with pytest.raises(Fails):
        fail_after(put, lambda: seen.extend(media()))

    assert before in seen
    assert media() == [before]
    put()
    [after] = media()
    assert after != before


def test_what_is_around_takes_away_what_was_stored_inside(media, store):
    with pytest.raises(Fails):
        fail_after(icon(store))

    assert media() == []


def test_a_failure_inside_leaves_what_was_stored_before(media, store):
    with transaction.atomic(), uploads.atomic():
        icon(store)()
        [before] = media()
        with pytest.raises(Fails):
            fail_after(photo(store))

    assert media() == [before]
