"""
What a basket would earn for the customer at the till, before it is bought. Writes nothing.

The basket is in the page's address and nowhere else: a reload shows it again, and the way back
takes the last line out.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, ngettext

from accounts.models import Customer
from accounts.selectors import balances
from earning import engine
from earning.selectors import explanations
from earning.selectors.explanations import ExplainedRule, Explanation
from earning.services import awards
from loyalty.core.errors import DomainError
from loyalty.portal import typed
from loyalty.pos.views import SellerPage
from transactions.selectors import products
from transactions.selectors.products import CENT, Product

TEXT_MAX = 255
LINES_MAX = 40
QUANTITY_MAX = Decimal(10_000)
# Of what is sold by weight.
QUANTITY_DECIMALS = 3
PRICE_MAX = Decimal(1_000_000)
# Letters that are enough to look among the names of products.
WORD_MIN = 2
NAMED = 5
# As tills take it: 3*MUG is three of them.
TIMES = re.compile(r"([0-9]{1,4}(?:[.,][0-9]{1,3})?)\s*\*\s*(.+)")

MISSING = gettext_lazy("Scan or type a product.")
NO_QUANTITY = gettext_lazy("Please type how many, such as 2 or 0.5.")
NO_PRICE = gettext_lazy("Please type a price, such as 4.20.")
NEW_PRODUCT = gettext_lazy("It was not sold here yet: type its price.")
FULL = gettext_lazy("A basket holds no more lines here.")


@dataclass(frozen=True, slots=True)
class Line:
    """So many of a product. `price`: of one."""

    product: Product
    quantity: Decimal
    price: Decimal

    @property
    def value(self) -> Decimal:
        return (self.quantity * self.price).quantize(CENT, ROUND_HALF_UP)


class Refused(Exception):
    """`field`: which field of the form it is about."""

    def __init__(self, field: str, said: str) -> None:
        super().__init__(said)
        self.field = field
        self.said = said


class Basket(SellerPage):
    """The lines so far, the field for the next one, and what they would earn and why."""

    customer: Customer

    def get(self, request: HttpRequest, *, customer: str) -> HttpResponse:
        self.customer = self.get_customer(customer)
        lines = read_lines(self, request.GET)
        if (changed := change(lines, request.GET)) is not None:
            return self.go_on(changed)
        if "product" not in request.GET:
            return self.show(lines)
        try:
            return self.go_on(add(self, lines, request.GET))
        except Refused as refusal:
            return self.show(lines, refusal=refusal)

    def go_on(self, lines: Sequence[Line]) -> HttpResponse:
        """Show a changed basket under an address of its own: a reload adds nothing twice."""
        address = self.address("basket", customer=str(self.customer.uuid))
        pairs = [
            pair
            for line in lines
            for pair in (
                ("sku", line.product.sku),
                ("quantity", written(line.quantity)),
                ("price", written(line.price)),
            )
        ]
        return HttpResponseRedirect(f"{address}?{urlencode(pairs)}" if pairs else address)

    def show(self, lines: Sequence[Line], *, refusal: Refused | None = None) -> HttpResponse:
        request = self.request
        given = {
            name: request.GET.get(name, "")[:TEXT_MAX] if refusal else ""
            for name in ("product", "count", "cost")
        }
        values = {
            "customer": self.customer.name,
            "customer_url": self.address("customer", customer=str(self.customer.uuid)),
            "basket_url": self.address("basket", customer=str(self.customer.uuid)),
            "lines": [_shown(line) for line in lines],
            "value": sum((line.value for line in lines), Decimal(0)),
            "known": products.list_recent(self.store),
            "given": given | {"count": given["count"] or "1"},
            "errors": {refusal.field: refusal.said} if refusal else {},
            # Where the next key goes: into what was refused, else to the next product.
            "first_is": {refusal.field if refusal else "product": True},
        }
        if lines:
            values |= self.answer_of(lines)
        return self.render(request, "basket", values, status=422 if refusal else 200)

    def answer_of(self, lines: Sequence[Line]) -> dict[str, Any]:
        """Return what the rules say of the basket, bought by the customer here and now."""
        now = timezone.now()
        purchase = engine.Purchase(
            lines=tuple(
                engine.Line(
                    sku=line.product.sku,
                    gross_value=line.value,
                    category=line.product.category,
                    maker=line.product.maker,
                    labels=line.product.labels,
                )
                for line in lines
            ),
            purchased_at=now,
            pos_id=self.actor.pos_id,
        )
        try:
            found = awards.simulate_at(
                store=self.store, customer=self.customer, purchase=purchase, now=now
            )
        except DomainError as refusal:
            return {"refusal": gettext(refusal.message)}
        told = explanations.explain_result(self.store, found)
        return {
            "answer": {
                "points": told.points,
                "sentence": "" if told.effective else told.sentence,
                "rules": [_reason(rule, lines) for rule in told.effective],
                "idle": [_reason(rule, lines) for rule in told.idle],
                **self.afterwards(told),
            }
        }

    def afterwards(self, told: Explanation) -> dict[str, Any]:
        """Return what the customer could spend then, or when the new points can be spent."""
        settings = self.store.settings
        days = 0 if settings.all_time_not_locked else settings.points_days_locked or 0
        balance = balances.get_active(self.customer.wallet_id, timezone.now())
        locked = ngettext(
            "They can be spent after %(days)d day.", "They can be spent after %(days)d days.", days
        ) % {"days": days}
        return {"balance": balance + told.points, "locked": locked if days else ""}


def read_lines(page: SellerPage, sent: QueryDict) -> list[Line]:
    """Return the basket that an address holds; what is no line of one is left out."""
    columns = (sent.getlist("sku"), sent.getlist("quantity"), sent.getlist("price"))
    rows = list(zip(*columns, strict=False))[:LINES_MAX]
    texts = [_clean(sku) for sku, _quantity, _price in rows]
    known = products.find_by_sku(page.store, [sku for sku in texts if sku])
    lines = []
    for sku, (_sku, quantity, price) in zip(texts, rows, strict=True):
        count, cost = _quantity(quantity), _price_of(price)
        if sku and count is not None and cost is not None:
            lines.append(Line(known.get(sku) or Product(sku, sku, cost), count, cost))
    return lines


def change(lines: Sequence[Line], sent: QueryDict) -> list[Line] | None:
    """Return the basket with one more, one fewer or none of a line; None: nobody asked."""
    for deed, by in (("more", 1), ("less", -1), ("remove", None)):
        number = sent.get(deed, "")
        if number.isdecimal() and int(number) < len(lines):
            line = lines[int(number)]
            count = Decimal(0) if by is None else min(line.quantity + by, QUANTITY_MAX)
            return _replaced(lines, int(number), count)
    return None


def add(page: SellerPage, lines: Sequence[Line], sent: QueryDict) -> list[Line]:
    """
    Return the basket with what was typed: on top of a line of the same, else as a new one.

    :raises Refused: it is no product, number or price, or the basket is full.
    """
    text, count, cost = (_clean(sent.get(name, "")) for name in ("product", "count", "cost"))
    if not text:
        if lines and not cost:
            return list(lines)
        raise Refused("product", str(MISSING))
    if times := TIMES.fullmatch(text):
        count, text = times.groups()
    product = find_product(page, text)
    quantity = _quantity(count or "1")
    if quantity is None:
        raise Refused("count", str(NO_QUANTITY))
    if product is None and not cost:
        raise Refused("cost", str(NEW_PRODUCT))
    price = _price_of(cost) if cost or product is None else product.price
    if price is None:
        raise Refused("cost", str(NO_PRICE))
    line = Line(product or Product(text, text, price), quantity, price)
    for number, other in enumerate(lines):
        if (other.product.sku, other.price) == (line.product.sku, price):
            return _replaced(lines, number, min(other.quantity + quantity, QUANTITY_MAX))
    if len(lines) >= LINES_MAX:
        raise Refused("product", str(FULL))
    return [line, *lines]


def find_product(page: SellerPage, text: str) -> Product | None:
    """
    Return what was scanned or typed: a SKU, a name, or the beginning of one; None: nothing known.

    :raises Refused: it is the beginning of several names.
    """
    if text in (found := products.find_by_sku(page.store, [text])):
        return found[text]
    sought, recent = text.casefold(), products.list_recent(page.store)
    for product in recent:
        if sought in (product.sku.casefold(), product.name.casefold()):
            return product
    if len(sought) < WORD_MIN:
        return None
    fitting = [product for product in recent if product.name.casefold().startswith(sought)]
    if len(fitting) > 1:
        names = ", ".join(product.name for product in fitting[:NAMED])
        said = gettext("Which one: %(names)s?") % {"names": names}
        raise Refused("product", said)
    return fitting[0] if fitting else None


def written(number: Decimal) -> str:
    """Write a number as it stands in addresses: 3.40 is `3.4`, 100 is `100`."""
    return f"{number.normalize():f}"


def _replaced(lines: Sequence[Line], number: int, count: Decimal) -> list[Line]:
    changed = [replace(lines[number], quantity=count)] if count > 0 else []
    return [*lines[:number], *changed, *lines[number + 1 :]]


def _clean(text: str) -> str:
    return text.replace("\x00", "").strip()[:TEXT_MAX]


def _quantity(text: str) -> Decimal | None:
    number = typed.number(text)
    if number is None or number > QUANTITY_MAX or number != round(number, QUANTITY_DECIMALS):
        return None
    return number


def _price_of(text: str) -> Decimal | None:
    """Return a price; None: it is none. What is given away costs 0."""
    number = Decimal(0) if text in ("0", "0.00", "0,00") else typed.number(text)
    if number is None or number > PRICE_MAX or number != number.quantize(CENT):
        return None
    return number


def _shown(line: Line) -> dict[str, Any]:
    return {
        "sku": line.product.sku,
        "name": line.product.name,
        "quantity": line.quantity,
        "price": line.price,
        "value": line.value,
        "sent_quantity": written(line.quantity),
        "sent_price": written(line.price),
    }


def _reason(rule: ExplainedRule, lines: Sequence[Line]) -> dict[str, Any]:
    """Return a rule's part with the names of the products that it is about."""
    told = [(change.number, change.sentence) for change in rule.changes]
    told += [(exclusion.number, exclusion.sentence) for exclusion in rule.excluded]
    return {
        "name": rule.name,
        "points": rule.points,
        "sentence": "" if rule.changes else rule.sentence,
        "lines": [
            {"name": lines[number - 1].product.name, "sentence": sentence}
            for number, sentence in told
        ],
    }
