"""What the OpenAPI document says of answers; each test that calls the API compares them with it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from drf_spectacular.validation import validate_schema

from loyalty.api.open_loyalty import answers as told
from loyalty.api.open_loyalty.document import document
from tests.factories import CustomerFactory
from tests.factories.core import default_store
from tests.factories.staff import StaffFactory
from tests.support import answers
from tests.support.api import ApiClient


def operations() -> dict[str, dict[str, Any]]:
    return {
        told.route_of(verb, path): operation
        for path, item in document()["paths"].items()
        for verb, operation in item.items()
    }


@pytest.fixture
def listed(api: Callable[..., ApiClient]) -> Any:
    """The list of customers, as it was answered."""
    CustomerFactory(default_store())
    answer = api(StaffFactory()).get("DEFAULT/customer")
    assert answer.status_code == 200
    return answer


def written(answer: Any, data: Any) -> Any:
    """Return an answer with another body."""
    answer.content = json.dumps(data).encode()
    return answer


def test_the_document_is_valid():
    validate_schema(document())


def test_tells_the_answer_of_each_call_that_has_one():
    with_body = {route for route, call in operations().items() if "200" in call["responses"]}

    assert set(told.read()["answers"]) == with_body


def test_tells_the_job_of_each_call_that_may_start_one():
    with_job = {route for route, call in operations().items() if "202" in call["responses"]}

    assert set(told.read()["jobs"]) == with_job


def test_uses_each_shape():
    text = json.dumps(told.read())
    used = set(told.REFUSALS.values())

    unused = [
        name
        for name in told.read()["shapes"]
        if name not in used and text.count(f'"{name}"') < 2 and f"|{name}" not in text
    ]

    assert unused == []


def test_a_list_has_its_own_key_and_a_total():
    answer = operations()["GET customer"]["responses"]["200"]["content"]["application/json"]

    assert answer["schema"]["properties"]["customers"]["items"] == {
        "$ref": "#/components/schemas/Customer"
    }
    assert answer["schema"]["required"] == ["customers", "total"]


def test_what_may_be_missing_is_not_required():
    status = document()["components"]["schemas"]["CustomerStatus"]

    assert "pointsToNextLevel" in status["properties"]
    assert "pointsToNextLevel" not in status["required"]
    assert "points" in status["required"]


def test_what_may_be_null_says_so():
    customer = document()["components"]["schemas"]["Customer"]

    assert customer["properties"]["phone"] == {"type": ["string", "null"]}
    assert "phone" in customer["required"]


def test_a_shape_has_the_keys_that_it_inherits():
    schemas = document()["components"]["schemas"]

    own = {"excludedLevelCategories"}
    inherited = set(schemas["Transaction"]["properties"])
    assert set(schemas["TransactionForSeller"]["properties"]) == own | inherited


def test_a_file_is_no_json():
    answer = operations()["GET level/{level}/photo"]["responses"]["200"]

    assert answer["content"] == {"*/*": {}}


@pytest.mark.parametrize(
    ("route", "statuses"),
    [
        ("POST admin/login_check", {"200", "400", "401", "404", "429"}),
        ("POST token/refresh", {"200", "400", "401", "404"}),
        ("POST transaction", {"200", "400", "401", "403", "404", "422"}),
        ("GET customer/check", {"200", "400", "404", "429"}),
    ],
)
def test_tells_each_refusal_with_its_shape(route: str, statuses: set[str]):
    responses = operations()[route]["responses"]

    assert set(responses) == statuses
    for status in statuses - {"200"}:
        assert responses[status]["content"] == {
            "application/json": {
                "schema": {"$ref": f"#/components/schemas/{told.REFUSALS[status]}"}
            }
        }


def test_finds_no_fault_in_what_was_answered(listed: Any):
    assert answers.faults(listed) == []


def test_finds_a_key_that_is_missing(listed: Any):
    [customer] = listed.data["customers"]
    del customer["phone"]

    assert answers.faults(written(listed, listed.data)) == [
        "$.customers[0]: 'phone' is a required property"
    ]


def test_finds_a_key_that_is_new(listed: Any):
    found = answers.faults(written(listed, listed.data | {"pages": 1}))

    assert found == ["$: Additional properties are not allowed ('pages' was unexpected)"]


def test_finds_a_value_of_another_type(listed: Any):
    found = answers.faults(written(listed, listed.data | {"total": "1"}))

    assert found == ["$.total: '1' is not of type 'integer'"]


def test_finds_a_body_where_none_is_told(api: Callable[..., ApiClient]):
    path = f"DEFAULT/admin/customer/{CustomerFactory(default_store()).uuid}/deactivate"
    answer = api(StaffFactory()).post(path)
    assert answer.status_code == 200

    assert answers.faults(written(answer, {})) == ["There is a body, and none is told of."]
