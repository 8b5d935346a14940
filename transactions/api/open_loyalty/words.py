"""Say what a command refused about a document in Open Loyalty's words."""

from collections.abc import Iterator
from contextlib import contextmanager

from loyalty.core.errors import DomainError, InvalidFields, NotFound

_HEADS = {
    "number": "transactionData.documentNumber",
    "type": "transactionData.documentType",
    "purchased_at": "transactionData.purchaseDate",
    "purchase_place": "transactionData.purchasePlace",
    "revised_number": "revisedDocument",
    "lines": "items",
    "buyer": "customerData",
}
_TAILS = {
    "sku": "sku.code",
    "gross_value": "grossValue",
    "loyalty_card_number": "loyaltyCardNumber",
}


@contextmanager
def translated() -> Iterator[None]:
    """Translate the paths of a refusal, such as `lines.0.sku` to `items.0.sku.code`."""
    try:
        yield
    except NotFound:
        raise
    except InvalidFields as error:
        raise InvalidFields({wire(path): texts for path, texts in error.errors.items()}) from error
    except DomainError as error:
        if error.field is not None:
            raise InvalidFields({wire(error.field): [error.message]}) from error
        raise


def wire(path: str) -> str:
    head, *rest = path.split(".")
    return ".".join([_HEADS.get(head, head), *(_TAILS.get(part, part) for part in rest)])
