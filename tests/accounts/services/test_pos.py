from dataclasses import replace
from typing import Any

import pytest

from accounts.models import Pos
from accounts.services import pos
from loyalty.core.actors import SYSTEM
from loyalty.core.errors import InvalidFields
from loyalty.core.models import AuditEntry
from tests.factories import PosFactory, StoreFactory
from tests.factories.accounts import LOCATION

DATA = pos.PosData(
    name="Main street",
    identifier="pos1",
    location=LOCATION | {"lat": "52.2297", "long": "21.0122"},
)

pytestmark = pytest.mark.django_db


def test_creates_a_point_of_sale_pos1() -> None:
    store = StoreFactory()

    made = pos.create(store=store, data=DATA, actor=SYSTEM)

    made.refresh_from_db()
    assert (made.name, made.identifier, made.store) == ("Main street", "pos1", store)
    assert made.location["lat"] == "52.2297"
    assert AuditEntry.objects.get(event_type="CreatePos").entity_id == str(made.uuid)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        pytest.param({"name": " "}, "name", id="name"),
        pytest.param({"identifier": ""}, "identifier", id="identifier"),
        pytest.param({"location": LOCATION | {"city": ""}}, "location.city", id="city"),
        pytest.param({"location": LOCATION | {"lat": "91"}}, "location.lat", id="latitude"),
        pytest.param({"location": LOCATION | {"long": "nan"}}, "location.long", id="nan"),
        pytest.param({"identifier": "x" * 256}, "identifier", id="long"),
    ],
)
def test_refuses(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidFields) as refusal:
        pos.create(store=StoreFactory(), data=replace(DATA, **fields), actor=SYSTEM)

    assert list(refusal.value.errors) == [field]
    assert not Pos.objects.exists()


def test_refuses_an_identifier_that_is_taken() -> None:
    shop = PosFactory(identifier="pos1")

    with pytest.raises(InvalidFields) as refusal:
        pos.create(store=shop.store, data=DATA, actor=SYSTEM)

    assert refusal.value.errors == {"identifier": ["This value is already used."]}


def test_lets_another_store_have_the_same_identifier() -> None:
    PosFactory(identifier="pos1")

    assert pos.create(store=StoreFactory(), data=DATA, actor=SYSTEM).pk


def test_update_replaces_the_whole() -> None:
    shop = PosFactory(description="Old")

    pos.update(pos=shop, data=DATA, actor=SYSTEM)

    shop.refresh_from_db()
    assert (shop.name, shop.description, shop.location["city"]) == ("Main street", "", "Warszawa")


def test_update_may_keep_the_identifier() -> None:
    shop = PosFactory(identifier="pos1")

    pos.update(pos=shop, data=DATA, actor=SYSTEM)

    shop.refresh_from_db()
    assert shop.name == "Main street"
