"""Some hundreds of customers, and a year of their purchases, returns and rewards."""

import bisect
import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import connection

from accounts.models import Customer, Gender, Pos
from accounts.services import customers, points_jobs
from accounts.services.customers import Registration
from campaigns.models import Coupon, RewardCampaign
from campaigns.services import coupon_jobs, rewards
from campaigns.services.refusals import NotEnoughPoints
from loyalty.core.actors import SYSTEM
from loyalty.core.models import Store
from loyalty.demo.program import PRODUCTS, Product
from loyalty.demo.rewards import use
from loyalty.demo.shelf import Shelf
from transactions.models import DocumentType
from transactions.services import purchases
from transactions.services.documents import Buyer, Document, Label, Line

SEED = 4_217
CUSTOMERS = 300
DAYS = 365
# Of every hundred receipts: whose buyer showed no card, and who brought something back.
STRANGERS_PERCENT, RETURNS_PERCENT = 4, 2

# Monday to Sunday, January to December, and the hours from 7 on.
WEEKDAYS = (8, 8, 9, 10, 13, 16, 11)
MONTHS = (7, 7, 8, 8, 9, 9, 8, 8, 9, 10, 11, 14)
HOURS = (9, 14, 12, 9, 7, 9, 8, 7, 8, 9, 7, 4, 2)
OPENING_HOUR = 7
# Where, by the share of all: the points of sale in their order.
PLACES = (40, 32, 20, 8)
# Share of customers, visits a year.
HABITS = ((60, (2, 6)), (30, (8, 18)), (10, (24, 50)))
# How often each reward is wanted, in the shelf's order.
WANTED = (6, 3, 2)
# Of every hundred coupons: which are used.
USED_PERCENT = 70
WOMEN = [
    "Anna",
    "Maria",
    "Katarzyna",
    "Zofia",
    "Julia",
    "Hanna",
    "Alicja",
    "Ewa",
    "Olga",
    "Emma",
    "Lena",
    "Clara",
    "Sofia",
    "Nora",
]
MEN = [
    "Jan",
    "Piotr",
    "Adam",
    "Marek",
    "Tomasz",
    "Jakub",
    "Filip",
    "Leon",
    "Oskar",
    "Hugo",
    "Paul",
    "Lukas",
    "Viktor",
    "Daniel",
]
NAMES = [
    "Nowak",
    "Kowal",
    "Lis",
    "Zima",
    "Wrona",
    "Mazur",
    "Krol",
    "Baran",
    "Sroka",
    "Dudek",
    "Wilk",
    "Sikora",
    "Adler",
    "Berg",
    "Fischer",
    "Klein",
    "Novak",
    "Horak",
    "Moreau",
    "Rossi",
    "Silva",
    "Jensen",
    "Hansen",
    "Meyer",
    "Walsh",
    "Byrne",
    "Murphy",
    "Clarke",
    "Evans",
    "Hughes",
]
# The first digits of mobile numbers.
MOBILES = (501, 512, 601, 604, 692, 728)
# In the order of the points of sale.
CITIES = (
    ("Wrocław", "50-101", "Dolnośląskie"),
    ("Warszawa", "00-112", "Mazowieckie"),
    ("Kraków", "31-056", "Małopolskie"),
    ("Poznań", "61-888", "Wielkopolskie"),
)


@dataclass(order=True)
class Happening:
    """Something that happens at a moment; `number` orders what happens at the same one."""

    at: datetime
    number: int
    happen: Callable[[datetime], None] = field(compare=False)


