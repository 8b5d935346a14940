"""`campaign`: make, replace, switch and read rewards. CAM-10…18, VIS-15, VIS-16, GEN-2, 7, 8."""

from typing import Any
from uuid import uuid4

import pytest

from accounts.models import Customer, Level
from campaigns.models import CouponCode, RewardCampaign, RewardType
from campaigns.services import rewards
from loyalty.core.actors import SYSTEM
from loyalty.core.models import Store
from tests.factories import CustomerFactory, LevelFactory, StoreFactory
from tests.factories.campaigns import CampaignFactory, give_points
from tests.support.api import ApiClient

PATH = "SHOP/campaign"


@pytest.fixture
def fields(entry: Level) -> dict[str, str]:
    """A form as the reference prints it, for the entry level."""
    return {
        "campaign[reward]": "discount_code",
        "campaign[translations][en][name]": "Discount Code Campaign",
        "campaign[translations][en][shortDescription]": "A *short* description",
        "campaign[translations][en][conditionsDescription]": "Discount code for registration",
        "campaign[translations][en][usageInstruction]": "Use it as you like",
        "campaign[translations][en][brandDescription]": "Some brand",
        "campaign[translations][pl][name]": "Kampania",
        "campaign[active]": "1",
        "campaign[costInPoints]": "100",
        "campaign[target]": "level",
        "campaign[labels]": "type:promotion;type:cashback",
        "campaign[levels][0]": str(entry.uuid),
        "campaign[unlimited]": "0",
        "campaign[singleCoupon]": "0",
        "campaign[limit]": "10",
        "campaign[limitPerUser]": "1",
        "campaign[daysValid]": "7",
        "campaign[daysInactive]": "0",
        "campaign[coupons][0]": "testCoupon",
        "campaign[coupons][1]": "DiscountCoupon",
        "campaign[campaignVisibility][allTimeVisible]": "0",
        "campaign[campaignVisibility][visibleFrom]": "2017-10-05 10:59",
        "campaign[campaignVisibility][visibleTo]": "2038-10-05 10:59",
        "campaign[campaignActivity][allTimeActive]": "0",
        "campaign[campaignActivity][activeFrom]": "2017-09-05 10:59",
        "campaign[campaignActivity][activeTo]": "2017-12-05 10:59",
    }


def made(sam: ApiClient, fields: dict[str, str]) -> RewardCampaign:
    answer = sam.form("POST", PATH, fields)
    assert answer.status_code == 200, answer.data
    assert list(answer.data) == ["campaignId"]
    return RewardCampaign.objects.get(uuid=answer.data["campaignId"])


