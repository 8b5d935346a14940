"""Where a store's pages of the till are."""

from django.urls import reverse

from loyalty.core.models import DEFAULT_STORE_CODE, Store


def address(store: Store, page: str, **parts: str) -> str:
    """Return the address of one of a store's pages on this server."""
    if store.code == DEFAULT_STORE_CODE:
        return reverse(f"pos:{page}", kwargs=parts)
    return reverse(f"pos:store-{page}", kwargs={"store_code": store.code, **parts})
