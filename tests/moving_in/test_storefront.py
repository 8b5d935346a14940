"""A store's settings and pictures …"""

import pytest

from loyalty.core import clock
from loyalty.core.models import Store, StoreFile
from loyalty.models import MoveIn
from loyalty.moving_in import storefront
from loyalty.moving_in.source import Answer
from tests.moving_in.answers import Answers
from tests.support.pictures import png


@pytest.fixture
def move(store: Store) -> MoveIn:
    return MoveIn.objects.create(source="http://there", store=store, begun_at=clock.now())


def settings(**told: object) -> Answers:
    return Answers({"settings": {"settings": told}})


def test_come_by_the_names_of_older_releases(move):
    told = settings(
        programName="Bean", timezone="Europe/Warsaw", allTimeActive=False, pointsDaysActive=90
    )

    storefront.move_settings(move, told, "")

    ours = move.store.settings
    assert (ours.program_name, ours.timezone) == ("Bean", "Europe/Warsaw")
    assert (ours.points_days_expiry_after, ours.points_days_active_count) == ("after_x_days", 90)


def test_keep_ours_where_theirs_cannot_be(move):
    before = move.store.settings.timezone

    storefront.move_settings(move, settings(programName="Bean", timezone="Mars/Olympus"), "")

    assert move.store.settings.timezone == before
    assert move.store.settings.program_name == "Bean"
    assert [note for note in move.notes if note.startswith("settings: timezone: ")]


def test_come_with_webhooks_off(move):
    told = settings(programName="Bean", webhooks=True, uriWebhooks="https://example.com/hooks")

    storefront.move_settings(move, told, "")

    assert move.store.settings.webhooks is False
    assert [note for note in move.notes if "webhooks are off" in note]


def test_come_once(move):
    storefront.move_settings(move, settings(programName="Bean"), "")

    storefront.move_settings(move, settings(programName="Changed"), "")

    assert move.store.settings.program_name == "Bean"


def test_come_with_the_pictures_that_somebody_chose(move):
    logo = png(300, 300)
    answers = Answers(
        {
            "settings/photo/logo": Answer(logo, "image/png"),
            "settings/photo/small-logo": Answer(b"<svg/>", "image/svg+xml"),
            "settings/photo/hero-image": Answer(png(10, 10), "image/png"),
            "settings/conditions-file": Answer(b"%PDF-1.4 of the club", "application/pdf"),
        }
    )

    storefront.move_pictures(move, answers, "")

    files = {row.name: row for row in StoreFile.objects.in_store(move.store)}
    assert sorted(files) == ["conditions", "logo"]
    assert files["logo"].file.read() == logo
    assert [note for note in move.notes if note.startswith("picture: hero-image: ")]
