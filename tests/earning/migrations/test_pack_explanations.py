"""Explanations that were kept as texts …"""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = [("earning", "0005_packed_explanation")]
PACKED = [("earning", "0006_pack_explanations")]
TOLD = {"v": 1, "lines": [{"sku": "Żółw", "points": "12.3400"}], "rules": []}


@pytest.fixture
def migrate():
    """`migrate(targets)` goes there and returns the models as they were; back to now at the end."""

    def go(targets):
        executor = MigrationExecutor(connection)
        executor.migrate(targets)
        return MigrationExecutor(connection).loader.project_state(targets).apps

    yield go
    now = MigrationExecutor(connection)
    now.migrate(now.loader.graph.leaf_nodes())


def test_are_packed_and_unpacked_again(migrate):
    customer = CustomerFactory()
    evaluations = migrate(BEFORE).get_model("earning", "Evaluation").objects
    row = evaluations.create(
        store_id=customer.store_id,
        customer_id=customer.pk,
        transaction_uuid=customer.uuid,
        points=10,
        explanation=TOLD,
        evaluated_at=timezone.now(),
    )

    there = migrate(PACKED).get_model("earning", "Evaluation").objects.get(pk=row.pk)
    there_and_back = evaluations.filter(pk=row.pk)
    there_and_back.update(explanation={})
    migrate(BEFORE)

    assert there.packed == TOLD
    assert there_and_back.get().explanation == TOLD
