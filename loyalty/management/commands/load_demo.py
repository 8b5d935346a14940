"""`manage.py load_demo`: fill an empty installation with the demo store."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from loyalty.demo import loading


class Command(BaseCommand):
    help = (
        "Fill the store DEFAULT of an empty installation with a demo: the people and things that "
        "the API reference names, and a year of purchases. Its passwords are public."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--if-empty",
            action="store_true",
            help="do nothing, without an error, where there are customers already",
        )

    def handle(self, *, if_empty: bool, verbosity: int, **options: Any) -> None:
        if loading.is_loaded():
            return
        if verbosity:
            self.stdout.write("Making the demo store …")
            self.stdout.flush()
        try:
            loading.load(now=timezone.now())
        except loading.NotEmpty as refusal:
            if not if_empty:
                raise CommandError(
                    "There are customers already. The demo store is only for empty installations."
                ) from refusal
