"""Start a job by hand."""

from datetime import datetime

from django.db import transaction
from kombu.exceptions import OperationalError

from loyalty.core import clock
from loyalty.core.actors import Actor
from loyalty.core.errors import DomainError
from loyalty.core.jobs import Job
from loyalty.core.services import audit


class BrokerSilent(DomainError):
    """The message broker does not answer, so no worker can be told. Nothing was started."""

    code = "broker_silent"


def start(*, job: Job, actor: Actor, now: datetime | None = None) -> None:
    """
    Tell the workers to run a job now; where it runs already, nothing more happens.

    :raises BrokerSilent: the message could not be sent; nothing was written.
    :raises OfAllStores: the actor works in some stores only; a job runs for every store.
    """
    actor.require_all_stores()
    with transaction.atomic():
        audit.record(
            actor,
            store=None,
            event_type="StartJob",
            entity_type="Job",
            entity_id=job.name,
            now=now or clock.now(),
        )
        try:
            # Within the transaction, which locks nothing: what was not sent is not in the trail.
            job.task.apply_async(kwargs={"started_by": actor.name})
        except (OperationalError, OSError) as error:
            raise BrokerSilent from error
