"""Read whom a row of an XML file names. Source: campaigns-people spec 9.4, 9.5."""

from uuid import UUID

from accounts import resources
from accounts.selectors.customers import Named
from loyalty.core.errors import InvalidFields
from loyalty.core.imports.kinds import NO_UUID, uuid_of
from loyalty.core.xml_rows import Row, text_of

# In the order in which they are tried.
NODES = ("customerId", "customerEmail", "customerLoyaltyCardNumber", "customerPhoneNumber")
# What else tables call these columns.
WORDS = {
    "customerId": ("customer", "member id", "klient", "id klienta"),
    "customerEmail": ("email", *resources.EMAIL_WORDS, "email klienta"),
    "customerLoyaltyCardNumber": ("loyalty card number", *resources.CARD_WORDS),
    "customerPhoneNumber": ("phone", *resources.PHONE_WORDS),
}


def read_named(row: Row) -> Named:
    """
    Return the identifiers of a row.

    :raises InvalidFields: its id is none.
    """
    uuid, email, card, phone = (text_of(row, node) for node in NODES)
    return Named(
        uuid=_uuid(uuid) if uuid else None,
        email=email,
        loyalty_card_number=card,
        phone=phone,
    )


def first_identifier(row: Row) -> str:
    return next(filter(None, (text_of(row, node) for node in NODES)), "")


def _uuid(text: str) -> UUID:
    if (uuid := uuid_of(text)) is None:
        raise InvalidFields({"customerId": [NO_UUID]})
    return uuid
