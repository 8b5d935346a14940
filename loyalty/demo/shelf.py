"""The rewards of the program, and those that the reference names."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from itertools import islice
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

from accounts.models import Level
from accounts.services import levels
from accounts.services.levels import LevelData, LevelText
from campaigns.models import CampaignCategory, CampaignPhoto, RewardCampaign, RewardType
from campaigns.services import campaigns, categories, pictures
from campaigns.services.campaign_data import CampaignData, CampaignText
from campaigns.services.categories import CategoryData
from loyalty.core.actors import SYSTEM
from loyalty.core.models import Store
from loyalty.demo.ids import next_id

# Levels that nobody comes to by buying: the reference has rewards for them.
CIRCLES = (
    ("e82c96cf-32a3-43bd-9034-4df343e5fd94", "50000", "Neighbours", "Sąsiedzi"),
    ("000096cf-32a3-43bd-9034-4df343e5fd94", "60000", "Baristas", "Bariści"),
)
# id, names in English and Polish, place, whether it is shown.
CATEGORIES = (
    ("000096cf-32a3-43bd-9034-4df343e5fd99", "Drinks", "Napoje", 0, True),
    ("000096cf-32a3-43bd-9034-4df343e5fd98", "Something sweet", "Coś słodkiego", 1, True),
    ("3062c881-93f3-496b-9669-4238c0a62be8", "For home", "Do domu", 2, True),
    ("00ca7e90-6361-4465-e76f-727900000001", "Evenings", "Wieczory", 3, False),
)
DRINKS, SWEETS, HOME, _EVENINGS = (uuid for uuid, *_ in CATEGORIES)
COFFEE, COFFEE_AND_CAKE, BEANS = "coffee", "cake", "beans"
PAID_OUT = "110d39ce-47ab-4c2c-b0f8-a71c95e0520a"
CASHBACK = "972012b8-633d-41e8-be5a-5125c1a5be63"


class Shelf:
    """The store's rewards: `sold` are those that the year's customers choose from."""

    def __init__(self, store: Store, steps: list[Level], *, now: datetime) -> None:
        self.store = store
        self.now = now
        self.everybody = tuple(str(level.uuid) for level in steps)
        self.regulars = self.everybody[1:]
        self.made: dict[str, RewardCampaign] = {}
        _make_circles(store, now)
        _make_categories(store, now)
        self._add_sold()
        self._add_named()
        self._add_others()
        self._add_without_codes()

    @property
    def sold(self) -> list[RewardCampaign]:
        return [self.made[key] for key in (COFFEE, COFFEE_AND_CAKE, BEANS)]

    def _add_sold(self) -> None:
        self._add(
            COFFEE,
            "000096cf-6361-4d70-e169-676e00000001",
            ("A coffee on the house", "Kawa na koszt firmy"),
            cost=60,
            short="Any coffee, hot or cold, _in every shop_.",
            usage="Show the code **before** you pay.",
            codes=_codes("COFFEE", 2_000),
            categories=(DRINKS,),
            labels=(("type", "promotion"),),
            reward_value=Decimal("3.60"),
            days_valid=90,
            is_featured=True,
            is_public=True,
        )
        self._add(
            COFFEE_AND_CAKE,
            "000096cf-6361-4d70-e169-676e00000003",
            ("Coffee and cake", "Kawa i ciasto"),
            cost=120,
            short="Any coffee with a slice of carrot cake.",
            usage="Show the code before you pay.",
            codes=_codes("CAKE", 1_000),
            categories=(DRINKS, SWEETS),
            labels=(("type", "promotion"), ("type", "cashback")),
            reward_value=Decimal("7.80"),
            days_valid=90,
            is_public=True,
        )
        self._add(
            BEANS,
            "8500766f-1aa3-3117-9423-70c6851294c7",
            ("A bag of beans", "Paczka ziaren"),
            type=RewardType.GIFT_CODE,
            cost=300,
            short="House blend, 250 g, sent to you.",
            codes=_codes("BEANS", 400),
            categories=(HOME,),
            reward_value=Decimal("8.90"),
            tax=23,
            tax_price_value=Decimal("1.66"),
            has_fulfillment_tracking=True,
            is_public=True,
        )

    def _add_named(self) -> None:
        """Add those whose codes the reference prints."""
        self._add(
            "tests",
            "000096cf-32a3-43bd-9034-4df343e5fd93",
            ("A croissant to your coffee", "Rogalik do kawy"),
            cost=10,
            short="One butter croissant.",
            codes=["123", "1234", "12345"],
            labels=(("type", "promotion"),),
            is_unlimited=False,
            limit=10,
            limit_per_user=2,
        )
        self._add(
            "for test",
            "000096cf-32a3-43bd-9034-4df343e5fd92",
            ("Oat milk for nothing", "Mleko owsiane gratis"),
            cost=10,
            short="Oat milk in your coffee, as long as the codes last.",
            codes=["123"],
            labels=(("key", "value"),),
            is_unlimited=False,
            limit=10,
            limit_per_user=2,
        )
        self._add(
            "discount",
            "3062c881-93f3-496b-9669-4238c0a62be8",
            ("Discount Code Campaign", "Kod rabatowy"),
            cost=100,
            short="A short description of discount code campaign",
            codes=["testCoupon", "DiscountCoupon"],
            levels=tuple(uuid for uuid, *_ in CIRCLES),
            labels=(("type", "promotion"),),
            is_unlimited=False,
            limit=10,
            limit_per_user=1,
            days_valid=1,
        )

    def _add_others(self) -> None:
        """Add one of each other type that gives codes."""
        self._add(
            "vouchers",
            "f1eddc46-e985-43e8-bc2a-8007dca3df95",
            ("Try our tea", "Spróbuj naszej herbaty"),
            type=RewardType.VALUE_CODE,
            cost=15,
            short="2 euros off any tea.",
            codes=["test1", "test2", *_codes("TEA", 200)],
            reward_value=Decimal(2),
            categories=(DRINKS,),
            is_public=True,
        )
        self._add(
            "winter",
            "00000000-0000-0000-0000-000000000001",
            ("Winter delivery", "Zimowa dostawa"),
            type=RewardType.FREE_DELIVERY_CODE,
            cost=40,
            short="Your next parcel travels for nothing.",
            codes=["WINTER"],
            is_single_coupon=True,
            categories=(HOME,),
        )
        self._add(
            "evening",
            "40d4b8c5-3be4-4f76-8804-d1dc3c9a9732",
            ("Cupping evening", "Wieczór degustacji"),
            type=RewardType.EVENT_CODE,
            cost=200,
            short="Taste six coffees with our roaster.",
            conditions="For members from **Bronze** up. _24 places._",
            codes=_codes("CUPPING", 24),
            levels=self.regulars,
            is_unlimited=False,
            limit=24,
            limit_per_user=2,
            is_featured=True,
        )

    def _add_without_codes(self) -> None:
        for uuid, value, provider in (
            ("000096cf-6361-4d70-e169-676e11111111", "0.01", ""),
            (CASHBACK, "0.02", ""),
            (PAID_OUT, "0.01", "paytm"),
        ):
            self._add(
                uuid,
                uuid,
                ("Cashback", "Zwrot gotówki"),
                type=RewardType.CASHBACK,
                point_value=Decimal(value),
                cashback_provider=provider,
            )
        for uuid, percent in (
            ("000096cf-6361-4d70-e169-676e22222222", 10),
            ("000096cf-6361-4d70-e169-676e55555555", 5),
        ):
            self._add(
                uuid,
                uuid,
                (f"{percent} percent of your purchase", f"{percent} procent zakupów"),
                type=RewardType.PERCENTAGE_DISCOUNT_CODE,
                transaction_percentage_value=percent,
                days_valid=30,
            )
        self._add(
            "ship",
            "000096cf-6361-4d70-e169-676e44444444",
            ("Coffee at sea", "Kawa na morzu"),
            type=RewardType.CUSTOM_CAMPAIGN_CODE,
            short="Come near our ship and get a bean.",
            connect_type="geolocation",
            earning_rule="51283523-0760-474b-8c08-4ccd2b3a0f41",
            is_public=True,
        )

    def _add(
        self,
        key: str,
        uuid: str,
        names: tuple[str, str],
        *,
        cost: int | None = None,
        short: str = "",
        usage: str = "",
        conditions: str = "",
        codes: list[str] | None = None,
        **fields: Any,
    ) -> None:
        english = CampaignText(
            name=names[0],
            short_description=short,
            usage_instruction=usage,
            conditions_description=conditions,
        )
        data = CampaignData(
            type=RewardType.DISCOUNT_CODE,
            translations={"en": english, "pl": CampaignText(name=names[1])},
            is_active=True,
            levels=self.everybody,
            cost_in_points=Decimal(cost) if cost is not None else None,
            coupons=None if codes is None else tuple(codes),
            is_unlimited=True,
            days_inactive=0,
            days_valid=0,
            is_all_time_visible=True,
            is_all_time_active=True,
        )
        with next_id(RewardCampaign, uuid):
            self.made[key] = campaigns.create(
                store=self.store, data=replace(data, **fields), actor=SYSTEM, now=self.now
            )


def show_pictures(shelf: Shelf) -> None:
    """Give one reward a photo, drawn here, so that there is one to show."""
    file = BytesIO()
    side = pictures.PHOTO_SIDE_MIN
    image = Image.new("RGB", (side, side), "#f3e9dc")
    draw = ImageDraw.Draw(image)
    draw.ellipse((150, 170, 450, 470), fill="#ffffff", outline="#5e3023", width=12)
    draw.ellipse((190, 210, 410, 430), fill="#5e3023")
    draw.arc((430, 250, 530, 390), 270, 90, fill="#5e3023", width=24)
    image.save(file, "PNG")
    file.seek(0)
    # Django's file is as good as any that is read.
    upload: Any = SimpleUploadedFile("coffee.png", file.read())
    with next_id(CampaignPhoto, "08ae48fd-04b0-4a08-a2a7-fcfca3c4caf5"):
        pictures.add_photo(
            campaign=shelf.made[COFFEE],
            upload=upload,
            actor=SYSTEM,
            now=shelf.now,
        )


def _make_circles(store: Store, now: datetime) -> None:
    for uuid, condition, english, polish in CIRCLES:
        data = LevelData(
            translations={"en": LevelText(english), "pl": LevelText(polish)},
            condition_value=Decimal(condition),
            is_active=False,
        )
        with next_id(Level, uuid):
            levels.create(store=store, data=data, actor=SYSTEM, now=now)


def _make_categories(store: Store, now: datetime) -> None:
    for uuid, english, polish, place, is_active in CATEGORIES:
        data = CategoryData(
            names={"en": english, "pl": polish}, sort_order=place, is_active=is_active
        )
        with next_id(CampaignCategory, uuid):
            categories.create(store=store, data=data, actor=SYSTEM, now=now)


def _codes(prefix: str, count: int) -> list[str]:
    """Return codes that look drawn by lot, and are the same each time."""
    signs = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
    numbers = ((seed * 48_271 + 11) % 2_147_483_647 for seed in range(1, count + 1))
    return [f"{prefix}-{''.join(islice(_letters(number, signs), 6))}" for number in numbers]


def _letters(number: int, signs: str) -> Any:
    while True:
        number = (number * 16_807 + 7) % 2_147_483_647
        yield signs[number % len(signs)]