def test_makes_a_campaign_and_reads_it(
    sam: ApiClient, fields: dict[str, str], entry: Level, alice: Customer
) -> None:
    """CAM-10, CAM-18: two labels may share a key. PIC-2, VIS-5, VIS-11: its activity is over."""
    campaign = made(sam, fields)

    document = sam.get(f"{PATH}/{campaign.uuid}").data

    texts = document.pop("translations")
    assert document == {
        "levels": [str(entry.uuid)],
        "segments": [],
        "coupons": ["testCoupon", "DiscountCoupon"],
        "couponsCount": 2,
        "campaignId": str(campaign.uuid),
        "reward": "discount_code",
        "name": "Discount Code Campaign",
        "shortDescription": "A *short* description",
        "conditionsDescription": "Discount code for registration",
        "usageInstruction": "Use it as you like",
        "brandName": "",
        "brandDescription": "Some brand",
        "active": True,
        "costInPoints": 100,
        "singleCoupon": False,
        "unlimited": False,
        "limit": 10,
        "limitPerUser": 1,
        "daysInactive": 0,
        "daysValid": 7,
        "campaignActivity": {
            "allTimeActive": False,
            "activeFrom": "2017-09-05T10:59:00+0200",
            "activeTo": "2017-12-05T10:59:00+0100",
        },
        "campaignVisibility": {
            "allTimeVisible": False,
            "visibleFrom": "2017-10-05T10:59:00+0200",
            "visibleTo": "2038-10-05T10:59:00+0200",
        },
        "will_be_active_from": "2017-09-05T10:59:00+0200",
        "will_be_active_to": "2017-12-05T10:59:00+0100",
        "featured": False,
        "public": False,
        "moreInformationLink": "",
        "pushNotificationText": "",
        "rewardValue": None,
        "tax": None,
        "taxPriceValue": None,
        "pointValue": None,
        "cashbackProvider": "",
        "transactionPercentageValue": None,
        "connectType": None,
        "earningRule": None,
        "earningRuleId": None,
        "fulfillmentTracking": False,
        "lowStockThreshold": 0,
        "labels": [
            {"key": "type", "value": "promotion"},
            {"key": "type", "value": "cashback"},
        ],
        "segmentNames": [],
        "levelNames": {str(entry.uuid): "Basic"},
        "categories": [],
        "categoryNames": [],
        "usageLeft": 2,
        "visibleForCustomersCount": 1,
        "usersWhoUsedThisCampaignCount": 0,
        "hasPhoto": False,
        "brandIcon": False,
        "photos": [],
    }
    assert [(text["locale"], text["name"]) for text in texts] == [
        ("en", "Discount Code Campaign"),
        ("pl", "Kampania"),
    ]


def test_takes_json_too(sam: ApiClient, shop: Store, entry: Level) -> None:
    """GEN-1, CAM-15: rounded to two decimals on save."""
    body = {
        "campaign": {
            "reward": "cashback",
            "translations": {"en": {"name": "Money back"}},
            "active": True,
            "pointValue": 0.125,
            "levels": [str(entry.uuid)],
            "campaignActivity": {"allTimeActive": True},
        }
    }

    campaign = RewardCampaign.objects.get(uuid=sam.post(PATH, body).data["campaignId"])

    assert (campaign.type, f"{campaign.point_value:f}") == (RewardType.CASHBACK, "0.13")


def test_takes_the_kind_from_where_the_reference_prints_it(
    sam: ApiClient, fields: dict[str, str]
) -> None:
    fields["campaign[translations][en][reward]"] = fields.pop("campaign[reward]")

    assert made(sam, fields).type == RewardType.DISCOUNT_CODE


def test_ignores_photos_in_the_body(sam: ApiClient, fields: dict[str, str]) -> None:
    """CAM-10."""
    campaign = made(sam, fields | {"campaign[photos][0]": "@/FILE_PATH/FILE_NAME"})

    assert not campaign.photos.exists()


def test_names_every_child_of_an_empty_form(sam: ApiClient, shop: Store) -> None:
    """GEN-2: as the reference prints the answer to an empty request."""
    answer = sam.form("POST", PATH, {})

    children = answer.data["form"]["children"]
    clean = {
        "shortDescription": {},
        "conditionsDescription": {},
        "usageInstruction": {},
        "brandName": {},
        "brandDescription": {},
    }
    blank = {"errors": ["This value should not be blank."]}
    assert answer.status_code == 400
    assert answer.data["errors"] == []
    assert children["translations"] == {
        "children": {
            "en": {"children": {"name": blank} | clean},
            "pl": {"children": {"name": {}} | clean},
        }
    }
    assert children["reward"] == children["active"] == blank
    assert children["campaignVisibility"] == {
        "children": {"allTimeVisible": {}, "visibleFrom": {}, "visibleTo": {}}
    }
    assert children["campaignActivity"] == {
        "children": {"allTimeActive": {}, "activeFrom": {}, "activeTo": {}}
    }
    for name in ("costInPoints", "target", "levels", "segments", "unlimited", "singleCoupon"):
        assert children[name] == {}
    for name in ("limit", "limitPerUser", "coupons", "daysInactive", "daysValid"):
        assert children[name] == {}
    assert not RewardCampaign.objects.exists()


