"""Columns of files about people, what they may hold, and how they are written. Source: 9.2."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from import_export.fields import Field
from import_export.resources import Resource
from import_export.widgets import Widget

from accounts.models import Gender
from loyalty.core.imports.kinds import NO_UUID, REQUIRED

NO_DAY = "has invalid date format (Y-m-d required)"
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
FLAGS = {"true": True, "1": True, "false": False, "0": False}


class Text(Widget):  # type: ignore[misc]  # the library is not typed
    """A text; an empty one is as if it were left out (IMP-12)."""

    def clean(self, value: Any, row: Any = None, **options: Any) -> Any:
        return value or None

    def render(self, value: Any, obj: Any = None, **options: Any) -> str:
        return "" if value is None else str(value)


class Flag(Text):
    def clean(self, value: Any, row: Any = None, **options: Any) -> bool | None:
        if not value:
            return None
        if (flag := FLAGS.get(value.lower())) is None:
            raise ValueError("should be one of: true, false")
        return flag

    def render(self, value: Any, obj: Any = None, **options: Any) -> str:
        return "true" if value else "false"


class Choice(Text):
    def __init__(self, values: Sequence[str]) -> None:
        super().__init__()
        self.values = values

    def clean(self, value: Any, row: Any = None, **options: Any) -> str | None:
        if value and value not in self.values:
            raise ValueError(f"should be one of: {', '.join(self.values)}")
        return value or None


class Day(Text):
    def clean(self, value: Any, row: Any = None, **options: Any) -> date | None:
        if not value:
            return None
        if not DAY.fullmatch(value):
            raise ValueError(NO_DAY)
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise ValueError(NO_DAY) from error


class Id(Text):
    def clean(self, value: Any, row: Any = None, **options: Any) -> UUID | None:
        if not value:
            return None
        try:
            return UUID(value)
        except ValueError as error:
            raise ValueError(NO_UUID) from error

    def render(self, value: Any, obj: Any = None, **options: Any) -> str:
        return "" if value is None else str(getattr(value, "uuid", value))


class Part(Field):  # type: ignore[misc]  # the library is not typed
    """One key of an address or of a company."""

    def get_value(self, instance: Any, **options: Any) -> Any:
        block, key = self.column_name.split(".")
        return getattr(instance, block).get(key)


class CustomerResource(Resource):  # type: ignore[misc]  # as above
    """A customer's columns: path of the node in an XML file, with dots, and heading of a table."""

    email = Field("email", "email", Text())
    first_name = Field("first_name", "firstName", Text())
    last_name = Field("last_name", "lastName", Text())
    active = Field("is_active", "active", Flag())
    send_activation_mail = Field("is_told", "sendActivationMail", Flag())
    gender = Field("gender", "gender", Choice(Gender.values))
    birth_date = Field("birth_date", "birthDate", Day())
    phone = Field("phone", "phone", Text())
    loyalty_card_number = Field("loyalty_card_number", "loyaltyCardNumber", Text())
    agreement1 = Field("agreement1", "agreement1", Flag())
    agreement2 = Field("agreement2", "agreement2", Flag())
    agreement3 = Field("agreement3", "agreement3", Flag())
    level_id = Field("level", "levelId", Id())
    pos_id = Field("pos", "posId", Id())
    seller_id = Field("seller", "sellerId", Id())
    address_street = Part(None, "address.street", Text())
    address_address1 = Part(None, "address.address1", Text())
    address_address2 = Part(None, "address.address2", Text())
    address_postal = Part(None, "address.postal", Text())
    address_city = Part(None, "address.city", Text())
    address_province = Part(None, "address.province", Text())
    address_country = Part(None, "address.country", Text())
    company_name = Part(None, "company.name", Text())
    company_nip = Part(None, "company.nip", Text())


# What else files call these columns, in English and in Polish.
EMAIL_WORDS = ("e-mail address", "mail", "adres e-mail", "poczta")
PHONE_WORDS = (
    *("phone number", "phone no", "telephone", "mobile", "mobile phone", "cell phone"),
    *("telefon", "numer telefonu", "nr telefonu", "tel", "komórka", "telefon komórkowy"),
)
CARD_WORDS = (
    *("card number", "card no", "card", "loyalty card", "loyalty card no"),
    *("numer karty", "nr karty", "karta", "numer karty lojalnościowej"),
)
WORDS = {
    "email": EMAIL_WORDS,
    "firstName": ("given name", "forename", "imię", "pierwsze imię"),
    "lastName": ("surname", "family name", "nazwisko"),
    "active": ("is active", "enabled", "aktywny", "aktywna", "czy aktywny"),
    "gender": ("sex", "płeć"),
    "birthDate": ("date of birth", "birthday", "dob", "data urodzenia", "urodziny"),
    "phone": PHONE_WORDS,
    "loyaltyCardNumber": CARD_WORDS,
    "agreement1": ("terms", "terms accepted", "rules", "regulamin", "akceptacja regulaminu"),
    "agreement2": ("marketing", "marketing consent", "newsletter", "zgoda marketingowa"),
    "agreement3": ("data processing", "data processing consent", "przetwarzanie danych"),
    "levelId": ("id poziomu",),
    "posId": ("point of sale id", "id punktu sprzedaży"),
    "sellerId": ("id sprzedawcy",),
    "address.street": ("ulica",),
    "address.address1": ("house number", "numer domu", "nr domu"),
    "address.address2": ("flat number", "apartment", "numer mieszkania", "nr mieszkania"),
    "address.postal": ("zip", "zip code", "postcode", "postal code", "kod pocztowy"),
    "address.city": ("town", "miasto", "miejscowość"),
    "address.province": ("state", "region", "województwo"),
    "address.country": ("country code", "kraj"),
    "company.name": ("company", "firma", "nazwa firmy"),
    "company.nip": ("tax id", "tax number", "vat id", "vat number", "numer nip"),
    "labels": ("etykiety",),
}
REQUIRED_COLUMNS = ("email", "firstName", "lastName", "active", "gender", "agreement1")


class Columns:
    """The cleaning of a resource's columns, read once: the library looks them up for each row."""

    def __init__(self, resource: Any, required: Sequence[str]) -> None:
        fields = resource().fields.values()
        self.cleaners = [(field.column_name, field.widget.clean) for field in fields]
        self.names = tuple(name for name, _clean in self.cleaners)
        self.required = frozenset(required)
        # Most columns of most rows are empty.
        self.empty = {name: clean("") for name, clean in self.cleaners}

    def clean(self, row: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, list[str]]]:
        """Return the values by column, None for what is left out, and what is wrong with them."""
        values = self.empty.copy()
        faults: dict[str, list[str]] = {}
        for name, clean in self.cleaners:
            if text := row.get(name):
                try:
                    values[name] = clean(text)
                except ValueError as error:
                    del values[name]
                    faults[name] = [str(error)]
                    continue
            if name in self.required and values[name] is None:
                faults[name] = [REQUIRED]
        return values, faults


CUSTOMERS = Columns(CustomerResource, REQUIRED_COLUMNS)
