"""
Which test checks which numbered rule of the specification.

`python -m tests.rules` writes the table, `tests/rules.md`.
"""
