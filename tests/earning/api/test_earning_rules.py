"""The chapter Earning rule of the Open Loyalty door."""

import io
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from accounts.models import Segment, SegmentMembership
from earning.models import PURCHASE_TYPES, EarningRule, RuleType
from tests.factories.accounts import CustomerFactory, LevelFactory, PosFactory, SellerFactory
from tests.factories.earning import EarningRuleFactory
from tests.factories.staff import StaffFactory

pytestmark = pytest.mark.django_db

# Every key that the reference prints for one rule, in its order.
DOCUMENTED = [
    "levels",
    "segments",
    "earningRuleId",
    "name",
    "description",
    "active",
    "startAt",
    "endAt",
    "allTimeActive",
    "usages",
    "eventName",
    "pointsAmount",
    "limit",
    "type",
    "hasPhoto",
    "usageUrl",
    "segmentNames",
    "levelNames",
]
CLEAN_LIMIT = {"children": {"active": {}, "period": {}, "limit": {}}}
COMMON = [*DOCUMENTED, "pos", "posNames", "lastExecutedRule"]


@pytest.fixture(autouse=True)
def _own_media_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def admin(api):
    return api(StaffFactory())


def form(level, **fields):
    """A bracketed form of a general spending rule for one level."""
    values = {
        "type": "points",
        "name": "Spend",
        "description": "Points for money.",
        "levels][": str(level.uuid),
        "pointValue": "2",
    } | fields
    return {f"earningRule[{name}]": value for name, value in values.items() if value is not None}


def create(admin, level, **fields):
    answer = admin.form("POST", "DEFAULT/earningRule", form(level, **fields))
    assert answer.status_code == 200, answer.data
    assert list(answer.data) == ["earningRuleId"]
    return EarningRule.objects.get(uuid=answer.data["earningRuleId"])


def refused(answer):
    """Return the faulty fields of a refused form."""
    assert answer.status_code == 400
    children = answer.data["form"]["children"]
    # A compound without a fault lists its own clean children.
    return {name: node for name, node in children.items() if node and node != CLEAN_LIMIT}


def test_a_general_spending_rule_is_created(admin, store):
    """ER-2."""
    rule = create(
        admin,
        LevelFactory(store),
        excludedSKUs="A;B",
        excludedLabels="color:red;size:xl",
        excludeDeliveryCost="0",
        minOrderValue="10.50",
        lastExecutedRule="1",
    )

    assert rule.type == RuleType.POINTS
    assert rule.excluded_skus == ["A", "B"]
    assert rule.excluded_labels == [
        {"key": "color", "value": "red"},
        {"key": "size", "value": "xl"},
    ]
    assert (rule.excludes_delivery_cost, rule.min_order_value) == (False, Decimal("10.50"))
    assert (rule.is_active, rule.is_all_time_active, rule.is_last_executed) == (True, True, True)


def test_a_product_multiplier_is_created(admin, store):
    rule = create(
        admin,
        LevelFactory(store),
        **{"type": "multiply_for_product", "multiplier": "2.5", "skuIds][0": "A", "skuIds][1": "B"},
        labels="color:red",
    )

    assert (rule.multiplier, rule.sku_ids) == (Decimal("2.50"), ["A", "B"])
    assert rule.labels == [{"key": "color", "value": "red"}]


def test_a_label_multiplier_is_created(admin, store):
    rule = create(
        admin,
        LevelFactory(store),
        **{
            "type": "multiply_by_product_labels",
            "labelMultipliers][0][key": "color",
            "labelMultipliers][0][value": "red",
            "labelMultipliers][0][multiplier": "3",
        },
    )

    assert rule.label_multipliers == [{"key": "color", "value": "red", "multiplier": "3.00"}]


def test_a_product_rule_is_created(admin, store):
    rule = create(
        admin,
        LevelFactory(store),
        **{"type": "product_purchase", "pointsAmount": "100", "skuIds][": "A"},
    )

    assert (rule.points_amount, rule.sku_ids) == (Decimal(100), ["A"])