class Year:
    """
    A year of a store, told in the order of time: each command sees what was before it.

    Everything is drawn from one seeded generator, in one order.
    """

    def __init__(self, store: Store, places: list[Pos], shelf: Shelf, *, until: datetime) -> None:
        self.store = store
        self.places = places
        self.shelf = shelf
        self.until = until
        self.zone = ZoneInfo(store.settings.timezone)
        self.dice = random.Random(SEED)  # noqa: S311 - a story, not a secret
        self.numbers = itertools.count(1)
        self.happenings: list[Happening] = []
        self.first_day = until.astimezone(self.zone).date() - timedelta(days=DAYS)
        self.day_weights = list(itertools.accumulate(map(_weight, self._days(self.first_day))))

    def plan(self, regulars: list[Customer]) -> None:
        """Lay out everybody's year; `regulars` are customers already, and come often."""
        for customer in regulars:
            self._plan_visits(_Guest(customer), self.first_day, visits=(20, 30))
        for number in range(CUSTOMERS):
            self._plan_newcomer(number)
        for month in range(13):
            self._at(self.until - timedelta(days=30 * month), _end_month)

    def live(self) -> None:
        for happening in sorted(self.happenings):
            happening.happen(happening.at)

    def _at(self, moment: datetime, happen: Callable[[datetime], None]) -> None:
        self.happenings.append(Happening(moment, next(self.numbers), happen))

    def _plan_newcomer(self, number: int) -> None:
        # More come every month: the square root crowds them towards the end.
        joined = self.first_day + timedelta(days=int(DAYS * self.dice.random() ** 0.7 * 0.97))
        guest = _Guest()
        registration = self._registration(number)
        moment = self._moment(joined)

        def join(at: datetime) -> None:
            guest.customer = customers.register(
                store=self.store, data=registration, actor=SYSTEM, now=at
            )

        self._at(moment, join)
        [visits] = self.dice.choices(
            [visits for _, visits in HABITS], [share for share, _ in HABITS]
        )
        self._plan_visits(guest, joined + timedelta(days=1), visits=visits)

    def _plan_visits(self, guest: "_Guest", first: date, *, visits: tuple[int, int]) -> None:
        share = (self.until.astimezone(self.zone).date() - first).days / DAYS
        for _ in range(max(1, round(self.dice.randint(*visits) * share))):
            self._plan_purchase(guest, self._moment(self._day(first)))

    def _plan_purchase(self, guest: "_Guest", moment: datetime) -> None:
        if moment >= self.until:
            return
        place = self.dice.choices(self.places, PLACES)[0]
        lines = tuple(self._lines(moment, is_web=place.identifier == "web"))
        number = f"{place.identifier.upper()}-{next(self.numbers):06d}"
        is_stranger = self.dice.randrange(100) < STRANGERS_PERCENT
        stranger = self._stranger() if is_stranger else None

        def buy(at: datetime) -> None:
            document = Document(
                number=number,
                lines=lines,
                buyer=stranger or guest.as_buyer(),
                purchased_at=at,
                purchase_place=place.name,
                pos_uuid=place.uuid,
            )
            purchases.register(store=self.store, document=document, actor=SYSTEM, now=at)

        self._at(moment, buy)
        if is_stranger:
            return
        if self.dice.randrange(100) < RETURNS_PERCENT:
            self._plan_return(guest, number, lines, place, moment)
        if self.dice.randrange(100) < 12:
            self._plan_reward(guest, moment + timedelta(minutes=5))

    def _plan_reward(self, guest: "_Guest", moment: datetime) -> None:
        """Let somebody take a reward, and perhaps use it on one of the next days."""
        [campaign] = self.dice.choices(self.shelf.sold, WANTED)
        used_after = timedelta(days=self.dice.randint(0, 25), minutes=self.dice.randint(1, 600))
        is_used = self.dice.randrange(100) < USED_PERCENT
        taken: list[Coupon] = []
        self._at(moment, lambda at: taken.extend(guest.take(campaign, at)))
        if is_used and moment + used_after < self.until:

            def use_it(at: datetime) -> None:
                for coupon in taken:
                    assert guest.customer is not None, "Nobody uses what they have not taken."
                    use(coupon, campaign, guest.customer, now=at)

            self._at(moment + used_after, use_it)

    def _plan_return(
        self, guest: "_Guest", number: str, lines: tuple[Line, ...], place: Pos, bought: datetime
    ) -> None:
        moment = bought + timedelta(days=self.dice.randint(1, 12))
        if moment >= self.until:
            return

        def bring_back(at: datetime) -> None:
            document = Document(
                number=f"{number}-R",
                type=DocumentType.RETURN,
                revised_number=number,
                lines=lines[:1],
                buyer=guest.as_buyer(),
                purchased_at=at,
                purchase_place=place.name,
                pos_uuid=place.uuid,
            )
            purchases.register(store=self.store, document=document, actor=SYSTEM, now=at)

        self._at(moment, bring_back)

    def _stranger(self) -> Buyer:
        """Make up somebody who wants a receipt and is no customer."""
        return Buyer(
            name=f"{self.dice.choice(WOMEN)} {self.dice.choice(NAMES)}",
            email=f"guest.{self.dice.randrange(10_000):04d}@example.com",
            address=self._address(),
        )

    def _address(self) -> dict[str, str]:
        city, postal, province = self.dice.choice(CITIES)
        return {
            "street": self.dice.choice(("Polna", "Leśna", "Szkolna", "Ogrodowa", "Krótka")),
            "address1": str(self.dice.randint(1, 90)),
            "postal": postal,
            "city": city,
            "province": province,
            "country": "PL",
        }

    def _lines(self, moment: datetime, *, is_web: bool) -> Iterator[Line]:
        # The web shop sends goods, not coffee.
        shelf = [each for each in PRODUCTS if not is_web or each.category in {"Beans", "Goods"}]
        weights = [each.weight * _season(each, moment) for each in shelf]
        how_many = self.dice.choices((1, 2, 3, 4, 5), (30, 34, 20, 10, 6))[0]
        bought = self.dice.choices(shelf, weights, k=how_many)
        for product in dict.fromkeys(bought):
            yield _line(product, bought.count(product))
        if is_web:
            yield Line("DELIVERY", "Delivery", Decimal(1), Decimal("4.90"), "Delivery", "Post")

    def _registration(self, number: int) -> Registration:
        dice = self.dice
        is_woman = dice.random() < 0.55
        first_name = dice.choice(WOMEN if is_woman else MEN)
        last_name = dice.choice(NAMES)
        address = self._address()
        phone = f"+48{dice.choice(MOBILES)}{number:03d}{dice.randrange(1000):03d}"
        return Registration(
            first_name=first_name,
            last_name=last_name,
            email=f"{first_name}.{last_name}.{number + 1}@example.com".lower(),
            phone=phone,
            loyalty_card_number=f"21{number:06d}" if dice.random() < 0.7 else None,
            gender=Gender.FEMALE if is_woman else Gender.MALE,
            birth_date=date(dice.randint(1950, 2004), dice.randint(1, 12), dice.randint(1, 28)),
            address=address,
            agreement1=True,
            agreement2=dice.random() < 0.4,
            pos=self.places[[city for city, _, _ in CITIES].index(address["city"])],
        )

    def _days(self, first: date) -> Iterator[date]:
        return (first + timedelta(days=number) for number in range(DAYS))

    def _day(self, first: date) -> date:
        """Draw a day from `first` on: weekends and December are busier than a Monday in January."""
        skipped = (first - self.first_day).days
        below = self.day_weights[skipped - 1] if skipped > 0 else 0
        drawn = self.dice.uniform(below, self.day_weights[-1])
        place = min(bisect.bisect_left(self.day_weights, drawn), DAYS - 1)
        return self.first_day + timedelta(days=place)

    def _moment(self, day: date) -> datetime:
        hour = OPENING_HOUR + self.dice.choices(range(len(HOURS)), HOURS)[0]
        minute, second = self.dice.randrange(60), self.dice.randrange(60)
        return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=self.zone)


