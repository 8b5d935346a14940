"""What the columns of a file are, by what people call them."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence

from loyalty.core.imports.kinds import Kind


def guess(header: Sequence[str], kind: type[Kind]) -> dict[str, str]:
    """Return which columns of a file are which of the kind's: those that are called so."""
    last = [_plain(column.rpartition(".")[2]) for column in kind.columns]
    by_name: dict[str, str] = {}
    for column in kind.columns:
        short = _plain(column.rpartition(".")[2])
        if last.count(short) == 1:
            by_name.setdefault(short, column)
    by_name |= {_plain(column): column for column in kind.columns}
    found: dict[str, str] = {}
    for name in header:
        meant = by_name.get(_plain(name))
        if meant is not None and meant not in found.values():
            found[name] = meant
    return found


def propose(header: Sequence[str], kind: type[Kind]) -> dict[str, str]:
    """
    Return what somebody may be asked to confirm: what is called so, or by a word that means it.

    What two columns of the file may mean is left open.
    """
    found = {
        name: column
        for name, column in guess(header, kind).items()
        if _plain(name) not in kind.vague or column == name
    }
    meant = {_plain(word): column for column, words in kind.words.items() for word in words}
    candidates: dict[str, list[str]] = defaultdict(list)
    for name in header:
        column = meant.get(_plain(name))
        if column is not None and name not in found and column not in found.values():
            candidates[column].append(name)
    return found | {names[0]: column for column, names in candidates.items() if len(names) == 1}


def _plain(name: str) -> str:
    """Return a name's letters and digits, without their accents."""
    letters = unicodedata.normalize("NFKD", name.casefold().replace("ł", "l"))
    return re.sub(r"[\W_]+", "", letters)