def test_a_rule_can_be_sent_as_json(admin, store):
    level = LevelFactory(store)
    rule = {
        "type": "points",
        "name": "Spend",
        "description": "Points for money.",
        "target": "level",
        "levels": [str(level.uuid)],
        "segments": [],
        "pointValue": 2,
        "active": True,
        "allTimeActive": True,
        "includedLabels": [{"key": "color", "value": "red"}],
        "labelsInclusionType": "include_labels",
    }

    answer = admin.post("earningRule", {"earningRule": rule})

    assert answer.status_code == 200
    stored = EarningRule.objects.get(uuid=answer.data["earningRuleId"])
    assert stored.inclusion_type == "include_labels"
    assert stored.included_labels == [{"key": "color", "value": "red"}]


@pytest.mark.parametrize(
    ("fields", "inclusion_type"),
    [
        pytest.param({}, "exclude_labels", id="missing"),
        pytest.param({"inclusionType": "include_labels"}, "include_labels", id="4.2"),
        pytest.param({"labelsInclusionType": "none_labels"}, "none_labels", id="3.x"),
        pytest.param({"inclusionType": "exlude_labels"}, "exclude_labels", id="misspelt"),
    ],
)
def test_the_inclusion_type_goes_by_several_names(admin, store, fields, inclusion_type):
    rule = create(admin, LevelFactory(store), **fields)

    assert rule.inclusion_type == inclusion_type


def test_dates_are_read_in_the_stores_zone_and_may_be_the_wrong_way_round(admin, store):
    """As in the reference's own example."""
    rule = create(
        admin,
        LevelFactory(store),
        allTimeActive="0",
        startAt="2019-03-19 09:45",
        endAt="2018-03-19 09:45",
    )

    assert rule.start_at == datetime(2019, 3, 19, 8, 45, tzinfo=UTC)
    assert rule.end_at == datetime(2018, 3, 19, 8, 45, tzinfo=UTC)
    assert not rule.is_all_time_active


def test_a_rule_that_is_sent_with_dates_alone_keeps_to_them(admin, store):
    rule = create(admin, LevelFactory(store), startAt="2026-01-01 00:00", endAt="2026-02-01 00:00")

    assert not rule.is_all_time_active


def test_fields_of_other_types_may_come_along(admin, store):
    """The reference's example sends every field at once."""
    rule = create(
        admin,
        LevelFactory(store),
        **{
            "segments": "[+]",
            "target": "level",
            "eventName": "oloy.customer.logged_in",
            "limit][active": "1",
            "limit][period": "month",
            "limit][limit": "5",
            "rewardType": "both",
            "multiplier": "2",
            "skuIds][0": "SKU123",
        },
    )

    assert (rule.sku_ids, rule.multiplier) == ([], None)


@pytest.mark.parametrize("type", ["event_", "nonsense"])
def test_a_type_that_is_not_there_is_refused_at_its_field(admin, store, type):
    answer = admin.form("POST", "DEFAULT/earningRule", form(LevelFactory(store), type=type))

    assert refused(answer) == {
        "type": {
            "errors": [
                "There are no rules of this type, only: points, multiply_for_product, "
                "multiply_by_product_labels, product_purchase, event, custom_event, qrcode, "
                "geolocation, referral, instant_reward."
            ]
        }
    }
    assert not EarningRule.objects.exists()


def test_all_faults_are_told_at_once(admin, store):
    answer = admin.post("DEFAULT/earningRule", {"earningRule": {"type": "points"}})

    blank = {"errors": ["This value should not be blank."]}
    nobody = {"errors": ["Choose at least one level or segment."]}
    assert refused(answer) == {
        "name": blank,
        "description": blank,
        "pointValue": blank,
        "levels": nobody,
        "segments": nobody,
    }


