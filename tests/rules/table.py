"""Write down which tests check which rule, as a page to read."""

from pathlib import Path

from tests.rules import catalogue
from tests.rules.finding import Tests

FILE = Path(__file__).parents[1] / "rules.md"
HEAD = """# Rules and their tests

Written by `python -m tests.rules`; a test fails when it is out of date, and for a rule without a
test. Rules are numbered as in the specification.
"""


def write(tests: Tests) -> str:
    return "\n".join([HEAD, *(_family(name, tests) for name in catalogue.FAMILIES_TESTED)])


def _family(name: str, tests: Tests) -> str:
    title, _numbers = catalogue.RULES[name]
    rows = [f"| {rule} | {_tests(rule, tests)} |" for rule in catalogue.rules_of([name])]
    return "\n".join([f"## {title} ({name})\n", "| Rule | Tests |", "|---|---|", *rows, ""])


def _tests(rule: str, tests: Tests) -> str:
    return "<br>".join(tests.get(rule, ["none"]))
