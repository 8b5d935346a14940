from loyalty.core.models.archive import ArchivedAuditEntry, AuditArchive
from loyalty.core.models.attempts import FailedAttempts, KnownPlace
from loyalty.core.models.audit import AuditEntry, IdempotencyRecord
from loyalty.core.models.base import PublicModel, StoreModel, StoreQuerySet, uuid7
from loyalty.core.models.event import ConsumerCursor, Event
from loyalty.core.models.exports import ExportJob, ExportState
from loyalty.core.models.files import CONDITIONS, PictureName, StoreFile
from loyalty.core.models.imports import ImportJob, ImportRow, ImportState, RowOutcome
from loyalty.core.models.job import JobOutcome, JobRun
from loyalty.core.models.languages import Language
from loyalty.core.models.messages import MessageState, MessageTemplate, SentMessage
from loyalty.core.models.store import DEFAULT_STORE_CODE, Store
from loyalty.core.models.webhooks import (
    DeliveryState,
    WebhookDelivery,
    WebhookLane,
    WebhookSecret,
)

__all__ = [
    "CONDITIONS",
    "DEFAULT_STORE_CODE",
    "ArchivedAuditEntry",
    "AuditArchive",
    "AuditEntry",
    "ConsumerCursor",
    "DeliveryState",
    "Event",
    "ExportJob",
    "ExportState",
    "FailedAttempts",
    "IdempotencyRecord",
    "ImportJob",
    "ImportRow",
    "ImportState",
    "JobOutcome",
    "JobRun",
    "KnownPlace",
    "Language",
    "MessageState",
    "MessageTemplate",
    "PictureName",
    "PublicModel",
    "RowOutcome",
    "SentMessage",
    "Store",
    "StoreFile",
    "StoreModel",
    "StoreQuerySet",
    "WebhookDelivery",
    "WebhookLane",
    "WebhookSecret",
    "uuid7",
]