@pytest.mark.parametrize(
    ("fields", "faulty"),
    [
        pytest.param({"pointValue": "NaN"}, "pointValue", id="NaN"),
        pytest.param({"pointValue": "Infinity"}, "pointValue", id="infinity"),
        pytest.param({"pointValue": "1e308"}, "pointValue", id="1e308"),
        pytest.param({"pointValue": "9" * 16}, "pointValue", id="beyond the column"),
        pytest.param({"pointValue": "-1"}, "pointValue", id="negative"),
        pytest.param({"pointValue": "0.123"}, "pointValue", id="three decimals"),
        pytest.param({"pointValue": "two"}, "pointValue", id="a word"),
        pytest.param({"minOrderValue": "-0.01"}, "minOrderValue", id="negative minimum"),
        pytest.param({"levels][": "nonsense"}, "levels", id="unknown level"),
        pytest.param({"pos][": "nonsense"}, "pos", id="unknown POS"),
        pytest.param({"target": "everybody"}, "target", id="unknown target"),
        pytest.param({"inclusionType": "some"}, "inclusionType", id="unknown inclusion type"),
        pytest.param({"allTimeActive": "0", "startAt": "2026-01-01"}, "endAt", id="half a window"),
        pytest.param({"startAt": "yesterday"}, "startAt", id="no date"),
        pytest.param({"startAt": "0001-01-01 00:00"}, "startAt", id="before all time"),
        pytest.param({"endAt": "9999-12-31 23:59:59-23:00"}, "endAt", id="after all time"),
        pytest.param({"endAt": "2026-02-30 00:00"}, "endAt", id="no such day"),
        pytest.param({"endAt": "1e308"}, "endAt", id="a number for a date"),
        pytest.param({"active": "perhaps"}, "active", id="no flag"),
        pytest.param({"name": "x" * 300}, "name", id="long name"),
        pytest.param({"levels][0][deeper": "1"}, "levels", id="an object for an id"),
        pytest.param({"labelMultipliers": "x"}, "labelMultipliers", id="a text for a list"),
    ],
)
def test_a_faulty_field_is_refused_there(admin, store, fields, faulty):
    if any(name.startswith("levels]") for name in fields):
        fields = {"levels][": None} | fields

    answer = admin.form("POST", "DEFAULT/earningRule", form(LevelFactory(store), **fields))

    assert list(refused(answer)) == [faulty]
    assert not EarningRule.objects.exists()


@pytest.mark.parametrize(
    ("fields", "faulty"),
    [
        pytest.param({"multiplier": "1e308"}, "multiplier", id="factor 1e308"),
        pytest.param(
            {"multiplier": "1" + "0" * 400}, "multiplier", id="factor 1e400, digit by digit"
        ),
        pytest.param({"multiplier": "-Infinity"}, "multiplier", id="factor without end"),
        pytest.param({"skuIds][0": " "}, "skuIds", id="blank SKU"),
        pytest.param({"skuIds][0": "S" * 256}, "skuIds", id="SKU too long"),
        pytest.param(
            {"skuIds][0": "A", "skuIds][1": "B", "labels": ":"}, "labels", id="half a label"
        ),
    ],
)
def test_a_product_multiplier_is_refused_where_it_is_wrong(admin, store, fields, faulty):
    given = {"type": "multiply_for_product", "multiplier": "2", "skuIds][0": "A"} | fields

    answer = admin.form("POST", "DEFAULT/earningRule", form(LevelFactory(store), **given))

    assert set(refused(answer)) == {faulty}
    assert not EarningRule.objects.exists()


def test_an_sku_that_nothing_has_multiplies_nothing(admin, store):
    """The program knows goods by what is bought: a rule may come before its goods."""
    level = LevelFactory(store)
    create(admin, level)
    given = {"type": "multiply_for_product", "multiplier": "2", "skuIds][0": "never-sold"}
    create(admin, level, **given)
    cart = {"transaction": {"items": [], "purchaseDate": "2026-03-14"}}
    cart["transaction"]["items"].append(
        {"sku": {"code": "A"}, "name": "Tea", "quantity": 1, "grossValue": 10, "category": "tea"}
    )

    answer = admin.post("DEFAULT/transaction/simulate", cart)

    assert answer.data == {"points": 20}


def test_a_faulty_label_multiplier_is_told_by_its_number(admin, store):
    fields = {
        "type": "multiply_by_product_labels",
        "labelMultipliers][0][key": "color",
        "labelMultipliers][0][value": "red",
        "labelMultipliers][0][multiplier": "-2",
    }

    answer = admin.form("POST", "DEFAULT/earningRule", form(LevelFactory(store), **fields))

    [row] = refused(answer)["labelMultipliers"]["children"]
    assert row["children"]["multiplier"] == {"errors": ["This value should be 0 or more."]}


@pytest.mark.parametrize("body", [[1], "text", {"earningRule": [1]}, {"earningRule": "x"}])
def test_a_body_that_is_no_object_is_refused(admin, body):
    assert admin.post("DEFAULT/earningRule", body).status_code == 400


