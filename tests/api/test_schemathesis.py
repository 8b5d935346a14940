"""Schemathesis sends what the OpenAPI document allows, and what it does not: never a 5xx."""

import logging
from collections.abc import Iterator

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error

from accounts.services import tokens
from loyalty.api.open_loyalty.document import document
from tests.factories import CustomerFactory, PosFactory, SellerFactory
from tests.factories.core import default_store
from tests.factories.staff import StaffFactory

EXAMPLES = 12

# Given a document of its own, so that each session reads the views anew.
application = get_wsgi_application()
schema = schemathesis.openapi.from_dict(document())
schema.config.generation.modes = list(schemathesis.GenerationMode)
schema.config.phases.coverage.enabled = False


@pytest.fixture
def known(db: None) -> dict[str, str]:
    """A small store: half of all calls name things that exist."""
    store = default_store()
    shop = PosFactory(store)
    return {
        "store_code": store.code,
        "store": str(store.uuid),
        "customer": str(CustomerFactory(store).uuid),
        "pos": str(shop.uuid),
        "seller": str(SellerFactory(store, pos=shop).uuid),
    }


@pytest.fixture
def bearer(known: dict[str, str]) -> str:
    return tokens.open_session(StaffFactory(), ip_address=None, now=timezone.now()).token


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """Keep requests from closing the connection that the test's transaction is on."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(autouse=True)
def no_errors_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.ERROR)
    yield
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert errors == []


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    database=None,
)
def test_never_breaks(case: schemathesis.Case, known: dict[str, str], bearer: str) -> None:
    # A store that exists, always: else every call would end there. Other ids: now and then.
    case.path_parameters = dict(case.path_parameters or {})
    for name in case.path_parameters:
        if name == "store_code" or (name in known and len(str(case.path_parameters[name])) % 2):
            case.path_parameters[name] = known[name]
    case.headers["Authorization"] = f"Bearer {bearer}"

    response = case.call(app=application, base_url="http://testserver")

    case.validate_response(response, checks=[not_a_server_error])
