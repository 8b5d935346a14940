"""What a store's program is called, and where its pages are."""

from django.urls import reverse

from loyalty.core.models import DEFAULT_STORE_CODE, Store


def brand(store: Store) -> str:
    """Return the program's name, or the store's while nobody has named the program."""
    settings = store.settings
    name = settings.program_name
    return store.name if name == type(settings).program_name.default else name


def address(store: Store, page: str, **parts: str) -> str:
    """Return the address of one of a store's pages on this server."""
    if store.code == DEFAULT_STORE_CODE:
        return reverse(f"portal:{page}", kwargs=parts)
    return reverse(f"portal:store-{page}", kwargs={"store_code": store.code, **parts})