def test_put_replaces_all_data(admin, store):
    rule = EarningRuleFactory(store=store, excluded_skus=["A"], min_order_value=Decimal(5))
    level = LevelFactory(store)

    answer = admin.form(
        "PUT", f"DEFAULT/earningRule/{rule.uuid}", form(level, type=None, pointValue="3")
    )

    assert (answer.status_code, answer.data) == (200, {"earningRuleId": str(rule.uuid)})
    rule.refresh_from_db()
    assert (rule.name, rule.point_value) == ("Spend", Decimal(3))
    assert (rule.excluded_skus, rule.min_order_value) == ([], None)
    assert list(rule.levels.all()) == [level]


def test_put_cannot_change_the_type(admin, store):
    rule = EarningRuleFactory(store=store)

    answer = admin.form(
        "PUT",
        f"DEFAULT/earningRule/{rule.uuid}",
        form(LevelFactory(store), type="product_purchase"),
    )

    assert refused(answer) == {"type": {"errors": ["The type of a rule cannot be changed."]}}


@pytest.mark.parametrize("path", ["activate", "active"])
@pytest.mark.parametrize(
    ("word", "is_active"), [("1", True), ("0", False), ("active", True), ("inactive", False)]
)
def test_a_rule_is_switched(admin, store, path, word, is_active):
    rule = EarningRuleFactory(store=store, is_active=not is_active)

    answer = admin.form("POST", f"DEFAULT/earningRule/{rule.uuid}/{path}", {"active": word})

    assert (answer.status_code, answer.content) == (204, b"")
    rule.refresh_from_db()
    assert rule.is_active is is_active


def test_a_switch_without_a_state_is_refused(admin, store):
    rule = EarningRuleFactory(store=store)

    answer = admin.form("POST", f"DEFAULT/earningRule/{rule.uuid}/activate", {})

    assert refused(answer) == {"active": {"errors": ["This value should not be blank."]}}


@pytest.mark.parametrize("type", [*PURCHASE_TYPES, RuleType.EVENT, RuleType.REFERRAL])
def test_details_have_every_documented_key(admin, store, type):
    level = LevelFactory(store, name="Basic")
    rule = EarningRuleFactory(store=store, type=type, levels=[level])

    details = admin.get(f"DEFAULT/earningRule/{rule.uuid}").data

    assert [key for key in details if key in COMMON] == COMMON
    assert (details["type"], details["earningRuleId"]) == (type, str(rule.uuid))
    assert details["levels"] == [str(level.uuid)]
    assert details["levelNames"] == {str(level.uuid): "Basic"}
    assert (details["segments"], details["segmentNames"], details["posNames"]) == ([], [], [])
    assert (details["usages"], details["usageUrl"], details["limit"]) == ([], None, {})
    assert (details["startAt"], details["hasPhoto"]) == (None, False)


@pytest.mark.parametrize(
    ("type", "own"),
    [
        pytest.param(
            "points",
            {
                "pointValue": 1,
                "excludedSKUs": [],
                "inclusionType": "exclude_labels",
                "labelsInclusionType": "exclude_labels",
                "includedLabels": [],
                "excludedLabels": [],
                "excludeDeliveryCost": True,
                "minOrderValue": None,
                "pointsAmount": 0,
            },
            id="points",
        ),
        pytest.param(
            "multiply_for_product",
            {"skuIds": ["SKU123"], "labels": [], "multiplier": 2},
            id="multiply_for_product",
        ),
        pytest.param(
            "multiply_by_product_labels",
            {"labelMultipliers": [{"key": "color", "value": "red", "multiplier": 2}]},
            id="multiply_by_product_labels",
        ),
        pytest.param(
            "product_purchase", {"skuIds": ["SKU123"], "pointsAmount": 10}, id="product_purchase"
        ),
    ],
)
def test_details_have_what_the_type_is_made_of(admin, store, type, own):
    rule = EarningRuleFactory(store=store, type=type, levels=[LevelFactory(store)])

    details = admin.get(f"DEFAULT/earningRule/{rule.uuid}").data

    assert {key: details[key] for key in own} == own
    if type != "points":
        assert set(details) == {*COMMON, *own}


