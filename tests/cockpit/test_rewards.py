"""The cockpit's screens of rewards …"""

import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.models import Segment
from campaigns.models import CampaignPhoto, RewardCampaign, RewardType
from campaigns.selectors import audience
from campaigns.services import coupons, pictures, rewards
from campaigns.services.campaign_data import CampaignText
from campaigns.services.coupons import Mark
from earning.models import RuleType
from loyalty.core.actors import SYSTEM
from loyalty.core.models import AuditEntry
from tests.campaigns.conftest import STAFF
from tests.factories.accounts import CustomerFactory, LevelFactory
from tests.factories.campaigns import CampaignFactory, give_points
from tests.factories.earning import EarningRuleFactory

LIST = "admin:campaigns_rewardcampaign_changelist"
ADD = "admin:campaigns_rewardcampaign_add"


def url(campaign, view="change"):
    return reverse(f"admin:campaigns_rewardcampaign_{view}", args=[campaign.pk])


def add_url(kind):
    return f"{reverse(ADD)}?type={kind}"


def picture(side=600):
    file = io.BytesIO()
    Image.new("RGB", (side, side), "#0c4742").save(file, "PNG")
    return SimpleUploadedFile("cup.png", file.getvalue(), content_type="image/png")


def codes_field(*codes):
    return "\n".join(codes)


@pytest.fixture
def gold(store):
    return LevelFactory(store, name="Gold")


@pytest.fixture
def typed(gold):
    """What somebody types who wants a voucher."""
    return {
        "name_en": "Voucher for 10",
        "short_description_en": "Ten **off**.",
        "name_pl": "Bon na 10",
        "is_active": "on",
        "cost_in_points": "500",
        "limit": "100",
        "limit_per_user": "2",
        "codes": codes_field("A-1", "A-2", "A-1"),
        "low_stock_threshold": "5",
        "days_inactive": "3",
        "days_valid": "10",
        "target": "level",
        "levels": [str(gold.uuid)],
        "is_all_time_active": "on",
        "is_all_time_visible": "on",
        "labels": "type: promotion",
    }


# The list


def test_list_says_where_each_reward_stands(cockpit, store, gold):
    now = timezone.now()
    later = {
        "is_all_time_active": False,
        "active_from": now + timedelta(days=1),
        "active_to": now + timedelta(days=2),
    }
    CampaignFactory(store, level=gold, name="Cup")
    CampaignFactory(store, level=gold, name="Ticket", **later)
    CampaignFactory(store, level=gold, name="Nothing left", coupons=None)
    CampaignFactory(store, level=gold, name="Old", is_active=False)

    page = cockpit().get(reverse(LIST)).content.decode()

    for word in ("Live", "Scheduled", "No codes", "Off"):
        assert f">{word}</span>" in page


@pytest.mark.parametrize(
    ("query", "names"),
    [
        pytest.param("q=TICK", ["Ticket"], id="part-of-name"),
        pytest.param("q=bilet", ["Ticket"], id="name-in-polish"),
        pytest.param("now=off", ["Old"], id="off"),
        pytest.param("now=live", ["Cup", "Ticket"], id="live"),
        pytest.param("is_public__exact=1", ["Ticket"], id="public"),
        pytest.param("is_featured__exact=1", ["Cup"], id="featured"),
        pytest.param("type__exact=gift_code", ["Cup"], id="type"),
        pytest.param("stock=none", ["Old"], id="no-codes"),
        pytest.param("stock=low", ["Old", "Ticket"], id="few-codes"),
    ],
)
def test_list_finds(cockpit, store, gold, query, names):
    CampaignFactory(store, RewardType.GIFT_CODE, level=gold, name="Cup", is_featured=True)
    texts = {"en": CampaignText(name="Ticket"), "pl": CampaignText(name="Bilet")}
    CampaignFactory(store, level=gold, translations=texts, is_public=True, low_stock_threshold=4)
    CampaignFactory(store, level=gold, name="Old", is_active=False, coupons=None)

    page = cockpit().get(f"{reverse(LIST)}?{query}")

    assert sorted(row.name for row in page.context["cl"].result_list) == names


# The form


def test_form_asks_for_the_type_first(cockpit, store):
    page = cockpit().get(reverse(ADD)).content.decode()

    for kind in RewardType:
        assert f"?type={kind.value}" in page


