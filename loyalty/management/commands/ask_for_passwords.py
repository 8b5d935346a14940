"""`manage.py ask_for_passwords`: let customers without a password choose one."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.services import password_resets
from loyalty.core.models import DEFAULT_STORE_CODE, Store

CANNOT = 2


class Command(BaseCommand):
    help = (
        "Write to every active customer without a password, such as those who moved in, and let "
        "them choose one, by the store's own message for a forgotten password. Each is written "
        "to once; the command may be stopped and given again, such as daily with --at-most. The "
        "links are good for 24 hours; later ones everybody asks for by “Forgot your password?”."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--store", default=DEFAULT_STORE_CODE, help="code of the store")
        parser.add_argument("--at-most", type=int, default=1_000, help="customers in this run")
        parser.add_argument("--dry-run", action="store_true", help="only count them")

    def handle(self, *args: Any, **options: Any) -> None:
        store = Store.objects.filter(code=options["store"]).first()
        if store is None:
            self.stderr.write(f"There is no store {options['store']}.")
            sys.exit(CANNOT)
        written = 0
        if not options["dry_run"]:
            count_max = max(options["at_most"], 0)
            written = password_resets.request_for_newcomers(store=store, count_max=count_max)
        waiting = password_resets.list_without_password(store).count()
        self.stdout.write(f"{written} written to, {waiting} waiting.")
