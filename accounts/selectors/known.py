"""Who has an e-mail address, phone number or card already."""

from collections.abc import Callable, Mapping

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext, gettext_noop

from accounts import identifiers
from accounts.models import Customer
from loyalty.core.models import Store

NORMAL: dict[str, Callable[[str | None], str | None]] = {
    "email": identifiers.normal_email,
    "phone": identifiers.normal_phone,
    "loyalty_card_number": identifiers.normal_card,
}
LENGTH_MAX = 255


# What is said of the holder.
TEXTS = {
    "email": gettext_noop("%(name)s already has this e-mail."),
    "phone": gettext_noop("%(name)s already has this phone number."),
    "loyalty_card_number": gettext_noop("%(name)s already has this card."),
}


def told_of(name: str, holder: str) -> str:
    """Return, in the reader's language, who has what somebody types."""
    return gettext(TEXTS[name]) % {"name": holder or gettext("Somebody")}


def find_holder(
    store: Store, given: Mapping[str, str], *, besides: int | None = None
) -> tuple[str, Customer] | None:
    """
    Return who of a store has the first of the given identifiers, and which that is; one query.

    `given`: by the names of `NORMAL`; others are left out. `besides`: the customer at hand. The
    deleted have theirs for ever (CUS-5).
    """
    for name, normal in NORMAL.items():
        text = normal(given.get(name, "")[:LENGTH_MAX].replace("\0", ""))
        if text is None:
            continue
        others = Customer.objects.in_store(store).alias(
            lower_email=Lower("email"), lower_card=Lower("loyalty_card_number")
        )
        same = {
            "email": Q(lower_email=text),
            "phone": Q(phone=text),
            "loyalty_card_number": Q(lower_card=text.lower()),
        }
        if besides is not None:
            others = others.exclude(pk=besides)
        found = others.filter(same[name]).first()
        return None if found is None else (name, found)
    return None