def test_form_makes_a_voucher(cockpit, store, gold, typed):
    """CAM-10: with texts, limits and codes; POOL-1: a code twice is one."""
    answer = cockpit().post(add_url("value_code"), typed)

    campaign = RewardCampaign.objects.get()
    assert answer.url == url(campaign)
    assert (campaign.type, campaign.name) == ("value_code", "Voucher for 10")
    assert campaign.translated("pl").name == "Bon na 10"
    assert campaign.cost_in_points == Decimal(500)
    assert (campaign.limit, campaign.limit_per_user) == (100, 2)
    assert (campaign.days_inactive, campaign.days_valid) == (3, 10)
    assert campaign.level_ids == [gold.pk]
    assert campaign.labels == [{"key": "type", "value": "promotion"}]
    assert list(campaign.codes.order_by("position").values_list("code", flat=True)) == [
        "A-1",
        "A-2",
    ]
    assert AuditEntry.objects.filter(event_type="CreateCampaign").count() == 1


def test_form_leads_to_the_codes_where_there_are_none(cockpit, store, typed):
    answer = cockpit().post(add_url("value_code"), typed | {"codes": ""})

    assert answer.url == url(RewardCampaign.objects.get(), "codes")


@pytest.mark.parametrize(
    ("kind", "present", "absent"),
    [
        pytest.param(
            "gift_code",
            ["cost_in_points", "limit", "has_fulfillment_tracking", "photo", "codes"],
            ["point_value", "connect_type", "transaction_percentage_value"],
            id="gift",
        ),
        pytest.param(
            "value_code",
            ["cost_in_points", "conditions_description_en", "days_valid", "visible_from"],
            ["has_fulfillment_tracking", "point_value"],
            id="value",
        ),
        pytest.param(
            "percentage_discount_code",
            ["transaction_percentage_value", "days_inactive"],
            ["cost_in_points", "limit", "codes", "visible_from", "conditions_description_en"],
            id="percentage",
        ),
        pytest.param(
            "cashback",
            ["point_value", "cashback_provider", "active_from"],
            ["cost_in_points", "days_valid", "visible_from", "photo", "usage_instruction_en"],
            id="cashback",
        ),
        pytest.param(
            "custom_campaign_code",
            ["connect_type", "earning_rule", "visible_from", "conditions_description_en"],
            ["cost_in_points", "limit", "codes", "usage_instruction_en"],
            id="custom",
        ),
    ],
)
def test_form_has_only_what_the_type_has(cockpit, store, kind, present, absent):
    """CAM-1, and the matrix of fields."""
    fields = cockpit().get(add_url(kind)).context["form"].fields

    assert not [name for name in present if name not in fields]
    assert not [name for name in absent if name in fields]


def test_form_makes_a_cashback(cockpit, store, typed):
    own = {name: typed[name] for name in ("name_en", "target", "levels", "is_all_time_active")}

    cockpit().post(add_url("cashback"), own | {"point_value": "0.05"})

    campaign = RewardCampaign.objects.get()
    assert campaign.point_value == Decimal("0.05")
    assert campaign.cost_in_points == 0


def test_form_connects_a_custom_campaign_with_a_rule(cockpit, store, gold, typed):
    """CUST-1."""
    rule = EarningRuleFactory(
        type=RuleType.QRCODE, store=store, levels=[gold], code="DOOR", points_amount=Decimal(5)
    )
    names = ("name_en", "target", "levels", "is_all_time_active", "is_all_time_visible")
    own = {name: typed[name] for name in names}

    cockpit().post(
        add_url("custom_campaign_code"),
        own | {"connect_type": "qrcode", "earning_rule": str(rule.uuid)},
    )

    assert RewardCampaign.objects.get().earning_rule_uuid == rule.uuid


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        pytest.param({"name_en": ""}, "name_en", id="no-name"),
        pytest.param({"cost_in_points": "-1"}, "cost_in_points", id="negative-price"),
        pytest.param({"limit": ""}, "limit", id="no-limit"),
        pytest.param({"levels": []}, "levels", id="for-nobody"),
        pytest.param(
            {"is_all_time_active": "", "active_from": "2026-05-02T10:00", "active_to": ""},
            "active_to",
            id="no-end",
        ),
        pytest.param(
            {
                "is_all_time_active": "",
                "active_from": "2026-05-02T10:00",
                "active_to": "2026-05-01T10:00",
            },
            "active_to",
            id="ends-first",
        ),
        pytest.param({"labels": "a;b: c"}, "labels", id="label-signs"),
        pytest.param({"more_information_link": "nowhere"}, "more_information_link", id="no-url"),
    ],
)
def test_form_refuses(cockpit, store, typed, wrong, field):
    """CAM-14, CAM-18: the fault stands beside its field, and nothing is written."""
    page = cockpit().post(add_url("value_code"), typed | wrong)

    assert page.status_code == 200
    assert field in page.context["form"].errors
    assert not RewardCampaign.objects.exists()