def test_dates_are_printed_in_the_stores_zone(admin, store):
    rule = EarningRuleFactory(
        store=store,
        levels=[LevelFactory(store)],
        is_all_time_active=False,
        start_at=datetime(2018, 1, 19, 8, 45, tzinfo=UTC),
        end_at=datetime(2018, 7, 19, 8, 45, tzinfo=UTC),
    )

    details = admin.get(f"DEFAULT/earningRule/{rule.uuid}").data

    assert details["startAt"] == "2018-01-19T09:45:00+0100"
    assert details["endAt"] == "2018-07-19T10:45:00+0200"


@pytest.mark.parametrize("id", ["nonsense", "00000000-0000-0000-0000-000000000000"])
def test_an_unknown_rule_is_not_found(admin, store, id):
    answer = admin.get(f"DEFAULT/earningRule/{id}")

    assert answer.status_code == 404
    assert answer.data == {"error": {"code": 404, "message": "Not Found"}}


def test_a_rule_of_another_store_is_not_found(admin, store):
    assert admin.get(f"DEFAULT/earningRule/{EarningRuleFactory().uuid}").status_code == 404


def test_the_list_comes_first_and_then_the_total(admin, store):
    old, new = EarningRuleFactory(store=store), EarningRuleFactory(store=store)
    EarningRuleFactory()

    answer = admin.get("DEFAULT/earningRule")

    assert list(answer.data) == ["earningRules", "total"]
    assert answer.data["total"] == 2
    assert [row["earningRuleId"] for row in answer.data["earningRules"]] == [
        str(new.uuid),
        str(old.uuid),
    ]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        pytest.param({"active": "active"}, ["A", "B"], id="active"),
        pytest.param({"active": "inactive"}, ["C"], id="inactive"),
        pytest.param({"type": "product_purchase"}, ["B"], id="of a type"),
        pytest.param({"type": "qrcode"}, [], id="of a type that is not there"),
        pytest.param({"perPage": "2"}, ["A", "B"], id="first page"),
        pytest.param({"perPage": "2", "page": "2"}, ["C"], id="second page"),
        pytest.param({"perPage": "1", "paginated": "0"}, ["A", "B", "C"], id="not paged"),
    ],
)
def test_the_list_is_filtered_and_paged(admin, store, query, names):
    EarningRuleFactory(store=store, name="C", is_active=False)
    EarningRuleFactory(store=store, name="B", type=RuleType.PRODUCT_PURCHASE)
    EarningRuleFactory(store=store, name="A")

    answer = admin.get("DEFAULT/earningRule", {"sort": "name"} | query)

    assert [row["name"] for row in answer.data["earningRules"]] == names


def test_the_list_sorts_descending(admin, store):
    for name in "ACB":
        EarningRuleFactory(store=store, name=name)

    answer = admin.get("DEFAULT/earningRule", {"sort": "name", "direction": "DESC"})

    assert [row["name"] for row in answer.data["earningRules"]] == ["C", "B", "A"]


def test_the_list_reads_as_often_for_twenty_rules_as_for_two(admin, store):
    counts = []
    for rule_count in (2, 18):
        for _ in range(rule_count):
            level = LevelFactory(store)
            EarningRuleFactory(store=store, levels=[level], pos=[PosFactory(store)])
        with CaptureQueriesContext(connection) as queries:
            admin.get("DEFAULT/earningRule", {"perPage": 50})
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_a_seller_reads_rules(api, store):
    rule = EarningRuleFactory(store=store)
    seller = api(SellerFactory(store))

    answer = seller.get("DEFAULT/seller/earningRule")

    assert [row["earningRuleId"] for row in answer.data["earningRules"]] == [str(rule.uuid)]
    details = seller.get(f"seller/earningRule/{rule.uuid}")
    assert details.data["earningRuleId"] == str(rule.uuid)


@pytest.mark.parametrize(
    ("method", "path", "who"),
    [
        ("POST", "earningRule", "seller"),
        ("POST", "earningRule", "customer"),
        ("GET", "earningRule", "customer"),
        ("PUT", "earningRule/{id}", "seller"),
        ("POST", "earningRule/{id}/activate", "seller"),
        ("POST", "earningRule/{id}/photo", "customer"),
        ("DELETE", "earningRule/{id}/photo", "seller"),
        ("GET", "seller/earningRule", "customer"),
        ("GET", "customer/earningRule", "seller"),
        ("GET", "seller/earningRule/{id}", "admin"),
    ],
)
def test_others_are_forbidden(api, store, method, path, who):
    rule = EarningRuleFactory(store=store)
    cast = {
        "seller": lambda: SellerFactory(store),
        "customer": lambda: CustomerFactory(store),
        "admin": StaffFactory,
    }

    answer = api(cast[who]()).send(method, f"DEFAULT/{path.format(id=rule.uuid)}", {})

    assert answer.status_code == 403


