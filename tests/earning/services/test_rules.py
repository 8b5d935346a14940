"""Earning rules are made and changed as a whole, or refused with a sentence per field."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from accounts.audience import Target
from accounts.models import Segment
from earning.models import EarningRule, InclusionType, RuleType
from earning.services import rules
from earning.services.rule_data import LabelMultiplier, RuleData
from loyalty.core.actors import SYSTEM
from loyalty.core.errors import InvalidFields
from loyalty.core.models import AuditEntry
from loyalty.core.pictures import PictureRefused
from tests.factories.accounts import LevelFactory, PosFactory
from tests.factories.core import StoreFactory
from tests.factories.earning import EarningRuleFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
BLANK = ["This value should not be blank."]


def data_for(store, **fields):
    level = fields.pop("level", None) or LevelFactory(store)
    defaults = {"name": "Spend", "description": "Points for money.", "levels": (str(level.uuid),)}
    return RuleData(**defaults | {"point_value": Decimal("2.00")} | fields)


def create(store, type=RuleType.POINTS, **fields):
    return rules.create(
        store=store, type=type, data=data_for(store, **fields), actor=SYSTEM, now=NOW
    )


def faults(type=RuleType.POINTS, **fields):
    store = StoreFactory()
    with pytest.raises(InvalidFields) as refusal:
        create(store, type, **fields)
    assert not EarningRule.objects.exists()
    return refusal.value.errors


def test_a_rule_is_stored_with_all_that_it_was_given():
    store = StoreFactory()
    level, shop = LevelFactory(store), PosFactory(store)

    rule = create(
        store,
        level=level,
        pos=(str(shop.uuid),),
        excluded_skus=("A", "B"),
        inclusion_type=InclusionType.INCLUDE,
        included_labels=(("color", "red"),),
        excludes_delivery_cost=False,
        min_order_value=Decimal("10.50"),
        is_last_executed=True,
        is_all_time_active=False,
        start_at=NOW,
        end_at=NOW,
    )

    rule.refresh_from_db()
    assert rule.point_value == Decimal("2.00")
    assert rule.excluded_skus == ["A", "B"]
    assert rule.included_labels == [{"key": "color", "value": "red"}]
    assert rule.min_order_value == Decimal("10.50")
    assert (rule.is_active, rule.is_last_executed, rule.excludes_delivery_cost) == (
        True,
        True,
        False,
    )
    assert (rule.start_at, rule.end_at, rule.edited_at) == (NOW, NOW, NOW)
    assert (list(rule.levels.all()), list(rule.pos.all())) == ([level], [shop])


def test_columns_of_other_types_stay_empty():
    rule = create(StoreFactory(), multiplier=Decimal(3), sku_ids=("A",), points_amount=Decimal(1))

    assert (rule.multiplier, rule.sku_ids, rule.points_amount) == (None, [], None)


def test_a_new_rule_tells_every_process_that_the_rules_have_changed():
    store = StoreFactory()
    before = store.rules_version

    create(store)

    store.refresh_from_db()
    assert store.rules_version > before


def test_making_a_rule_is_audited():
    rule = create(StoreFactory())

    entry = AuditEntry.objects.get(event_type="CreateEarningRule")
    assert (entry.entity_id, entry.data["point_value"]) == (
        str(rule.uuid),
        {"old": None, "new": "2"},
    )


@pytest.mark.parametrize(
    ("type", "fields", "errors"),
    [
        pytest.param("points", {"name": " "}, {"name": BLANK}, id="no name"),
        pytest.param("points", {"description": ""}, {"description": BLANK}, id="no description"),
        pytest.param("points", {"point_value": None}, {"point_value": BLANK}, id="no rate"),
        pytest.param(
            "points",
            {"is_all_time_active": False},
            {"start_at": BLANK, "end_at": BLANK},
            id="dates needed unless always active",
        ),
        pytest.param(
            "points",
            {"name": "x" * 256},
            {"name": ["This value is longer than 255 characters."]},
            id="long name",
        ),
        pytest.param(
            "multiply_for_product",
            {"multiplier": None, "sku_ids": ("A",)},
            {"multiplier": BLANK},
            id="no factor",
        ),
        pytest.param(
            "multiply_for_product",
            {"multiplier": Decimal(2)},
            {"sku_ids": ["Name at least one SKU or label."]},
            id="a factor for nothing",
        ),
        pytest.param(
            "multiply_by_product_labels",
            {},
            {"label_multipliers": BLANK},
            id="no label multipliers",
        ),
        pytest.param(
            "multiply_by_product_labels",
            {"label_multipliers": (LabelMultiplier("", "red", Decimal(-1)),)},
            {
                "label_multipliers.0.key": BLANK,
                "label_multipliers.0.multiplier": ["This value should be 0 or more."],
            },
            id="faulty label multiplier",
        ),
        pytest.param(
            "product_purchase",
            {},
            {"points_amount": BLANK, "sku_ids": BLANK},
            id="no product and no points",
        ),
        pytest.param(
            "points",
            {"excluded_skus": tuple("x" * 1001)},
            {"excluded_skus": ["This list has more than 1000 entries."]},
            id="endless list",
        ),
        pytest.param(
            "points",
            {"excluded_labels": (("", "red"),)},
            {"excluded_labels": BLANK},
            id="label without a key",
        ),
    ],
)
def test_a_faulty_rule_is_refused(type, fields, errors):
    assert faults(RuleType(type), **fields) == errors


@pytest.mark.parametrize(
    ("amount", "message"),
    [
        pytest.param("NaN", "This value is not valid.", id="not a number"),
        pytest.param("Infinity", "This value is not valid.", id="infinite"),
        pytest.param("1e308", "This value is too high.", id="1e308"),
        pytest.param("1000000000000", "This value is too high.", id="a million millions"),
        pytest.param("-0.01", "This value should be 0 or more.", id="negative"),
        pytest.param("0.001", "This value should have at most 2 decimals.", id="too precise"),
    ],
)
def test_an_amount_that_no_purchase_could_be_multiplied_with_is_refused(amount, message):
    found = faults(point_value=Decimal(amount), min_order_value=Decimal(amount))

    assert found == {"point_value": [message], "min_order_value": [message]}


def test_a_rule_for_nobody_is_refused_at_both_lists():
    """ER-1."""
    sentence = ["Choose at least one level or segment."]

    assert faults(levels=()) == {"levels": sentence, "segments": sentence}


def test_the_target_empties_the_other_list():
    """ER-1."""
    store = StoreFactory()
    segment = Segment.objects.create(store=store, name="Regulars")

    rule = create(store, segments=(str(segment.uuid),), target=Target.SEGMENT)

    assert (list(rule.levels.all()), list(rule.segments.all())) == ([], [segment])


@pytest.mark.parametrize(
    ("field", "noun"), [("levels", "level"), ("segments", "segment"), ("pos", "point of sale")]
)
def test_unknown_ids_are_refused_at_their_field(field, noun):
    ids = ("nonsense", "00000000-0000-0000-0000-000000000000")

    found = faults(**{field: ids})

    assert found == {field: [f"There is no {noun} {text}." for text in ids]}


def test_a_level_of_another_store_is_unknown():
    stranger = LevelFactory()

    assert list(faults(levels=(str(stranger.uuid),))) == ["levels"]


def test_an_update_replaces_everything_but_the_type_and_the_state():
    store = StoreFactory()
    rule = EarningRuleFactory(store=store, is_active=False, excluded_skus=["A"])

    rules.update(rule=rule, data=data_for(store, point_value=Decimal(3)), actor=SYSTEM, now=NOW)

    rule.refresh_from_db()
    assert (rule.point_value, rule.excluded_skus, rule.is_active) == (Decimal(3), [], False)
    assert (rule.type, rule.edited_at) == (RuleType.POINTS, NOW)


def test_an_update_is_audited_with_old_and_new():
    store = StoreFactory()
    rule = EarningRuleFactory(store=store)

    rules.update(rule=rule, data=data_for(store), actor=SYSTEM, now=NOW)

    entry = AuditEntry.objects.get(event_type="UpdateEarningRule")
    assert entry.data["point_value"] == {"old": "1", "new": "2"}


def test_the_type_cannot_be_changed():
    store = StoreFactory()
    rule = EarningRuleFactory(store=store)

    with pytest.raises(InvalidFields) as refusal:
        rules.update(rule=rule, type=RuleType.PRODUCT_PURCHASE, data=data_for(store), actor=SYSTEM)

    assert refusal.value.errors == {"type": ["The type of a rule cannot be changed."]}


def test_a_refused_update_changes_nothing():
    store = StoreFactory()
    rule = EarningRuleFactory(store=store)

    with pytest.raises(InvalidFields):
        rules.update(rule=rule, data=replace(data_for(store), name=""), actor=SYSTEM)

    stored = EarningRule.objects.get(pk=rule.pk)
    assert (stored.name, stored.point_value) == (rule.name, Decimal(1))


def test_switching_a_rule_keeps_its_place_in_the_order():
    rule = EarningRuleFactory()

    rules.set_active(rule=rule, is_active=False, actor=SYSTEM, now=NOW)

    edited_at = rule.edited_at
    rule.refresh_from_db()
    assert (rule.is_active, rule.edited_at) == (False, edited_at)
    assert AuditEntry.objects.filter(event_type="DeactivateEarningRule").exists()


@pytest.mark.parametrize("kind", ["PNG", "GIF", "JPEG"])
def test_a_photo_of_600_pixels_is_kept(kind):
    rule = EarningRuleFactory()

    rules.set_photo(rule=rule, upload=picture(600, 600, kind), actor=SYSTEM)

    rule.refresh_from_db()
    assert Image.open(rule.photo).size == (600, 600)


@pytest.mark.parametrize(
    "upload",
    [
        pytest.param(lambda: picture(600, 599), id="too low"),
        pytest.param(lambda: picture(599, 600), id="too narrow"),
        pytest.param(lambda: picture(600, 600, "BMP"), id="another kind"),
        pytest.param(lambda: io.BytesIO(b"GIF89a"), id="cut off"),
        pytest.param(lambda: io.BytesIO(b""), id="empty"),
        pytest.param(lambda: io.BytesIO(b"\0" * (2 * 1024 * 1024 + 1)), id="above 2 MB"),
        pytest.param(lambda: gigantic(), id="a small file that claims to be gigantic"),
    ],
)
def test_what_is_no_such_photo_is_refused(upload):
    rule = EarningRuleFactory()

    with pytest.raises(PictureRefused):
        rules.set_photo(rule=rule, upload=upload(), actor=SYSTEM)

    rule.refresh_from_db()
    assert not rule.photo


def test_a_new_photo_takes_the_place_of_the_old(django_capture_on_commit_callbacks):
    rule = EarningRuleFactory()
    first = rules.set_photo(rule=rule, upload=picture(600, 600), actor=SYSTEM).photo.name

    with django_capture_on_commit_callbacks(execute=True):
        second = rules.set_photo(rule=rule, upload=picture(600, 600), actor=SYSTEM).photo.name

    assert not default_storage.exists(first)
    assert default_storage.exists(second)


def test_a_photo_can_be_taken_away(django_capture_on_commit_callbacks):
    rule = EarningRuleFactory()
    name = rules.set_photo(rule=rule, upload=picture(600, 600), actor=SYSTEM).photo.name

    with django_capture_on_commit_callbacks(execute=True):
        rules.remove_photo(rule=rule, actor=SYSTEM)

    rule.refresh_from_db()
    assert not rule.photo
    assert not default_storage.exists(name)


def picture(width, height, kind="PNG"):
    file = io.BytesIO()
    Image.new("RGB", (width, height)).save(file, kind)
    file.seek(0)
    return file


def gigantic():
    """A GIF whose head says 65535 by 65535 pixels."""
    content = bytearray(picture(600, 600, "GIF").getvalue())
    content[6:10] = b"\xff\xff\xff\xff"
    return io.BytesIO(content)