@pytest.mark.parametrize(
    ("change", "where"),
    [
        pytest.param({"campaign[target]": "segment"}, ["levels", "segments"], id="for-nobody"),
        pytest.param({"campaign[levels][0]": str(uuid4())}, ["levels"], id="no-such-level"),
        pytest.param({"campaign[limit]": "0"}, ["limit"], id="limit-below-1"),
        pytest.param({"campaign[limitPerUser]": ""}, ["limitPerUser"], id="no-limit-per-user"),
        pytest.param({"campaign[daysValid]": "-1"}, ["daysValid"], id="negative-days"),
        pytest.param({"campaign[costInPoints]": ""}, ["costInPoints"], id="no-cost"),
        pytest.param({"campaign[costInPoints]": "NaN"}, ["costInPoints"], id="cost-is-no-number"),
        pytest.param({"campaign[tax]": "99"}, ["tax"], id="tax-too-high"),
        pytest.param({"campaign[labels]": "a:b:c"}, ["labels"], id="CAM-18"),
        pytest.param(
            {"campaign[moreInformationLink]": "nowhere"}, ["moreInformationLink"], id="no-url"
        ),
        pytest.param(
            {"campaign[campaignActivity][activeTo]": "2017-01-01 00:00"},
            ["campaignActivity.activeTo"],
            id="CAM-14-activity",
        ),
        pytest.param(
            {"campaign[campaignVisibility][visibleTo]": "2017-01-01 00:00"},
            ["campaignVisibility.visibleTo"],
            id="CAM-14-visibility",
        ),
        pytest.param(
            {"campaign[campaignVisibility][visibleFrom]": "soon"},
            ["campaignVisibility.visibleFrom"],
            id="no-date",
        ),
        pytest.param({"campaign[reward]": "shoes"}, ["reward"], id="no-such-kind"),
        pytest.param(
            {"campaign[translations][en][name]": "x" * 256},
            ["translations.en.name"],
            id="name-too-long",
        ),
        pytest.param({"campaign[coupons][0]": "x" * 256}, ["coupons"], id="code-too-long"),
    ],
)
def test_says_where_a_form_is_faulty(
    sam: ApiClient, fields: dict[str, str], change: dict[str, str], where: list[str]
) -> None:
    """GEN-2."""
    answer = sam.form("POST", PATH, fields | change)

    assert answer.status_code == 400
    assert faulty(answer.data["form"]) == where
    assert not RewardCampaign.objects.exists()
    assert not CouponCode.objects.exists()


def faulty(node: dict[str, Any], path: str = "") -> list[str]:
    found = [path.lstrip(".")] if node.get("errors") else []
    children = node.get("children", {})
    for name, child in children.items() if isinstance(children, dict) else ():
        found += faulty(child, f"{path}.{name}")
    return found


def test_stores_no_limits_for_an_unlimited_campaign(sam: ApiClient, fields: dict[str, str]) -> None:
    """CAM-12, CAM-13."""
    campaign = made(
        sam,
        fields
        | {
            "campaign[unlimited]": "1",
            "campaign[campaignVisibility][allTimeVisible]": "1",
            "campaign[campaignActivity][allTimeActive]": "1",
        },
    )

    document = sam.get(f"{PATH}/{campaign.uuid}").data
    assert (campaign.limit, campaign.limit_per_user) == (None, None)
    assert (campaign.visible_from, campaign.visible_to) == (None, None)
    assert (campaign.active_from, campaign.active_to) == (None, None)
    assert (document["unlimited"], document["limit"], document["limitPerUser"]) == (True, 0, 0)
    assert "will_be_active_from" not in document


