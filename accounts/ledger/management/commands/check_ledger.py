"""`manage.py check_ledger`: prove that the books are right."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from accounts.ledger import checks


class Command(BaseCommand):
    help = (
        "Recompute every balance and lot from the entries and list what differs. "
        "Exit code 1 if anything does."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        differences = checks.find_differences()
        for difference in differences:
            self.stdout.write(str(difference))
        if differences:
            self.stderr.write(f"{len(differences)} differences")
            sys.exit(1)
        self.stdout.write("The books are right.")
