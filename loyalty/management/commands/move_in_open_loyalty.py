"""`manage.py move_in_open_loyalty`: move a running Open Loyalty server's stores in."""

import csv
import sys
import time
from argparse import RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandParser

from loyalty.core import clock, csv_rows, locks
from loyalty.core.errors import DomainError
from loyalty.models import MoveIn
from loyalty.moving_in import left_behind, looking, moving, pictures, reconciling
from loyalty.moving_in.moving import Told
from loyalty.moving_in.source import TIMEOUT_SECONDS, Source

DIFFERENT = 1
CANNOT = 2
RUNNING_ELSEWHERE = 3
DIFFERENCES_SHOWN = 20


class Command(BaseCommand):
    help = (
        "Read a running Open Loyalty 3.x or 4.x server through its API and rebuild its stores "
        "here, with the same ids, balances and dates. A run that was stopped goes on where it was "
        "when the same command is given again. Exit code 0: every balance is the same. "
        f"{DIFFERENT}: some differ. {CANNOT}: the other server does not answer, or there are "
        f"customers here. {RUNNING_ELSEWHERE}: another process is at it."
    )

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **options)
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = "\n".join(["What does not move:", *left_behind.lines()])
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--base-url", required=True, help="such as https://loyalty.example.com")
        parser.add_argument(
            "--token", required=True, help="of an administrator: permanent, or of a sign-in"
        )
        parser.add_argument(
            "--store", action="append", default=[], help="code; may come often; else all stores"
        )
        parser.add_argument("--per-page", type=int, default=100)
        parser.add_argument(
            "--pause", type=float, default=0.0, help="seconds to wait after each call"
        )
        parser.add_argument(
            "--timeout",
            type=float,
            default=TIMEOUT_SECONDS,
            help="seconds after which an answer is asked for again",
        )
        parser.add_argument(
            "--skip",
            action="append",
            default=[],
            choices=pictures.SKIPPABLE,
            help="leave these out; may come often. Avatars and devices cost a call per customer",
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="only say what there is to move, and whether the token may read it",
        )
        parser.add_argument("--report", type=Path, help="where to write every customer's balances")

    def handle(self, *args: Any, **options: Any) -> None:
        with locks.alone("move-in") as is_alone:
            if not is_alone:
                self._leave(RUNNING_ELSEWHERE, "Another process is moving in.")
            try:
                different = self._work(options)
            except DomainError as refusal:
                self._leave(CANNOT, refusal.message)
        if different:
            self._leave(DIFFERENT, f"{different} customers' balances differ.")

    def _work(self, options: dict[str, Any]) -> int:
        """Look, or move every store asked for; return how many customers' balances differ."""
        source = Source(
            options["base_url"],
            options["token"],
            pause=options["pause"],
            timeout=options["timeout"],
        )
        size = min(max(options["per_page"], 1), 1_000)
        told = self._chosen(source, set(options["store"]), size)
        if options["dry_run"]:
            return self._look(source, told)
        moves = [(moving.begin(source, store), store) for store in told]
        moving.move_installation([move for move, _store in moves], source, size=size)
        different = 0
        for move, store in moves:
            skip, tell = options["skip"], self._bar(store)
            moving.run(move, source, store.prefix, size=size, skip=skip, tell=tell)
            self._tell_counts(move)
            different += self._reconcile(source, store, move.store, options["report"])
        self.stdout.write("\n".join(["", "What does not move:", *left_behind.lines()]))
        return different

    def _chosen(self, source: Source, wanted: set[str], size: int) -> list[Told]:
        told = [
            each
            for each in moving.list_stores(source, size=size)
            if not wanted or each.code in wanted
        ]
        if missing := wanted - {each.code for each in told}:
            self._leave(CANNOT, f"There is no store {', '.join(sorted(missing))} there.")
        return told

    def _look(self, source: Source, told: list[Told]) -> int:
        faults = 0
        for found in looking.look(source, told):
            self.stdout.write(f"{found.where}: {found.what}: {found.told}")
            faults += not found.is_fine
        if faults:
            self._leave(CANNOT, f"{faults} faults; nothing was moved.")
        self.stdout.write("Nothing was moved.")
        return 0

    def _tell_counts(self, move: MoveIn) -> None:
        code = move.store.code
        for resource, (there, here) in move.counts.items():
            left_out = f", {there - here} left out" if there > here else ""
            self.stdout.write(f"{code}: {resource}: {there} read, {here} here{left_out}.")
        for sentence in move.notes:
            self.stdout.write(f"{code}: {sentence}")

    def _reconcile(self, source: Source, told: Told, store: Any, report: Path | None) -> int:
        compared = different = 0
        rows: list[tuple[object, ...]] = []
        for one in reconciling.compare(store, source, told.prefix, now=clock.now()):
            compared += 1
            differences = one.differences
            if differences:
                different += 1
            if differences and different <= DIFFERENCES_SHOWN:
                figures = ", ".join(
                    f"{name} {one.theirs[name]} there, {one.ours[name]} here"
                    for name in differences
                )
                self.stdout.write(f"{told.code}: customer {one.customer}: {figures}")
            if report is not None:
                rows += [
                    (told.code, one.customer, one.name, name, value, one.ours[name])
                    for name, value in one.theirs.items()
                ]
        if report is not None:
            self._write(report, rows)
        self.stdout.write(
            f"{told.code}: {compared} customers compared, {different} balances differ."
        )
        return different

    def _write(self, report: Path, rows: list[tuple[object, ...]]) -> None:
        header = ("store", "customerId", "name", "figure", "theirs", "ours")
        is_new = not report.exists()
        with report.open("a", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            if is_new:
                writer.writerow(header)
            writer.writerows([csv_rows.cell(value) for value in row] for row in rows)

    def _bar(self, told: Told) -> Any:
        begun_at = time.monotonic()
        is_shown = self.stderr.isatty()

        def show(resource: str, done: int, total: int) -> None:
            if is_shown:
                seconds = time.monotonic() - begun_at
                self.stderr.write(
                    f"\r{told.code} {resource}: {done} of {total} · {seconds:.0f} s\x1b[K",
                    ending="\n" if done >= total else "",
                )
                self.stderr.flush()

        return show

    def _leave(self, code: int, message: str) -> NoReturn:
        self.stderr.write(message)
        sys.exit(code)