def test_replaces_everything(sam: ApiClient, fields: dict[str, str]) -> None:
    """CAM-11: anything left out is emptied; the pool stays where no codes are sent."""
    campaign = made(sam, fields | {"campaign[featured]": "1"})
    for name in list(fields):
        if any(word in name for word in ("[pl]", "labels", "Description", "coupons")):
            del fields[name]

    answer = sam.form("PUT", f"{PATH}/{campaign.uuid}", fields)

    document = sam.get(f"{PATH}/{campaign.uuid}").data
    assert (answer.status_code, answer.data) == (200, {"campaignId": str(campaign.uuid)})
    assert (document["labels"], document["shortDescription"], document["featured"]) == (
        [],
        "",
        False,
    )
    assert [text["locale"] for text in document["translations"]] == ["en"]
    assert document["coupons"] == ["testCoupon", "DiscountCoupon"]


def test_replaces_nothing_by_a_faulty_form(sam: ApiClient, fields: dict[str, str]) -> None:
    """CAM-11."""
    campaign = made(sam, fields)
    before = sam.get(f"{PATH}/{campaign.uuid}").data

    answer = sam.form("PUT", f"{PATH}/{campaign.uuid}", fields | {"campaign[limit]": "-1"})

    assert answer.status_code == 400
    assert sam.get(f"{PATH}/{campaign.uuid}").data == before


@pytest.mark.parametrize(("word", "is_active"), [("active", True), ("inactive", False)])
def test_switches_the_flag_alone(
    sam: ApiClient, shop: Store, entry: Level, word: str, is_active: bool
) -> None:
    """CAM-16."""
    campaign = CampaignFactory(shop, level=entry, is_active=not is_active)

    answer = sam.post(f"{PATH}/{campaign.uuid}/{word}")

    campaign.refresh_from_db()
    assert (answer.status_code, answer.data) == (200, {"campaignId": str(campaign.uuid)})
    assert campaign.is_active is is_active


def test_knows_no_other_word(sam: ApiClient, shop: Store, entry: Level) -> None:
    """CAM-16, CAM-17: there is no delete."""
    campaign = CampaignFactory(shop, level=entry)

    assert sam.post(f"{PATH}/{campaign.uuid}/enabled").status_code == 404
    assert sam.delete(f"{PATH}/{campaign.uuid}").status_code == 405
    campaign.refresh_from_db()
    assert campaign.is_active


def test_prints_texts_in_the_language_asked_for(sam: ApiClient, fields: dict[str, str]) -> None:
    """GEN-7: what is missing in it is the default language's."""
    campaign = made(sam, fields)

    polish = sam.get(f"{PATH}/{campaign.uuid}?_locale=pl").data
    german = sam.get(f"{PATH}/{campaign.uuid}?_locale=de").data

    assert (polish["name"], polish["usageInstruction"]) == ("Kampania", "Use it as you like")
    assert german["name"] == "Discount Code Campaign"


def test_renders_markdown_where_html_is_asked_for(sam: ApiClient, fields: dict[str, str]) -> None:
    """GEN-8: and what could run a script is left out."""
    name = "campaign[translations][en][conditionsDescription]"
    text = "[go](javascript:alert(1)) <script>alert(2)</script>"
    campaign = made(sam, fields | {name: text})

    raw = sam.get(f"{PATH}/{campaign.uuid}?format=raw").data
    rendered = sam.get(f"{PATH}/{campaign.uuid}?format=html").data
    [listed] = sam.get(f"{PATH}?format=html").data["campaigns"]

    assert raw["shortDescription"] == "A *short* description"
    assert rendered["shortDescription"] == "<p>A <em>short</em> description</p>"
    assert rendered["translations"][0]["shortDescription"] == rendered["shortDescription"]
    assert listed["shortDescription"] == rendered["shortDescription"]
    assert raw["conditionsDescription"] == text
    assert "<script" not in rendered["conditionsDescription"]
    assert "href" not in rendered["conditionsDescription"]


