"""The program: settings, levels, points of sale, products and earning rules."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from accounts.models import Level, Pos
from accounts.services import levels, pos
from accounts.services.levels import LevelData, LevelText, SpecialRewardData
from accounts.services.pos import PosData
from earning.models import (
    EarningRule,
    LimitPeriod,
    ReferralEvent,
    RewardedPerson,
    RuleType,
    StoreEvent,
)
from earning.services import rules
from earning.services.rules import LabelMultiplier, Limit, RuleData, Target
from loyalty.core.actors import SYSTEM
from loyalty.core.models import Store
from loyalty.core.services import stores
from loyalty.demo.ids import next_id

SETTINGS = {
    "programName": "Morning Bean Club",
    "programPointsSingular": "bean",
    "programPointsPlural": "beans",
    "helpEmailAddress": "club@example.com",
    "pointsDaysExpiryAfter": "after_x_days",
    "pointsDaysActiveCount": 180,
    "excludedDeliverySKUs": ["DELIVERY"],
}
# id, condition in euros, reward as a fraction, names in English and Polish.
LEVELS = (
    ("e82c96cf-32a3-43bd-9034-4df343e50000", "0", "0", "Basic", "Podstawowy"),
    ("e82c96cf-32a3-43bd-9034-4df343e51111", "20", "0.05", "Bronze", "Brązowy"),
    ("e82c96cf-32a3-43bd-9034-4df343e52222", "200", "0.1", "Silver", "Srebrny"),
    ("e82c96cf-32a3-43bd-9034-4df343e53333", "999", "0.15", "Gold", "Złoty"),
    ("000096cf-32a3-43bd-9034-4df343e5fd93", "10000", "0.2", "Partner", "Partner"),
)
# id, identifier, name, street, number, postal code, city, province, latitude, longitude.
PLACES = (
    (
        *("00000000-0000-474c-1111-b0dd880c07e2", "pos1", "Rynek", "Rynek", "12", "50-101"),
        *("Wrocław", "Dolnośląskie", "51.1099", "17.0326"),
    ),
    (
        *("00000000-0000-474c-1111-b0dd880c07e3", "pos2", "Bagno", "Bagno", "2", "00-112"),
        *("Warszawa", "Mazowieckie", "52.2364", "21.0020"),
    ),
    (
        *("00000000-0000-474c-1111-b0dd880c07e4", "pos3", "Kazimierz", "Józefa", "7", "31-056"),
        *("Kraków", "Małopolskie", "50.0515", "19.9447"),
    ),
    (
        *("00000000-0000-474c-1111-b0dd880c07e5", "web", "Web shop", "Składowa", "4", "61-888"),
        *("Poznań", "Wielkopolskie", "52.4006", "16.9194"),
    ),
)
FAIR_TRADE = ("origin", "fair-trade")


@dataclass(frozen=True)
class Product:
    """`price`: euros. `weight`: how often it is bought, by the share of all."""

    sku: str
    name: str
    category: str
    maker: str
    price: Decimal
    weight: int
    labels: tuple[tuple[str, str], ...] = ()


PRODUCTS = tuple(
    Product(sku, name, category, maker, Decimal(price), weight, labels)
    for sku, name, category, maker, price, weight, labels in (
        ("ESPRESSO", "Espresso", "Coffee", "Morning Bean", "2.20", 14, ()),
        ("CAPPUCCINO", "Cappuccino", "Coffee", "Morning Bean", "3.40", 22, ()),
        ("FLATWHITE", "Flat white", "Coffee", "Morning Bean", "3.60", 16, ()),
        ("COLDBREW", "Cold brew", "Coffee", "Morning Bean", "4.10", 8, ()),
        ("TEA-GREEN", "Green tea", "Tea", "Leaf & Co", "2.90", 7, (FAIR_TRADE,)),
        ("CROISSANT", "Butter croissant", "Bakery", "Brot & Söhne", "2.50", 18, ()),
        ("CAKE-CARROT", "Carrot cake", "Bakery", "Brot & Söhne", "4.20", 9, ()),
        ("SANDWICH", "Cheese sandwich", "Kitchen", "Brot & Söhne", "5.80", 8, ()),
        ("BEANS-250", "House blend, 250 g", "Beans", "Morning Bean", "8.90", 5, (FAIR_TRADE,)),
        ("BEANS-1000", "House blend, 1 kg", "Beans", "Morning Bean", "29.50", 2, (FAIR_TRADE,)),
        ("MUG", "Mug", "Goods", "Studio Ton", "14.00", 2, ()),
        ("GRINDER", "Hand grinder", "Goods", "Hario", "48.00", 1, ()),
    )
)


def configure(store: Store, *, now: datetime) -> Store:
    form = store.settings.as_wire() | SETTINGS
    store = stores.change_settings(store=store, form=form, actor=SYSTEM, now=now)
    return stores.update(store=store, name="Morning Bean", is_active=True, actor=SYSTEM, now=now)


def open_outlet(*, now: datetime) -> None:
    """Open the second store, which the chapter Store shows, renames and closes."""
    with next_id(Store, "cbc362ae-aa53-46d2-bc98-422ab249ac0b"):
        stores.create(
            code="OUTLET", name="Morning Bean Outlet", currency="EUR", actor=SYSTEM, now=now
        )


def make_levels(store: Store, *, now: datetime) -> list[Level]:
    return [
        _make_level(store, uuid, condition, reward, {"en": english, "pl": polish}, now)
        for uuid, condition, reward, english, polish in LEVELS
    ]


def _make_level(
    store: Store, uuid: str, condition: str, reward: str, names: dict[str, str], now: datetime
) -> Level:
    special = SpecialRewardData(
        name="Birthday coffee",
        value=Decimal(1),
        code="birthday",
        start_at=now,
        end_at=now + timedelta(days=2 * 365),
    )
    data = LevelData(
        translations={locale: LevelText(name) for locale, name in names.items()},
        condition_value=Decimal(condition),
        reward_name=f"{names['en']} discount" if Decimal(reward) else "",
        reward_value=Decimal(reward),
        reward_code=names["en"].lower() if Decimal(reward) else "",
        special_rewards=(special,) if Decimal(condition) >= 200 else (),
    )
    with next_id(Level, uuid):
        return levels.create(store=store, data=data, actor=SYSTEM, now=now)


def make_places(store: Store, *, now: datetime) -> list[Pos]:
    places = []
    for uuid, identifier, name, street, number, postal, city, province, lat, long in PLACES:
        location = {
            "street": street,
            "address1": number,
            "postal": postal,
            "city": city,
            "province": province,
            "country": "PL",
            "lat": lat,
            "long": long,
        }
        data = PosData(
            name=f"{city}, {name}" if identifier != "web" else name,
            identifier=identifier,
            location=location,
        )
        with next_id(Pos, uuid):
            places.append(pos.create(store=store, data=data, actor=SYSTEM, now=now))
    return places


def make_rules(store: Store, steps: list[Level], *, now: datetime) -> None:
    """Make the rules; the year of purchases begins at `now`."""
    everybody = tuple(str(level.uuid) for level in steps)
    year = now.year if now.month < 6 else now.year + 1
    summer = now.replace(year=year, month=6, day=1)
    for uuid, kind, data in (
        (
            "00000000-0000-474c-b092-b0dd880c0120",
            RuleType.POINTS,
            RuleData(
                name="General spending rule - 2.3",
                description="2.3 beans for every euro, delivery aside.",
                target=Target.LEVEL,
                levels=everybody,
                point_value=Decimal("2.3"),
            ),
        ),
        (
            "00000000-0000-474c-b092-b0dd880c0122",
            RuleType.POINTS,
            RuleData(
                name="Opening week in Kraków",
                description="One more bean for every euro in the first two weeks.",
                target=Target.LEVEL,
                levels=everybody,
                pos=(PLACES[2][0],),
                is_all_time_active=False,
                start_at=now + timedelta(days=30),
                end_at=now + timedelta(days=44),
                point_value=Decimal(1),
            ),
        ),
        (
            "000096cf-32a3-43bd-9034-4df343e5fd93",
            RuleType.MULTIPLY_FOR_PRODUCT,
            RuleData(
                name="Cold brew summer",
                description="Triple beans on cold brew from June to August.",
                target=Target.LEVEL,
                levels=everybody,
                is_all_time_active=False,
                start_at=summer,
                end_at=summer + timedelta(days=92),
                sku_ids=("COLDBREW",),
                multiplier=Decimal(3),
            ),
        ),
        (
            "00000000-0000-474c-b092-b0dd880c0726",
            RuleType.PRODUCT_PURCHASE,
            RuleData(
                name="A kilo for home",
                description="50 beans for every kilo of our house blend.",
                target=Target.LEVEL,
                levels=everybody,
                sku_ids=("BEANS-1000",),
                points_amount=Decimal(50),
            ),
        ),
        (
            "7d482776-318a-48dd-90cd-6b3f06a3f4e8",
            RuleType.MULTIPLY_BY_PRODUCT_LABELS,
            RuleData(
                name="Fair trade counts double",
                description="Double beans on everything traded fairly, from Bronze up.",
                target=Target.LEVEL,
                levels=everybody[1:],
                label_multipliers=(
                    LabelMultiplier(key=FAIR_TRADE[0], value=FAIR_TRADE[1], multiplier=Decimal(2)),
                ),
            ),
        ),
        *_occasion_rules(everybody),
    ):
        with next_id(EarningRule, uuid):
            rules.create(store=store, type=kind, data=data, actor=SYSTEM, now=now)


def _referral_rules(everybody: tuple[str, ...]) -> list[tuple[str, RuleType, RuleData]]:
    return [
        (
            "00000000-0000-474c-b092-b0dd880c0731",
            RuleType.REFERRAL,
            RuleData(
                name="Bring a friend",
                description="20 beans for you and for the friend whom you bring to the club.",
                target=Target.LEVEL,
                levels=everybody,
                event_name=ReferralEvent.REGISTER.value,
                reward_type=RewardedPerson.BOTH.value,
                points_amount=Decimal(20),
            ),
        ),
        (
            "00000000-0000-474c-b092-b0dd880c0732",
            RuleType.REFERRAL,
            RuleData(
                name="A friend's first cup",
                description="50 more beans for you when your friend buys for the first time.",
                target=Target.LEVEL,
                levels=everybody,
                event_name=ReferralEvent.FIRST_PURCHASE.value,
                reward_type=RewardedPerson.REFERRER.value,
                points_amount=Decimal(50),
            ),
        ),
    ]


def _occasion_rules(everybody: tuple[str, ...]) -> list[tuple[str, RuleType, RuleData]]:
    """Return the rules that the reference reports events, a code and a place to."""
    return [
        (
            "00000000-0000-474c-b092-b0dd880c0121",
            RuleType.CUSTOM_EVENT,
            RuleData(
                name="A like on Facebook",
                description="100 beans, once, for liking our page.",
                target=Target.LEVEL,
                levels=everybody,
                event_name="facebook_like",
                points_amount=Decimal(100),
                limit=Limit(is_active=True, period=LimitPeriod.FOREVER.value, uses=1),
            ),
        ),
        (
            "7664138c-b5a4-4dcd-80ba-0049a92166db",
            RuleType.CUSTOM_EVENT,
            RuleData(
                name="Cupping evening",
                description="12 beans for every evening that you taste with us.",
                target=Target.LEVEL,
                levels=everybody,
                event_name="customerAttendedEvent",
                points_amount=Decimal(12),
                limit=Limit(is_active=True, period=LimitPeriod.DAY.value, uses=1),
            ),
        ),
        (
            "00000000-0000-474c-b092-b0dd880c0725",
            RuleType.EVENT,
            RuleData(
                name="Newsletter",
                description="85 beans for subscribing to our newsletter.",
                is_active=False,
                target=Target.LEVEL,
                levels=everybody,
                event_name=StoreEvent.NEWSLETTER.value,
                points_amount=Decimal(85),
            ),
        ),
        (
            "e378c813-2116-448a-b125-564cef15f932",
            RuleType.QRCODE,
            RuleData(
                name="The code on the cup",
                description="10 beans for scanning it, once a day.",
                target=Target.LEVEL,
                levels=everybody,
                code="abccode",
                points_amount=Decimal(10),
                limit=Limit(is_active=True, period=LimitPeriod.DAY.value, uses=1),
            ),
        ),
        (
            "51283523-0760-474b-8c08-4ccd2b3a0f41",
            RuleType.GEOLOCATION,
            RuleData(
                name="Coffee at sea",
                description="1 bean for coming near our ship.",
                target=Target.LEVEL,
                levels=everybody,
                latitude=Decimal("52.05"),
                longitude=Decimal("-21.05"),
                radius=Decimal(5),
                points_amount=Decimal(1),
            ),
        ),
        *_referral_rules(everybody),
    ]
