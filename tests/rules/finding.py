"""
Find the rules that each test names, by reading the tests' source.

A test names a rule (`PA-10`, also `TX-14…16`) anywhere between its first decorator and its end,
in a constant that its decorators use, or in its name (`…_pa10`, `test_pa_10_…`).
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.rules import catalogue

TESTS = Path(__file__).parents[1]
# The ids stand for cases there, and their tests are about the finding.
OWN = TESTS / "rules"
WRITTEN = re.compile(r"\b([A-Z]{2,4})-(\d+)(?:…(?:\1-)?(\d+))?\b")
IN_A_NAME = re.compile(r"(?<![a-z0-9])([a-z]{2,4})_?(\d+)(?![a-z0-9])")
KNOWN = frozenset(catalogue.rules_of([*catalogue.RULES]))

Tests = Mapping[str, list[str]]


def find_tests(folder: Path = TESTS) -> Tests:
    """Return for each rule that is named the tests that name it, as `file::test`, in order."""
    tests: dict[str, list[str]] = defaultdict(list)
    for path in sorted(folder.rglob("test_*.py")):
        if OWN not in path.parents:
            place = path.relative_to(folder).as_posix()
            for name, rules in find_in(path.read_text()):
                for rule in rules:
                    tests[rule].append(f"{place}::{name}")
    return tests


def find_in(source: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each test of a module with the rules that it names, in the catalogue's order."""
    lines = source.splitlines()
    tree = ast.parse(source)
    constants = {
        target.id: _text(lines, node)
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for test in _tests(tree):
        text = _text(lines, test, *test.decorator_list)
        used = {
            node.id
            for decorator in test.decorator_list
            for node in ast.walk(decorator)
            if isinstance(node, ast.Name)
        }
        texts = [text, *(constants.get(name, "") for name in sorted(used))]
        found = {rule for each in texts for rule in _written(each)} | _in_name(test.name)
        yield test.name, [rule for rule in _ORDER if rule in found]


_ORDER = catalogue.rules_of([*catalogue.RULES])


def _tests(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node


def _text(lines: list[str], *nodes: ast.stmt | ast.expr) -> str:
    first = min(node.lineno for node in nodes)
    last = max(node.end_lineno or node.lineno for node in nodes)
    return "\n".join(lines[first - 1 : last])


def _written(text: str) -> Iterator[str]:
    for family, first, last in WRITTEN.findall(text):
        for number in range(int(first), int(last or first) + 1):
            if (rule := f"{family}-{number}") in KNOWN:
                yield rule


def _in_name(name: str) -> set[str]:
    return {f"{family.upper()}-{number}" for family, number in IN_A_NAME.findall(name)} & KNOWN
