"""The program: settings, levels, points of sale and products."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from accounts.models import Level, Pos
from accounts.services import levels, pos
from accounts.services.levels import LevelData, LevelText, SpecialRewardData
from accounts.services.pos import PosData
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
