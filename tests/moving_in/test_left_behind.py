"""The documentation of a move …"""

import json
import re
from pathlib import Path

from django.core.management import load_command_class

from loyalty.moving_in.left_behind import NOT_MOVED
from tests.api.access import FILE

PAGE = Path(__file__).parents[2] / "docs" / "moving-in.md"


def test_says_of_each_address_that_can_be_read_what_becomes_of_it():
    read = {route for route in json.loads(FILE.read_text()) if route.startswith("GET ")}

    told = set(re.findall(r"`(GET [^`]*)`", PAGE.read_text()))

    assert told == read


def test_and_the_help_say_what_does_not_move():
    page = PAGE.read_text()
    told = load_command_class("loyalty", "move_in_open_loyalty").create_parser("manage.py", "x")

    for what, why in NOT_MOVED.items():
        assert f"- **{what}**: {why}" in page
        assert f"{what}: {why}" in (told.epilog or "")
