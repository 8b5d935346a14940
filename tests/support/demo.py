"""The demo store, quickly: its printed cast, and weeks of a small crowd instead of a year."""

import pytest
from django.core.management import call_command

from loyalty.demo import crowd, loading
from tests.factories.core import default_store

DAYS, CUSTOMERS = 40, 60


def load_small(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (crowd, loading):
        monkeypatch.setattr(module, "DAYS", DAYS)
    monkeypatch.setattr(crowd, "CUSTOMERS", CUSTOMERS)
    # Which a test that empties the tables may have taken away.
    default_store()
    call_command("load_demo", verbosity=0)