def test_gives_sellers_and_customers_no_codes(
    mona: ApiClient, app: ApiClient, shop: Store, entry: Level
) -> None:
    """VIS-15, VIS-16: sellers keep the keys, empty; customers never had them."""
    campaign = CampaignFactory(shop, level=entry)

    for path in (f"{PATH}/{campaign.uuid}", f"SHOP/seller/campaign/{campaign.uuid}"):
        document = mona.get(path).data
        assert document["coupons"] == []
        assert document["levels"] == [str(entry.uuid)]
        assert not {"translations", "couponsCount"} & set(document)
    document = app.get(f"{PATH}/{campaign.uuid}").data
    assert not {"coupons", "levels", "segments", "translations"} & set(document)
    assert document["levelNames"] == {str(entry.uuid): "Basic"}


@pytest.mark.parametrize(
    ("hidden", "status"),
    [
        pytest.param({}, 200, id="visible"),
        pytest.param({"is_active": False}, 404, id="switched-off"),
        pytest.param({"type": RewardType.CASHBACK}, 404, id="cashback"),
    ],
)
def test_shows_customers_what_is_visible_for_them(
    app: ApiClient, shop: Store, entry: Level, hidden: dict[str, Any], status: int
) -> None:
    """BUY-8, VIS-2."""
    campaign = CampaignFactory(shop, level=entry, **hidden)

    assert app.get(f"{PATH}/{campaign.uuid}").status_code == status


def test_hides_from_customers_what_is_for_others(app: ApiClient, shop: Store) -> None:
    """VIS-3."""
    campaign = CampaignFactory(shop, level=LevelFactory(shop, condition_value=100))

    assert app.get(f"{PATH}/{campaign.uuid}").status_code == 404


def test_knows_no_campaign_of_another_store(sam: ApiClient, shop: Store) -> None:
    """GEN-3."""
    foreign = CampaignFactory(StoreFactory())

    assert sam.get(f"{PATH}/{foreign.uuid}").status_code == 404
    assert sam.post(f"{PATH}/{foreign.uuid}/inactive").status_code == 404
    assert sam.post(f"{PATH}/{foreign.uuid}/coupons", {"coupons": ["1"]}).status_code == 404
    foreign.refresh_from_db()
    assert foreign.is_active
    assert foreign.codes.count() == 3


def test_replaces_and_extends_a_pool(sam: ApiClient, shop: Store, entry: Level) -> None:
    """POOL-3: 204 and nothing else."""
    campaign = CampaignFactory(shop, level=entry, coupons=("old",))
    path = f"{PATH}/{campaign.uuid}/coupons"

    replaced = sam.post(path, {"coupons": ["123", " 1234 ", "123"], "append": False})
    added = sam.post(path, {"coupons": ["12345"], "append": True})

    assert (replaced.status_code, replaced.content) == (204, b"")
    assert added.status_code == 204
    codes = campaign.codes.order_by("position").values_list("code", flat=True)
    assert list(codes) == ["123", "1234", "12345"]


