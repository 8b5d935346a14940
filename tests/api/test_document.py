"""The OpenAPI document and its pages."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.api.access import SERVED_AS, plain
from tests.api.reference import catalogue
from tests.support.api import ApiClient

QUERIES: dict[str, list[str]] = json.loads(
    Path(catalogue.__file__).with_name("queries.json").read_text()
)
# Printed without its brackets in one of two tables.
OTHERWISE = {"categoryId": "categoryId[]"}
# A plain view, of which no document is made.
UNDESCRIBED = {"GET healthcheck"}


@pytest.fixture
def document(db: None, api: Callable[..., ApiClient]) -> dict[str, Any]:
    answer = api().get("doc.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.data
    return found


def test_is_openapi_3_1(document: dict[str, Any]):
    assert document["openapi"] == "3.1.0"


def test_names_each_address_once_with_its_operations(document: dict[str, Any]):
    ids = [
        operation["operationId"]
        for item in document["paths"].values()
        for operation in item.values()
    ]

    assert len(ids) == len(set(ids))
    assert "get-transaction" in ids
    assert "/api/{store_code}/transaction" in document["paths"]
    assert "/api/transaction" not in document["paths"]


def test_shows_bodies_as_forms_and_json(document: dict[str, Any]):
    body = document["paths"]["/api/store"]["post"]["requestBody"]["content"]

    assert set(body) == {
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    }
    encoding = body["application/x-www-form-urlencoded"]["encoding"]
    assert encoding == {"store": {"style": "deepObject", "explode": True}}
    wrapper = body["application/json"]["schema"]["$ref"].rpartition("/")[2]
    assert list(document["components"]["schemas"][wrapper]["properties"]) == ["store"]


def test_says_who_may_call(document: dict[str, Any]):
    assert {} in document["paths"]["/api/admin/login_check"]["post"]["security"]
    assert {} not in document["paths"]["/api/store"]["get"]["security"]
    assert "401" in document["paths"]["/api/store"]["get"]["responses"]


def test_offers_paging_where_lists_are_paged(document: dict[str, Any]):
    names = {each["name"] for each in document["paths"]["/api/store"]["get"]["parameters"]}

    assert {"page", "perPage", "sort", "direction"} <= names


@pytest.mark.parametrize(
    "path",
    [
        "admin/transaction/import",
        "admin/customer/import",
        "points/transfer/import",
        "admin/import",
        "admin/export",
    ],
)
def test_tells_where_a_job_may_be_the_answer(document: dict[str, Any], path: str):
    operation = document["paths"][f"/api/{{store_code}}/{path}"]["post"]
    [prefer] = [each for each in operation["parameters"] if each["name"] == "Prefer"]

    assert (prefer["in"], prefer["schema"]["examples"]) == ("header", ["respond-async"])
    assert {"200", "202", "400", "401", "403"} <= set(operation["responses"])
    assert "`Location`" in operation["responses"]["202"]["description"]


def test_mentions_no_job_where_there_is_none(document: dict[str, Any]):
    operation = document["paths"]["/api/store"]["post"]

    assert "202" not in operation["responses"]
    assert "Prefer" not in {each["name"] for each in operation["parameters"]}


def test_every_reference_leads_somewhere(document: dict[str, Any]):
    def references(node: Any) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if "$ref" in node else []
            return own + [each for value in node.values() for each in references(value)]
        if isinstance(node, list):
            return [each for value in node for each in references(value)]
        return []

    for reference in references(document):
        assert reference.rpartition("/")[2] in document["components"]["schemas"]


@pytest.mark.parametrize("path", ["/api/doc", "/api/redoc"])
def test_the_pages_load_nothing_from_elsewhere(db: None, path: str):
    page = Client().get(path)

    assert page.status_code == 200
    assert "//" not in page.content.decode().replace("<!DOCTYPE html>", "")
    assert page.headers["Content-Security-Policy"].startswith("default-src 'self'")


def test_redoc_asks_for_no_logo_elsewhere(db: None):
    page = Client().get("/api/redoc").content.decode()
    answer = Client().get("/api/redoc.js")

    assert '<script src="/api/redoc.js">' in page
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert 'alt:"redocly logo"' in answer.content.decode()
    assert "https://cdn" not in answer.content.decode()


def test_names_chapters_and_bodies_apart(document: dict[str, Any]):
    """One form that is sent under two names makes two bodies."""
    calls = [call for item in document["paths"].values() for call in item.values()]
    [picture, icon] = [
        document["paths"][f"/api/{{store_code}}/campaign/{{campaign}}/{name}"]["post"]
        for name in ("photo", "brand_icon")
    ]

    assert picture["requestBody"] != icon["requestBody"]
    assert not [tag for call in calls for tag in call["tags"] if "_" in tag]


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what the document says of each call, by verb and address without a store's code."""
    return {
        f"{verb.upper()} {plain(path.removeprefix('/api/').removeprefix('{store_code}/'))}": call
        for path, item in document["paths"].items()
        for verb, call in item.items()
    }


def asked(operation: dict[str, Any]) -> set[str]:
    """Return the names that a call's query may have; of a list of labels its bare name."""
    parameters = operation.get("parameters", [])
    return {each["name"].partition("[0]")[0] for each in parameters if each["in"] == "query"}


def test_names_all_that_the_reference_lets_a_query_ask(document: dict[str, Any]):
    described = operations(document)

    unnamed = {
        route: missing
        for route, names in QUERIES.items()
        if (missing := {OTHERWISE.get(name, name) for name in names} - asked(described[route]))
    }

    assert unnamed == {}


def test_tells_the_status_that_the_reference_prints(document: dict[str, Any]):
    described = operations(document)

    wrong = {
        route: list(described[SERVED_AS.get(route, route)]["responses"])
        for route, endpoint in catalogue.read_endpoints().items()
        if route not in UNDESCRIBED
        and str(endpoint.status) not in described[SERVED_AS.get(route, route)]["responses"]
    }

    assert wrong == {}
