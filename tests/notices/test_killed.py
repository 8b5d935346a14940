"""A worker that is killed while it sends mails …"""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.core import mail
from django.db.models import F

from loyalty.core.messages import outbox
from loyalty.core.models import SentMessage
from tests.factories import CustomerFactory
from tests.factories.core import default_store
from tests.notices.test_notices import add
from tests.running.test_worker import database_url
from tests.support.messages import send_due

pytestmark = pytest.mark.django_db(transaction=True)

WORK = """
import django
django.setup()
from loyalty.core.messages import outbox, senders
real = senders.Mailer.send
def slowly(self, letter):
    real(self, letter)
    import time; time.sleep(0.05)
senders.Mailer.send = slowly
outbox.send_due()
"""
SECONDS_MAX = 40
MESSAGES = 40


def test_writes_to_nobody_twice(tmp_path):
    store = default_store()
    for number in range(MESSAGES):
        outbox.tell(add(CustomerFactory(store, email=f"c{number}@example.com"), 10))
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "loyalty.settings",
        "DATABASE_URL": database_url(),
        "VAR_DIR": str(tmp_path),
        "SECRET_KEY": "of a test",
    }
    worker = subprocess.Popen([sys.executable, "-c", WORK], env=environment)
    try:
        end = time.monotonic() + SECONDS_MAX
        while SentMessage.objects.filter(state="sent").count() < 5:
            assert time.monotonic() < end, "It took too long."
            time.sleep(0.01)
        worker.send_signal(signal.SIGKILL)
    finally:
        worker.kill()
        worker.wait()
    assert SentMessage.objects.filter(state="waiting").exists()
    # Ten minutes later.
    SentMessage.objects.update(tried_at=F("tried_at") - timedelta(minutes=11))

    send_due()

    letters = [file.read_text() for file in (tmp_path / "mail").iterdir()]
    told = Counter(
        line.removeprefix("To: ")
        for letter in letters
        for line in letter.splitlines()
        if line.startswith("To: ")
    )
    told.update(letter.to[0] for letter in mail.outbox)
    assert set(told.values()) == {1}
    interrupted = SentMessage.objects.filter(state="unknown").count()
    assert interrupted <= 1
    assert MESSAGES - interrupted <= len(told) <= MESSAGES
    assert SentMessage.objects.filter(state="sent").count() == MESSAGES - interrupted