def test_form_refuses_in_polish(cockpit, store, typed):
    page = cockpit().post(
        add_url("value_code"), typed | {"limit": ""}, headers={"accept-language": "pl"}
    )

    assert page.context["form"].errors["limit"] == ["Ta wartość nie może być pusta."]


def test_form_changes_a_reward_and_keeps_its_codes(cockpit, store, gold, typed):
    """CAM-11."""
    campaign = CampaignFactory(store, RewardType.VALUE_CODE, level=gold)
    segment = Segment.objects.create(store=store, name="Regulars")
    changed = typed | {"target": "segment", "segments": [str(segment.uuid)], "name_en": "New"}
    del changed["codes"]

    cockpit().post(url(campaign, "edit"), changed)

    campaign = RewardCampaign.objects.get()
    assert campaign.name == "New"
    assert (campaign.level_ids, campaign.segment_ids) == ([], [segment.pk])
    assert campaign.codes.count() == 3


def test_form_shows_what_a_reward_has(cockpit, store, gold):
    campaign = CampaignFactory(
        store, level=gold, name="Cup", is_unlimited=False, limit=9, limit_per_user=2
    )

    form = cockpit().get(url(campaign, "edit")).context["form"]

    assert form["name_en"].value() == "Cup"
    assert form["limit"].value() == 9
    assert form["levels"].value() == [str(gold.uuid)]


def test_form_begins_as_a_copy_switched_off(cockpit, store, gold):
    campaign = CampaignFactory(store, level=gold, name="Cup")

    form = cockpit().get(f"{add_url(campaign.type)}&like={campaign.pk}").context["form"]

    assert form["name_en"].value() == "Copy of Cup"
    assert form["is_active"].value() is False


def test_form_copies_nothing_of_another_store(cockpit, store):
    elsewhere = CampaignFactory()

    answer = cockpit().get(f"{add_url(elsewhere.type)}&like={elsewhere.pk}")

    assert answer.status_code == 404


def test_preview_says_what_is_typed_and_writes_nothing(cockpit, store, gold, typed):
    CustomerFactory(store, level=gold)
    live = f"{reverse('admin:campaigns_rewardcampaign_preview')}?type=value_code"

    page = cockpit().post(live, typed | {"is_all_time_active": ""}).content.decode()
    whole = cockpit().post(live, typed).content.decode()

    assert "Fill in the price, the dates" in page
    assert "At most 2 for each customer and 100 in all." in whole
    assert "A coupon works 3 days after it was bought, for 10 days." in whole
    assert "Ten off." in whole
    assert "1 customer could see it today." in whole
    assert not RewardCampaign.objects.exists()


def test_preview_is_for_who_may_modify(cockpit, store):
    live = f"{reverse('admin:campaigns_rewardcampaign_preview')}?type=value_code"

    assert cockpit("REWARD_CAMPAIGN:VIEW").post(live, {}).status_code == 403


# Pictures


def test_form_adds_a_photo_and_a_brand_icon(cockpit, store, typed):
    """PIC-1, PIC-3."""
    cockpit().post(
        add_url("value_code"), typed | {"photo": picture(), "brand_icon": picture(side=40)}
    )

    campaign = RewardCampaign.objects.get()
    assert campaign.photos.count() == 1
    assert campaign.brand_icon


def test_form_keeps_no_photo_beside_a_refused_icon(cockpit, store, typed, settings, tmp_path):
    """PIC-1, PIC-3."""
    settings.MEDIA_ROOT = tmp_path
    sent = {"photo": picture(), "brand_icon": SimpleUploadedFile("icon.png", b"no picture")}

    page = cockpit().post(add_url("value_code"), typed | sent)

    assert page.context["form"].errors["brand_icon"]
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


def test_form_refuses_a_small_photo_and_saves_nothing(cockpit, store, typed):
    """PIC-1."""
    page = cockpit().post(add_url("value_code"), typed | {"photo": picture(side=599)})

    assert page.context["form"].errors["photo"] == ["This picture is below 600 by 600 pixels."]
    assert not RewardCampaign.objects.exists()


