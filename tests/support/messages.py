"""Send what a fact leads to, at once."""

from loyalty.core.messages import outbox
from loyalty.core.models import Event, SentMessage


def deliver(fact: Event) -> int:
    """Do what the consumer and the sending task do."""
    outbox.tell(fact)
    return send_due()


def send_due() -> int:
    """Send, whatever pause an earlier test has left."""
    outbox._paused_until.clear()
    return outbox.send_due()


def states() -> list[tuple[str, str, str]]:
    """Return the log, oldest first: event, channel, state."""
    log = SentMessage.objects.order_by("pk")
    return [(line.event.rpartition(".")[2], line.channel, line.state) for line in log]
