from loyalty.core.models.audit import AuditEntry, IdempotencyRecord
from loyalty.core.models.base import PublicModel, StoreModel, StoreQuerySet, uuid7
from loyalty.core.models.event import ConsumerCursor, Event
from loyalty.core.models.store import DEFAULT_STORE_CODE, Store

__all__ = [
    "DEFAULT_STORE_CODE",
    "AuditEntry",
    "ConsumerCursor",
    "Event",
    "IdempotencyRecord",
    "PublicModel",
    "Store",
    "StoreModel",
    "StoreQuerySet",
    "uuid7",
]
