"""`manage.py export_data KIND`: write a list as a file, in this process."""

import sys
import time
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlencode

from django.core.management.base import BaseCommand, CommandParser

from loyalty.core.actors import SYSTEM
from loyalty.core.errors import DomainError
from loyalty.core.exports import jobs, kinds, writing
from loyalty.core.exports.jobs import Asked
from loyalty.core.exports.writing import Format
from loyalty.core.models import DEFAULT_STORE_CODE, ExportJob, ExportState, Store

BROKE_DOWN = 1
CANNOT_BEGIN = 2
RUNNING_ELSEWHERE = 3
BAR_WIDTH = 30
BLOCK_BYTES = 1024 * 1024


class Command(BaseCommand):
    help = (
        "Write a list as a file: CSV, XLSX, XML, JSON lines or Parquet. A run that was stopped "
        "goes on where it was when the same command is given again. Exit code 0: the file is "
        f"there. {BROKE_DOWN}: the work broke down. {CANNOT_BEGIN}: there is no such list, filter "
        f"or format. {RUNNING_ELSEWHERE}: another process is at it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", help="such as customers")
        parser.add_argument("--store", default=DEFAULT_STORE_CODE, help="code of the store")
        parser.add_argument("--format", default=Format.CSV.value, choices=Format.values)
        parser.add_argument(
            "--filter",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="as the list's address in the cockpit has it; may come often",
        )
        parser.add_argument("--output", default="", help="path of the file; - for standard output")

    def handle(self, *args: Any, kind: str, **options: Any) -> None:
        store = Store.objects.filter(code=options["store"]).first()
        found = kinds.get(kind)
        if store is None or found is None:
            known = ", ".join(each.name for each in kinds.list_all())
            self._leave(CANNOT_BEGIN, f"There is no such store, or no such list. Lists: {known}")
        pairs = [each.partition("=")[::2] for each in options["filter"]]
        asked = Asked(
            found, Format(options["format"]), store, SYSTEM, jobs.parse_query(urlencode(pairs))
        )
        try:
            writing.check(asked.format)
            total = asked.count(jobs.COUNTED_MAX)
        except DomainError as refusal:
            known = ", ".join(found.filters())
            self._leave(CANNOT_BEGIN, f"{refusal.message} Filters: {known}")
        if options["output"] == "-":
            self._stream(asked, total)
            return
        job = self._worked(asked)
        path = Path(options["output"] or asked.file_name)
        try:
            with job.file.open("rb") as source, path.open("wb") as target:
                for piece in source.chunks(BLOCK_BYTES):
                    target.write(piece)
        except OSError as error:
            self._leave(CANNOT_BEGIN, f"{path}: {error.strerror}")
        self.stderr.write(f"{job.rows_done} rows, {job.size} bytes: {path}")

    def _stream(self, asked: Asked, total: int) -> None:
        show = self._bar(total)
        for piece in jobs.pieces(asked, show):
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()

    def _worked(self, asked: Asked) -> ExportJob:
        """Return the job done; one that was stopped is gone on with."""
        same = ExportJob.objects.in_store(asked.store).filter(
            kind=asked.kind.name,
            format=asked.format,
            query=asked.query.urlencode(),
            state=ExportState.RUNNING,
            actor_kind=SYSTEM.kind,
        )
        job = same.order_by("-pk").first()
        if job is not None:
            self.stderr.write(f"Going on behind row {job.rows_done}.")
        else:
            job = jobs.start(asked, is_woken=False)
        show = self._bar(job.rows_total, job.rows_done)
        done = job.rows_done

        def tell(now: ExportJob) -> None:
            nonlocal done
            show(now.rows_done - done)
            done = now.rows_done

        try:
            jobs.run(job.pk, tell=tell)
        except Exception:
            job.refresh_from_db()
            if job.state == ExportState.FAILED:
                self._leave(BROKE_DOWN, job.error)
            raise
        job.refresh_from_db()
        if job.is_open:
            self._leave(RUNNING_ELSEWHERE, "Another process is at this export.")
        return job

    def _bar(self, total: int, done: int = 0) -> Any:
        """Return what is told of further rows and draws how many there are, on a terminal."""
        begun_at, begun_with = time.monotonic(), done
        is_shown = self.stderr.isatty()

        def show(rows: int) -> None:
            nonlocal done
            done += rows
            if not is_shown:
                return
            filled = BAR_WIDTH * min(done, total) // max(total, 1)
            rate = (done - begun_with) / max(time.monotonic() - begun_at, 0.001)
            bar = f"[{'#' * filled}{' ' * (BAR_WIDTH - filled)}]"
            self.stderr.write(f"\r{bar} {done} of {total} rows · {rate:.0f}/s", ending="")
            self.stderr.flush()

        return show

    def _leave(self, code: int, message: str) -> NoReturn:
        self.stderr.write(message)
        sys.exit(code)
