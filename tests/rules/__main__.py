"""`python -m tests.rules`: write the table of rules and tests anew."""

from tests.rules import finding, table

if __name__ == "__main__":
    table.FILE.write_text(table.write(finding.find_tests()))
