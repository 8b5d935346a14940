"""Source: GEN-1, GEN-2."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rest_framework import serializers

from loyalty.core.api.forms import Amount, DateTime, Day, Form, FormRefused, check, refusal_of
from loyalty.core.api.parsing import parse_json
from loyalty.core.errors import DomainError, InvalidFields


class LineForm(Form):
    sku = serializers.CharField(source="code")
    value = Amount(required=False)


class AddressForm(Form):
    city = serializers.CharField()
    street = serializers.CharField(required=False, allow_blank=True)


class OrderForm(Form):
    name = serializers.CharField()
    isPaid = serializers.BooleanField(source="is_paid", required=False)
    count = serializers.IntegerField(required=False, allow_null=True)
    paidAt = DateTime(source="paid_at", required=False)
    bornAt = Day(source="born_at", required=False, allow_null=True)
    address = AddressForm(required=False)
    lines = LineForm(many=True, required=False)
    tags = serializers.ListField(child=serializers.CharField(), required=False)


CLEAN: dict[str, Any] = {
    "name": {},
    "isPaid": {},
    "count": {},
    "paidAt": {},
    "bornAt": {},
    "address": {"children": {"city": {}, "street": {}}},
    "lines": {},
    "tags": {},
}


def bound(**data: Any) -> OrderForm:
    return OrderForm(data={"name": "x"} | data, context={"zone": ZoneInfo("Europe/Warsaw")})


def values(**data: Any) -> dict[str, Any]:
    result: dict[str, Any] = check(bound(**data))
    return result


def layout(**data: Any) -> dict[str, Any]:
    with pytest.raises(FormRefused) as refusal:
        check(bound(**data))
    return refusal.value.layout


@pytest.mark.parametrize(
    ("flag", "meant"),
    [("1", True), ("0", False), ("true", True), ("false", False), (True, True), (" 1", True)],
)
def test_flags(flag: Any, meant: bool):
    assert values(isPaid=flag)["is_paid"] is meant


def test_an_empty_text_is_an_omission():
    found = values(isPaid="", count="", paidAt="", bornAt="", tags="", address="", lines="")

    # What may be none becomes none; what may not is left out.
    assert found == {"name": "x", "count": None, "born_at": None, "tags": [], "lines": []} | {
        key: found[key] for key in found if key == "address"
    }


def test_a_null_is_an_omission_where_nothing_may_be_null():
    assert values(isPaid=None, tags=None) == {"name": "x"}


def test_a_number_does_for_a_text():
    assert values(name=parse_json(b"12.50"))["name"] == "12.50"


def test_dates_are_read_in_the_stores_zone():
    assert values(paidAt="2017-10-05 10:59")["paid_at"] == datetime(2017, 10, 5, 8, 59, tzinfo=UTC)


def test_what_the_form_does_not_know_is_ignored():
    assert values(shoe={"size": 43}) == {"name": "x"}


def test_lists_every_child_and_nests_compounds():
    assert layout(name="") == CLEAN | {"name": {"errors": ["This value should not be blank."]}}


def test_nests_the_errors_of_compounds_and_collections():
    found = layout(address={"street": "x"}, lines=[{"sku": "a"}, {"value": "NaN"}])

    assert found == CLEAN | {
        "address": {
            "children": {"city": {"errors": ["This value should not be blank."]}, "street": {}}
        },
        "lines": {
            "children": [
                {"children": {"sku": {}, "value": {}}},
                {
                    "children": {
                        "sku": {"errors": ["This value should not be blank."]},
                        "value": {"errors": ["A valid number is required."]},
                    }
                },
            ]
        },
    }


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"lines": "x"}, "lines"),
        ({"lines": {"a": 1}}, "lines"),
        ({"tags": "x"}, "tags"),
        ({"count": "1.5"}, "count"),
        ({"count": "1" * 400}, "count"),
        ({"isPaid": "perhaps"}, "isPaid"),
        ({"isPaid": []}, "isPaid"),
        ({"paidAt": "soon"}, "paidAt"),
        ({"paidAt": ["2017-10-05"]}, "paidAt"),
        ({"name": ["x"]}, "name"),
        ({"name": {"a": 1}}, "name"),
        ({"name": True}, "name"),
    ],
)
def test_refuses_what_does_not_fit(data: dict[str, Any], field: str):
    found = layout(**data)

    assert found[field]["errors"]
    assert {name: node for name, node in found.items() if name != field} == {
        name: node for name, node in CLEAN.items() if name != field
    }


@pytest.mark.parametrize(
    ("value", "is_taken"),
    [
        ("0.01", True),
        ("9999999999999999.99", True),
        ("0.001", False),
        ("99999999999999999", False),
        ("1e9999", False),
        ("NaN", False),
        ("Infinity", False),
        ("1,5", False),
    ],
)
def test_amounts_have_their_limits(value: str, is_taken: bool):
    form = bound(lines=[{"sku": "a", "value": value}])

    assert form.is_valid() is is_taken


@pytest.mark.parametrize(("count", "is_taken"), [(2**31 - 1, True), (2**31, False)])
def test_whole_numbers_fit_the_database(count: int, is_taken: bool):
    assert bound(count=count).is_valid() is is_taken


def test_a_commands_refusal_stands_at_the_field_of_that_source():
    refusal = refusal_of(bound(), DomainError("Not so.", field="is_paid"))

    assert refusal is not None
    assert refusal.answer == {
        "form": {"children": CLEAN | {"isPaid": {"errors": ["Not so."]}}},
        "errors": [],
    }


def test_a_commands_refusal_reaches_into_collections():
    error = InvalidFields(
        {"lines.1.code": ["Unknown."], "address.city": ["Far."], "sky": ["Blue."]}
    )

    refusal = refusal_of(bound(), error)

    assert refusal is not None
    assert refusal.errors == ["Blue."]
    assert refusal.layout["lines"]["children"][1]["children"]["sku"] == {"errors": ["Unknown."]}
    assert refusal.layout["address"]["children"]["city"] == {"errors": ["Far."]}


def test_a_refusal_about_no_field_is_not_the_forms():
    assert refusal_of(bound(), DomainError("not enough points")) is None
    assert refusal_of(bound(), DomainError("no", field="sky")) is None
