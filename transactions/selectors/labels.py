"""Labels that lines of purchases have had."""

from collections import defaultdict

from loyalty.core.models import Store
from transactions.models import ItemLabel


def values_by_key(store: Store) -> dict[str, list[str]]:
    """Return each key of the store's item labels with all of its values, both in order."""
    values: dict[str, list[str]] = defaultdict(list)
    pairs = ItemLabel.objects.filter(store=store).order_by("key", "value")
    for key, value in pairs.values_list("key", "value"):
        values[key].append(value)
    return dict(values)
