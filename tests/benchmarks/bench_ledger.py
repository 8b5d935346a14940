"""
The ledger's operations against the least that any ledger must do: one prepared statement that
inserts a posting and updates a balance, idempotently, committed. Source: the speed section.
"""

import os
from collections.abc import Iterator

from tests.benchmarks import ledger_tables
from tests.benchmarks.ledger_work import rates
from tests.benchmarks.results import Result

QUICK = bool(os.environ.get("QUICK"))
ROUNDS = 10 if QUICK else 30
POSTINGS = 100_000 if QUICK else 3_000_000

TARGETS = {"earn": 0.55, "spend": 0.45, "spend5": 0.35}
NAMES = {"earn": "earn", "spend": "spend of one lot", "spend5": "spend of five lots"}


def run() -> Iterator[Result]:
    empty: dict[str, float] = {}
    for processes in (1, 4):
        found = against_floor(processes)
        if processes == 1:
            empty = found
        for name, target in TARGETS.items():
            yield Result(
                f"ledger: {NAMES[name]}, {processes} process{'es' * (processes > 1)}",
                found[name] / found["floor"],
                target,
                f"{found[name]:.0f}/s, floor {found['floor']:.0f}/s",
            )
    yield from against_hordak()
    yield from batch()
    ledger_tables.fill(POSTINGS)
    full = against_floor(1)
    for name in TARGETS:
        before, after = empty[name] / empty["floor"], full[name] / full["floor"]
        yield Result(
            f"ledger: {NAMES[name]} with {POSTINGS:,} postings, by empty tables",
            after / before,
            0.75,
            f"{full[name]:.0f}/s, {after:.2f} of the floor",
        )


def against_floor(processes: int) -> dict[str, float]:
    return rates(["floor", *TARGETS], processes=processes, rounds=ROUNDS)


def against_hordak() -> Iterator[Result]:
    from hordak.models import Account, AccountType

    for number in range(501):
        Account.objects.create(
            name="Issuance" if number == 0 else f"Wallet {number}",
            type=AccountType.liability,
            code=None,
            currencies=["EUR"],
        )
    found = rates(["hordak", "earn", "spend"], processes=1, rounds=ROUNDS)
    for name in ("earn", "spend"):
        yield Result(
            f"ledger: {NAMES[name]} by django-hordak's transfer_to",
            found[name] / found["hordak"],
            3,
            f"{found[name]:.0f}/s, hordak {found['hordak']:.0f}/s",
        )


def batch() -> Iterator[Result]:
    found = rates(["earn", "earn100"], processes=1, rounds=max(2, ROUNDS // 10))
    many = found["earn100"] * 100
    yield Result(
        "ledger: 100 earns in a call by single ones",
        many / found["earn"],
        3,
        f"{many:.0f}/s, single {found['earn']:.0f}/s",
    )
