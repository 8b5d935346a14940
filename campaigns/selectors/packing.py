"""What goes into which parcel."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from campaigns.models import Coupon

# In the order in which they are written on a letter, each line of several words.
LINES = (("street", "address1", "address2"), ("postal", "city"), ("province",), ("country",))


@dataclass
class Parcel:
    """
    Gifts that go to one person at one address. `is_todays`: the address is the customer's of
    today: with the purchase none was kept.
    """

    customer_id: int
    name: str
    phone: str
    lines: tuple[str, ...]
    is_todays: bool
    coupons: list[Coupon] = field(default_factory=list)


def parcels_of(coupons: Iterable[Coupon]) -> list[Parcel]:
    """
    Return the parcels of bought rewards, in their order. Needs their customers; runs no query.

    Who and where is as it was when the reward was bought (BUY-10).
    """
    found: dict[tuple[Any, ...], Parcel] = {}
    for coupon in coupons:
        customer = coupon.customer
        lines = lines_of(coupon.shipping_address)
        is_todays = not lines
        lines = lines or lines_of(customer.address)
        name = f"{coupon.customer_first_name} {coupon.customer_last_name}".strip()
        key = (customer.pk, name, lines)
        if key not in found:
            phone = coupon.customer_phone or customer.phone or ""
            found[key] = Parcel(
                customer.pk, name or customer.name, phone, lines, is_todays and bool(lines)
            )
        found[key].coupons.append(coupon)
    return list(found.values())


def lines_of(address: Mapping[str, str]) -> tuple[str, ...]:
    """Return an address as the lines of a letter; none where there is none."""
    lines = (" ".join(address[key] for key in keys if address.get(key)) for keys in LINES)
    return tuple(line for line in lines if line)
