"""
Texts compared as people type them: without regard to case or to the marks on letters.

What that means is said once, by `core_folded` in the database, which folds both sides: "Łuk" finds
Lukasz, and "lukasz" finds Łukasz.
"""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import Combinable
from django.db.models.lookups import Contains


class Folded(models.Func):
    """A text as searches compare it."""

    function = "core_folded"
    arity = 1
    output_field = models.TextField()


@models.CharField.register_lookup
@models.TextField.register_lookup
class FoldedContains(Contains):
    """`name__folded_contains`: where `icontains` would find no Żółć by "zolc"."""

    lookup_name = "folded_contains"

    def process_lhs(self, compiler: Any, connection: Any, lhs: Any = None) -> tuple[str, Any]:
        sql, params = super().process_lhs(compiler, connection, lhs)
        return f"core_folded({sql})", params

    def get_rhs_op(self, connection: Any, rhs: str) -> str:
        # Folding leaves the pattern's own signs, and what escapes them, as they are.
        return f"LIKE core_folded({rhs})"


def contains(column: str | Combinable, text: str) -> Q:
    """Return the condition that a column, or an expression, has `text` somewhere in it."""
    return Q(FoldedContains(F(column) if isinstance(column, str) else column, text))
