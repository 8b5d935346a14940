"""Labels: pairs of key and value that customers, documents and rewards carry as JSON."""

from collections.abc import Iterable

from django.db.models import Q


def carrying(pairs: Iterable[tuple[str | None, str | None]]) -> Q:
    """Return what finds rows with a label for each pair; a half that is None may be anything."""
    condition = Q()
    for key, value in pairs:
        label = {"key": key, "value": value}
        wanted = {name: text for name, text in label.items() if text is not None}
        if wanted:
            # JSON containment: some label of the list has all of these; an index serves.
            condition &= Q(labels__contains=[wanted])
    return condition
