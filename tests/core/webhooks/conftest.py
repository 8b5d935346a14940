from collections.abc import Iterator
from typing import Any

import pytest

from loyalty.core.models import Store
from tests.support.receiver import Receiver, listening


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    with listening() as receiver:
        yield receiver


@pytest.fixture
def hooked(receiver: Receiver, store: Store) -> Store:
    """The DEFAULT store, whose webhooks go to the receiver."""
    store.setting_values |= {"webhooks": True, "uriWebhooks": receiver.url}
    store.save(update_fields=["setting_values"])
    return store