def test_nobody_needs_a_token_for_a_photo_only(api, store):
    rule = EarningRuleFactory(store=store)

    assert api().get(f"DEFAULT/earningRule/{rule.uuid}/photo").status_code == 404
    assert api().get(f"DEFAULT/earningRule/{rule.uuid}").status_code == 401


def test_a_photo_is_uploaded_shown_and_removed(admin, api, store):
    """PIC-4: 200 for coming and going."""
    rule = EarningRuleFactory(store=store)
    path = f"/api/DEFAULT/earningRule/{rule.uuid}/photo"

    sent = admin.http.post(path, {"photo[file]": picture(600, 600)}, **admin.headers)
    shown = api().http.get(path)
    content = b"".join(shown.streaming_content)
    removed = admin.delete(f"DEFAULT/earningRule/{rule.uuid}/photo")

    assert (sent.status_code, removed.status_code) == (200, 200)
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/png")
    assert Image.open(io.BytesIO(content)).size == (600, 600)
    assert api().http.get(path).status_code == 404


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(lambda: {"photo[file]": picture(599, 600)}, id="too small"),
        pytest.param(lambda: {"photo[file]": r"C:\fakepath\Photo.png"}, id="a path"),
        pytest.param(dict, id="nothing"),
        pytest.param(
            lambda: {"photo[file]": SimpleUploadedFile("Photo.png", b"text")}, id="no picture"
        ),
    ],
)
def test_what_is_no_photo_is_refused_at_its_field(admin, store, fields):
    rule = EarningRuleFactory(store=store)

    answer = admin.http.post(
        f"/api/DEFAULT/earningRule/{rule.uuid}/photo", fields(), **admin.headers
    )

    assert answer.status_code == 400
    assert answer.json()["form"]["children"]["file"]["errors"]


def test_a_customer_sees_the_rules_that_are_meant_for_them_today(api, store):
    """ER-3, ER-4."""
    customer = CustomerFactory(store)
    other_level = LevelFactory(store, condition_value=1000)
    segment = Segment.objects.create(store=store, name="Regulars")
    inactive = Segment.objects.create(store=store, name="Nobody", is_active=False)
    for each in (segment, inactive):
        SegmentMembership.objects.create(
            segment=each, customer=customer, since=datetime(2026, 1, 1, tzinfo=UTC)
        )
    past = {
        "start_at": datetime(2018, 1, 1, tzinfo=UTC),
        "end_at": datetime(2018, 2, 1, tzinfo=UTC),
    }
    mine = EarningRuleFactory(store=store, name="By level", levels=[customer.level])
    EarningRuleFactory(store=store, name="By segment", segments=[segment])
    EarningRuleFactory(store=store, name="At a POS", pos=[PosFactory(store)])
    EarningRuleFactory(store=store, levels=[other_level])
    EarningRuleFactory(store=store, segments=[inactive])
    EarningRuleFactory(store=store, is_active=False)
    EarningRuleFactory(store=store, is_all_time_active=False, **past)
    EarningRuleFactory(levels=[customer.level])

    answer = api(customer).get("DEFAULT/customer/earningRule")

    assert list(answer.data) == ["earningRules", "currency"]
    rows = answer.data["earningRules"]
    assert [row["name"] for row in rows] == ["At a POS", "By segment", "By level"]
    assert answer.data["currency"] == store.currency.lower()
    assert rows[2]["levelNames"] == {str(customer.level.uuid): customer.level.name}
    assert rows[2]["earningRuleId"] == str(mine.uuid)
    documented = [key for key in DOCUMENTED if key != "hasPhoto"]
    assert [key for key in rows[2] if key in DOCUMENTED] == documented


def picture(width, height):
    file = io.BytesIO()
    Image.new("RGB", (width, height)).save(file, "PNG")
    return SimpleUploadedFile("Photo.png", file.getvalue(), "image/png")