@pytest.fixture
def short_bodies(settings: Any) -> None:
    """Let every body but the smallest be one that must not be held in memory."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 16


@pytest.mark.usefixtures("short_bodies")
def test_takes_a_pool_of_any_length(sam: ApiClient, shop: Store, entry: Level) -> None:
    """POOL-3: replaces and extends out of a file, also where the flag stands last."""
    campaign = CampaignFactory(shop, level=entry, coupons=("old",))
    path = f"{PATH}/{campaign.uuid}/coupons"

    replaced = sam.post(path, {"coupons": ["a", " b ", "a", "", 7], "append": False})
    added = sam.post(path, {"append": "1", "coupons": ["ł", "b"]}, HTTP_IDEMPOTENCY_KEY="k")
    again = sam.post(path, {"append": "1", "coupons": ["ł", "b"]}, HTTP_IDEMPOTENCY_KEY="k")
    other = sam.post(path, {"append": "1", "coupons": ["c"]}, HTTP_IDEMPOTENCY_KEY="k")

    assert (replaced.status_code, added.status_code, again.status_code) == (204, 204, 204)
    assert (again.headers["Idempotent-Replayed"], other.status_code) == ("true", 422)
    codes = campaign.codes.order_by("position").values_list("code", flat=True)
    assert list(codes) == ["a", "b", "7", "ł"]


@pytest.mark.usefixtures("short_bodies")
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"coupons": ["a", "b"], "append": fals', id="cut"),
        pytest.param(b'{"coupons": ["a", {"code": "b"}], "append": true}', id="objects"),
        pytest.param(b'{"coupons": "a;b", "append": true     }', id="text"),
        pytest.param(b'{"append": true                        }', id="none"),
        pytest.param(b'{"coupons": ["a\\u0000"], "append": true}', id="nul"),
        pytest.param(b'{"coupons": ["a\xff"], "append": true}', id="no-utf-8"),
        pytest.param(b'{"coupons": ["a"], "append": "perhaps"}', id="flag"),
        pytest.param(b'{"coupons": ["%s"], "append": true}' % (b"a" * 256), id="too-long"),
        pytest.param(b'[["a", "b"], "append", true]', id="list"),
    ],
)
def test_refuses_a_long_body_whole(sam: ApiClient, shop: Store, entry: Level, body: bytes) -> None:
    """POOL-3."""
    campaign = CampaignFactory(shop, level=entry, coupons=("old",))

    answer = sam.call("POST", f"{PATH}/{campaign.uuid}/coupons", body, "application/json")

    assert answer.status_code == 400
    assert list(campaign.codes.values_list("code", flat=True)) == ["old"]


def test_refuses_codes_where_there_is_no_pool(sam: ApiClient, shop: Store, entry: Level) -> None:
    """POOL-3, CUST-1."""
    campaign = CampaignFactory(shop, RewardType.CASHBACK, level=entry)

    answer = sam.post(f"{PATH}/{campaign.uuid}/coupons", {"coupons": ["1"], "append": True})

    assert answer.status_code == 400
    assert answer.data["form"]["children"]["coupons"]["errors"]
    assert not campaign.codes.exists()


def test_lists_whom_a_campaign_is_for(sam: ApiClient, shop: Store, entry: Level) -> None:
    """VIS-3: whole customers, and nobody while it is not visible."""
    campaign = CampaignFactory(shop, level=entry)
    hidden = CampaignFactory(shop, RewardType.PERCENTAGE_DISCOUNT_CODE, level=entry)
    alice = CustomerFactory(shop, level=entry, first_name="Alice")
    CustomerFactory(shop, level=LevelFactory(shop, condition_value=100))
    give_points(alice, 10)
    [coupon] = rewards.buy(campaign=campaign, customer=alice, actor=SYSTEM)

    answer = sam.get(f"{PATH}/{campaign.uuid}/customers/visible")

    assert list(answer.data) == ["customers", "total"]
    assert [each["firstName"] for each in answer.data["customers"]] == ["Alice"]
    [purchase] = answer.data["customers"][0]["campaignPurchases"]
    assert purchase["coupon"] == {"code": coupon.code}
    assert purchase["campaignId"] == {"campaignId": str(campaign.uuid)}
    assert answer.data["customers"][0]["currency"] == shop.currency.lower()
    assert sam.get(f"{PATH}/{hidden.uuid}/customers/visible").data["total"] == 0


def test_wants_the_right_of_seeing_customers_too(
    viewer: ApiClient, shop: Store, entry: Level
) -> None:
    """§11.1."""
    campaign = CampaignFactory(shop, level=entry)

    assert viewer.get(f"{PATH}/{campaign.uuid}").status_code == 200
    assert viewer.get(f"{PATH}/{campaign.uuid}/customers/visible").status_code == 403
    assert viewer.get("SHOP/seller/campaign").status_code == 403