def test_page_takes_a_photo_away(cockpit, store, gold):
    campaign = CampaignFactory(store, level=gold)
    photo = pictures.add_photo(campaign=campaign, upload=picture(), actor=SYSTEM)
    away = reverse("admin:campaigns_rewardcampaign_photo", args=[campaign.pk, photo.pk])

    assert cockpit("REWARD_CAMPAIGN:VIEW").post(away).status_code == 403
    assert CampaignPhoto.objects.count() == 1
    cockpit().post(away)

    assert not CampaignPhoto.objects.exists()


# Its page


@pytest.fixture
def bought(store, gold):
    """A reward that somebody bought two of, and used one of."""
    campaign = CampaignFactory(store, level=gold, name="Cup", coupons=("CUP-0001", "CUP-0002"))
    customer = CustomerFactory(store, level=gold, first_name="Alice", last_name="Wonder")
    give_points(customer, 25)
    first, _ = rewards.buy(campaign=campaign, customer=customer, actor=STAFF, quantity=2)
    mark = Mark(
        campaign_uuid=campaign.uuid,
        customer_uuid=customer.uuid,
        coupon_uuid=first.uuid,
        code=first.code,
        is_used=True,
    )
    coupons.mark(store=store, marks=[mark], actor=STAFF)
    return campaign


def test_page_tells_the_figures(cockpit, bought):
    page = cockpit().get(url(bought))

    tiles = {tile["label"]: tile["value"] for tile in page.context["tiles"]}
    assert tiles == {
        "Meant for": "1",
        "Taken": "2",
        "Used": "1",
        "Left": "0",
        "Points spent": "20",
    }
    assert "Sold out" in page.content.decode()


def test_page_shows_codes_to_who_may_change_rewards_only(cockpit, bought):
    whole = cockpit("REWARD_CAMPAIGN").get(url(bought)).content.decode()
    masked = cockpit("REWARD_CAMPAIGN:VIEW").get(url(bought)).content.decode()

    assert "CUP-0001" in whole
    assert "CUP-0001" not in masked
    assert "••••001" in masked


def test_page_names_customers_to_who_may_see_them_only(cockpit, bought):
    page = cockpit("REWARD_CAMPAIGN").get(f"{url(bought)}?q=alice").content.decode()

    assert "Alice Wonder" not in page
    assert "Can this customer buy it?" not in page


def test_page_says_why_a_customer_cannot_buy(cockpit, bought):
    page = cockpit("REWARD_CAMPAIGN", "CUSTOMER:VIEW").get(f"{url(bought)}?q=alice")

    [answer] = page.context["answers"]
    assert answer["reasons"] == [
        "All coupons of this reward are taken.",
        "You need 5 more points.",
    ]


def test_page_runs_as_many_queries_for_ten_coupons_as_for_two(cockpit, store, gold):
    campaign = CampaignFactory(store, level=gold, coupons=tuple(f"C-{n}" for n in range(20)))
    client = cockpit()

    def buy_and_count(count):
        for _ in range(count):
            customer = CustomerFactory(store, level=gold)
            give_points(customer, 10)
            rewards.buy(campaign=campaign, customer=customer, actor=STAFF)
        # Customers are counted anew, or not, depending on how long that took before.
        audience._counts.clear()
        with CaptureQueriesContext(connection) as queries:
            client.get(url(campaign))
        return len(queries)

    client.get(url(campaign))
    few = buy_and_count(2)

    assert buy_and_count(8) == few
    assert few <= 14


def test_switches_a_reward_off_once_that_is_confirmed(cockpit, bought):
    """CAM-16."""
    client = cockpit()

    question = client.get(url(bought, "switch")).content.decode()
    bought.refresh_from_db()
    assert "It is meant for 1 customers." in question
    assert bought.is_active
    client.post(url(bought, "switch"))

    bought.refresh_from_db()
    assert not bought.is_active
    assert AuditEntry.objects.filter(event_type="DeactivateCampaign").count() == 1


@pytest.mark.parametrize("view", ["edit", "switch"])
def test_changes_nothing_for_who_may_only_view(cockpit, bought, view):
    answer = cockpit("REWARD_CAMPAIGN:VIEW").post(url(bought, view), {})

    bought.refresh_from_db()
    assert answer.status_code == 403
    assert bought.is_active


@pytest.mark.parametrize("view", ["change", "edit", "switch", "codes"])
def test_knows_no_reward_of_another_store(cockpit, store, view):
    assert cockpit().get(url(CampaignFactory(), view)).status_code == 404
