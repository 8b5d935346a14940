"""Every numbered rule has a test that names it, and the table says so."""

from textwrap import dedent

import pytest

from tests.rules import catalogue, finding, table


@pytest.fixture(scope="module")
def tests() -> finding.Tests:
    return finding.find_tests()


@pytest.mark.parametrize("rule", catalogue.rules_of(catalogue.FAMILIES_TESTED))
def test_has_a_test(tests: finding.Tests, rule: str) -> None:
    assert tests.get(rule), f"No test names {rule}."


def test_the_table_is_up_to_date(tests: finding.Tests) -> None:
    assert table.FILE.read_text() == table.write(tests), "Run: python -m tests.rules"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        pytest.param('def test_a():\n    """PA-1 and XX-1."""', ["PA-1"], id="docstring"),
        pytest.param("def test_a():  # TX-14…16\n    pass", ["TX-14", "TX-15", "TX-16"], id="row"),
        pytest.param("def test_refuses_pa9():\n    pass", ["PA-9"], id="end-of-the-name"),
        pytest.param("def test_pa_9_refuses():\n    pass", ["PA-9"], id="start-of-the-name"),
        pytest.param("def test_a():\n    pass\n\n# PA-1", [], id="outside"),
        pytest.param("# PA-1\n\ndef test_pa_100():\n    pass", [], id="no-such-rule"),
        pytest.param("def helper():\n    'PA-1'\n", None, id="no-test"),
        pytest.param(
            """
            CASES = [param(1, id="PA-1"), param(2, id="PA-2-two")]
            OTHERS = [param(1, id="PA-3")]

            @parametrize("case", CASES)
            def test_a(case):
                assert case in OTHERS
            """,
            ["PA-1", "PA-2"],
            id="table-of-cases",
        ),
    ],
)
def test_finds_the_rules_that_a_test_names(source: str, found: list[str] | None) -> None:
    expected = [] if found is None else [found]
    assert [rules for _name, rules in finding.find_in(dedent(source))] == expected