@dataclass
class _Guest:
    """A customer, from when they have registered on."""

    customer: Customer | None = None

    def as_buyer(self) -> Buyer:
        assert self.customer is not None, "Nobody buys before they have registered."
        return Buyer(
            name=self.customer.name,
            email=self.customer.email or "",
            loyalty_card_number=self.customer.loyalty_card_number or "",
            address=self.customer.address,
        )

    def take(self, campaign: RewardCampaign, at: datetime) -> list[Coupon]:
        """Buy a reward, if there are points enough."""
        assert self.customer is not None
        try:
            return rewards.buy(campaign=campaign, customer=self.customer, actor=SYSTEM, now=at)
        except NotEnoughPoints:
            return []


def _end_month(at: datetime) -> None:
    points_jobs.expire_due(at)
    coupon_jobs.expire_due(at)
    # All happens in one transaction, which autovacuum does not see: PostgreSQL would go on
    # reading every table from end to end, as it did when they were empty.
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _line(product: Product, quantity: int) -> Line:
    return Line(
        sku=product.sku,
        name=product.name,
        quantity=Decimal(quantity),
        gross_value=product.price * quantity,
        category=product.category,
        maker=product.maker,
        labels=tuple(Label(key, value) for key, value in product.labels),
    )


def _weight(day: date) -> int:
    return WEEKDAYS[day.weekday()] * MONTHS[day.month - 1]


def _season(product: Product, moment: datetime) -> float:
    """Return how much more often a product is bought in a season."""
    if product.sku == "COLDBREW":
        return 3.0 if 5 <= moment.month <= 8 else 0.3
    if product.category == "Goods":
        return 3.0 if moment.month == 12 else 1.0
    return 1.0
