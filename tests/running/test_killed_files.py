"""Files that real workers bring in and take out outlive worker after worker …"""

import random
import signal
import subprocess
import sys
import time
from io import BytesIO

import pytest

from accounts.models import Customer
from loyalty.core.actors import SYSTEM
from loyalty.core.exports import jobs as exports
from loyalty.core.exports import kinds as export_kinds
from loyalty.core.exports.writing import Format
from loyalty.core.imports import drafts
from loyalty.core.imports import kinds as import_kinds
from loyalty.core.models import ExportState, ImportState
from tests.core.imports.conftest import as_csv, person
from tests.factories import LevelFactory, StoreFactory
from tests.running.test_worker import Worker, wait_for, worker  # noqa: F401  # a fixture

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]

ROWS = 3_000
DEATHS = 4


@pytest.fixture
def shop(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    store = StoreFactory(setting_values={"timezone": "UTC"})
    LevelFactory(store, name="level0")
    return store


def send(worker: Worker, task: str, *arguments: int) -> None:  # noqa: F811  # the fixture's class
    code = f"from tests.running.worker_app import app; app.send_task({task!r}, {arguments!r})"
    command = [sys.executable, "-c", code]
    subprocess.run(command, env=worker.environment, check=True, timeout=120)


def killed_again_and_again(worker: Worker, job, luck: random.Random) -> None:  # noqa: F811
    """Kill worker after worker while it works on a job; nobody sends for it again."""
    for _death in range(DEATHS):
        process = worker.start()
        done = job.rows_done

        def is_further(done: int = done) -> bool:
            job.refresh_from_db()
            return job.rows_done > done or not job.is_open

        wait_for(is_further)
        time.sleep(luck.random() / 3)
        process.send_signal(signal.SIGKILL)
        process.wait()
    worker.start()

    def is_over() -> bool:
        job.refresh_from_db()
        return not job.is_open

    wait_for(is_over)


@pytest.mark.parametrize("seed", range(2))
def test_to_the_same_end(worker, shop, seed, monkeypatch):  # noqa: F811
    luck = random.Random(seed)
    people = [person(number) for number in range(ROWS)]
    people[ROWS // 2] = people[0]
    file = BytesIO(as_csv(people).encode())
    kind = import_kinds.get("customers")
    job = drafts.start(
        job=drafts.keep(store=shop, kind=kind, file=file, name="f", actor=SYSTEM), actor=SYSTEM
    )
    send(worker, "loyalty.core.tasks.bring_in_files", job.pk, 0)

    killed_again_and_again(worker, job, luck)

    assert job.state == ImportState.DONE
    assert (job.rows_done, job.rows_ok, job.rows_duplicate) == (ROWS, ROWS - 1, 1)
    assert Customer.objects.in_store(shop).count() == ROWS - 1

    asked = exports.Asked(
        export_kinds.get("customers"), Format.JSON_LINES, shop, SYSTEM, exports.parse_query("o=0")
    )
    expected = b"".join(exports.pieces(asked))
    out = exports.start(asked)
    send(worker, "loyalty.core.tasks.take_out_files", out.pk, 0)

    wait_for(lambda: not exports.get(shop, out.uuid).is_open)

    out.refresh_from_db()
    assert (out.state, out.rows_done) == (ExportState.DONE, ROWS - 1)
    assert out.file.read() == expected
