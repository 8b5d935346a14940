"""`manage.py run_job NAME`: run a recurring job in this process."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from loyalty.core import jobs
from loyalty.core.models import JobOutcome

RUNNING_ELSEWHERE = 3


class Command(BaseCommand):
    help = (
        "Run a recurring job in this process, to its end. Exit code 0: it is done, or there was "
        f"nothing to do. 1: it failed. 2: there is no such job. {RUNNING_ELSEWHERE}: it runs in "
        "another process. Without a name: list the jobs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", help="such as expire-points")

    def handle(self, *args: Any, name: str | None = None, **options: Any) -> None:
        if name is None:
            for known in jobs.list_all():
                self.stdout.write(f"{known.name}: {known.about}")
            return
        job = jobs.get(name)
        if job is None:
            self.stderr.write(f"There is no job {name}. Without a name, this lists them.")
            sys.exit(2)
        done = jobs.run(job, started_by="run_job")
        if done is None:
            self.stderr.write(f"{name} runs in another process.")
            sys.exit(RUNNING_ELSEWHERE)
        told = ", ".join(
            f"{job.counts.get(key, key)}: {number}" for key, number in done.counts.items()
        )
        self.stdout.write(": ".join(filter(None, (done.outcome, told))))
        if done.outcome == JobOutcome.FAILED:
            self.stderr.write(done.message)
            sys.exit(1)
