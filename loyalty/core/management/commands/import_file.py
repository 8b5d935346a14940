"""`manage.py import_file KIND FILE`: bring a file in, in this process."""

import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandParser

from loyalty.core.actors import SYSTEM
from loyalty.core.errors import DomainError, InvalidFields
from loyalty.core.imports import columns, drafts, failed, formats, kinds, running
from loyalty.core.models import DEFAULT_STORE_CODE, ImportJob, ImportState, RowOutcome, Store

ROWS_REFUSED = 1
CANNOT_BEGIN = 2
RUNNING_ELSEWHERE = 3
BROUGHT_IN_BEFORE = 4
BAR_WIDTH = 30
FAULTS_SHOWN = 20


class Command(BaseCommand):
    help = (
        "Bring a file in: XML, CSV, XLSX or JSON lines. A run that was stopped goes on where it "
        "was when the same command is given again. Exit code 0: every row is in. "
        f"{ROWS_REFUSED}: some were refused. {CANNOT_BEGIN}: the file cannot be read, or lacks "
        f"columns. {RUNNING_ELSEWHERE}: another process is at it. {BROUGHT_IN_BEFORE}: this file "
        "was brought in before, and nothing was done."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", help="such as customers")
        parser.add_argument("file", type=Path)
        parser.add_argument("--store", default=DEFAULT_STORE_CODE, help="code of the store")
        parser.add_argument("--check", action="store_true", help="count, and keep nothing")
        parser.add_argument("--again", action="store_true", help="though it was brought in before")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="COLUMN=NODE",
            help="what a column is, where its name does not tell; may come often",
        )
        parser.add_argument("--refused", type=Path, help="where to write the refused rows")

    def handle(self, *args: Any, kind: str, file: Path, **options: Any) -> None:
        store = Store.objects.filter(code=options["store"]).first()
        found = kinds.get(kind)
        if store is None or found is None:
            known = ", ".join(each.name for each in kinds.list_all())
            self._leave(CANNOT_BEGIN, f"There is no such store, or no such kind. Kinds: {known}")
        try:
            job = self._begun(store, found, file, options)
        except OSError as error:
            self._leave(CANNOT_BEGIN, f"{file}: {error.strerror}")
        except InvalidFields as error:
            texts = (text for each in error.errors.values() for text in each)
            self._leave(CANNOT_BEGIN, "\n".join(texts))
        except DomainError as error:
            self._leave(CANNOT_BEGIN, error.message)
        self._work(job)
        self._tell(job, options["refused"])

    def _begun(
        self, store: Store, kind: type[kinds.Kind], path: Path, options: dict[str, Any]
    ) -> ImportJob:
        with path.open("rb") as file:
            look = formats.look_at(file)
            state = ImportState.CHECKING if options["check"] else ImportState.RUNNING
            same = ImportJob.objects.in_store(store).filter(kind=kind.name, state=state)
            stopped = same.filter(digest=look.digest).order_by("-pk").first()
            if stopped is not None:
                self.stderr.write(f"Going on behind row {stopped.rows_done}.")
                return stopped
            said = _mapping(options["map"])
            proposed = drafts.propose(store, kind, look.header)
            proposed = {name: node for name, node in proposed.items() if node not in said.values()}
            self._tell_of_columns(proposed, columns.guess(look.header, kind), said)
            return drafts.bring_in(
                store=store,
                kind=kind,
                file=file,
                name=path.name,
                actor=SYSTEM,
                mapping=proposed | said,
                is_check=options["check"],
                is_again=options["again"],
            )

    def _tell_of_columns(
        self, proposed: dict[str, str], called: dict[str, str], said: dict[str, str]
    ) -> None:
        """Say which columns are not called what they are taken for."""
        told = [
            f"{name}={node}"
            for name, node in proposed.items()
            if name not in said and called.get(name) != node
        ]
        if told:
            self.stderr.write(f"Columns taken by what their names mean: {', '.join(told)}.")

    def _work(self, job: ImportJob) -> None:
        begun_at, begun_with = time.monotonic(), job.rows_done

        def show(now: ImportJob) -> None:
            done = BAR_WIDTH * now.progress // 1000
            rate = (now.rows_done - begun_with) / max(time.monotonic() - begun_at, 0.001)
            bar = f"[{'#' * done}{' ' * (BAR_WIDTH - done)}]"
            self.stderr.write(
                f"\r{bar} {now.progress / 10:.0f} % · {now.rows_done} rows · {rate:.0f}/s",
                ending="",
            )
            self.stderr.flush()

        running.run(job.pk, tell=show if self.stderr.isatty() else None)
        job.refresh_from_db()

    def _tell(self, job: ImportJob, refused: Path | None) -> None:
        if job.state == ImportState.REPEATED:
            self._leave(BROUGHT_IN_BEFORE, "This file was brought in before. Nothing was done.")
        if job.is_open:
            self._leave(RUNNING_ELSEWHERE, "Another process is at this file.")
        self.stdout.write(
            f"{job.rows_done} rows: {job.rows_ok} taken, {job.rows_duplicate} duplicates, "
            f"{job.rows_bad} refused."
        )
        for row in job.rows.exclude(outcome=RowOutcome.DONE)[:FAULTS_SHOWN]:
            self.stdout.write(f"row {row.number}: {row.message}")
        if refused is not None:
            with refused.open("wb") as file:
                file.writelines(failed.stream(job))
        if job.state == ImportState.FAILED:
            self._leave(ROWS_REFUSED, job.error)
        if job.rows_bad or job.rows_duplicate:
            sys.exit(ROWS_REFUSED)

    def _leave(self, code: int, message: str) -> NoReturn:
        self.stderr.write(message)
        sys.exit(code)


def _mapping(pairs: Iterable[str]) -> dict[str, str]:
    return {name: node for name, _sign, node in (pair.rpartition("=") for pair in pairs)}
