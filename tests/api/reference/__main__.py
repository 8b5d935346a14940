"""`python -m tests.api.reference`: write the table of endpoints and calls anew."""

from tests.api.reference import table
from tests.api.reference.facts import read_calls

if __name__ == "__main__":
    table.FILE.write_text(table.write(read_calls().values()))
