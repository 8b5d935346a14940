"""What the audit trail says of stores, their settings, messages, webhooks, files and jobs."""

from typing import Any

from django.utils.translation import gettext_lazy

from accounts.cockpit.trail import words
from accounts.cockpit.trail.words import Subject
from accounts.cockpit.vocabulary import language_name
from loyalty.cockpit.settings_form import CHOICE_NAMES, LABELS
from loyalty.core import jobs
from loyalty.core.exports import kinds as export_kinds
from loyalty.core.imports import kinds as import_kinds
from loyalty.core.messages import catalogue
from loyalty.core.messages.catalogue import MessageChannel
from loyalty.core.store_settings import registry

_FILE = {
    "kind": gettext_lazy("What"),
    "format": gettext_lazy("Format"),
    "taken back": gettext_lazy("Taken back"),
    "left": gettext_lazy("Left as they are"),
}


def _job(name: Any) -> str:
    job = jobs.get(str(name))
    return str(job.title) if job else str(name)


def _import_kind(name: Any) -> str:
    titles = {kind.name: str(kind.title) for kind in import_kinds.every()}
    return titles.get(str(name), str(name))


def _export_kind(name: Any) -> str:
    kind = export_kinds.get(str(name))
    return str(kind.title) if kind else str(name)


def _occasion(value: Any) -> str:
    occasion = catalogue.BY_VALUE.get(str(value))
    return str(occasion.label) if occasion else str(value)


def _language(code: Any) -> str:
    return language_name(str(code)) or str(code)


def _chosen(value: Any) -> str:
    return str(CHOICE_NAMES.get(str(value), value))


def _no_name(identity: Any) -> str:
    """Say nothing of an id that is always the store's own."""
    return ""


words.register(
    {
        "Store": Subject(
            gettext_lazy("store"),
            deeds={
                "CreateStore": gettext_lazy("Added a store"),
                "UpdateStore": gettext_lazy("Changed a store"),
                "MoveInOpenLoyalty": gettext_lazy("Moved in from Open Loyalty"),
            },
            fields={"source": gettext_lazy("From")},
        ),
        "Settings": Subject(
            gettext_lazy("store settings"),
            deeds={
                "UpdateSettings": gettext_lazy("Changed the settings"),
                "UpdateStoreFile": gettext_lazy("Changed a picture or the terms"),
                "RemoveStoreFile": gettext_lazy("Removed a picture or the terms"),
            },
            fields=LABELS,
            values={
                words.snake(setting.wire): _chosen
                for setting in registry()
                if getattr(setting, "choices", None)
            },
            named=_no_name,
        ),
        "Language": Subject(
            gettext_lazy("language"),
            deeds={
                "CreateLanguage": gettext_lazy("Added a language"),
                "UpdateLanguage": gettext_lazy("Changed a language"),
                "DeleteLanguage": gettext_lazy("Deleted a language"),
            },
            fields={
                "name": gettext_lazy("Name"),
                "default": gettext_lazy("Default"),
                "order": gettext_lazy("Place"),
                "content": gettext_lazy("Text"),
            },
            named=_language,
        ),
        "Message": Subject(
            gettext_lazy("message"),
            deeds={
                "CreateMessage": gettext_lazy("Wrote a message of their own"),
                "UpdateMessage": gettext_lazy("Changed a message"),
                "ActivateMessage": gettext_lazy("Switched a message on"),
                "DeactivateMessage": gettext_lazy("Switched a message off"),
                "ResetMessage": gettext_lazy("Set a message back to its first text"),
            },
            fields={
                "event": gettext_lazy("Event"),
                "channel": gettext_lazy("Channel"),
                "is_enabled": gettext_lazy("Active"),
                "sender_name": gettext_lazy("Sender’s name"),
                "sender_email": gettext_lazy("Sender’s address"),
                "receivers": gettext_lazy("Receivers"),
                "subject": gettext_lazy("Subject"),
                "content": gettext_lazy("Text"),
            },
            values={"event": _occasion, "channel": words.choices(MessageChannel)},
            named=_no_name,
        ),
        "SentMessage": Subject(
            gettext_lazy("sent message"),
            deeds={"RetryMessage": gettext_lazy("Sent a message once more")},
        ),
        "WebhookDelivery": Subject(
            gettext_lazy("webhook delivery"),
            deeds={
                "ReplayWebhook": gettext_lazy("Sent a webhook again"),
                "SendWebhookNow": gettext_lazy("Sent a waiting webhook at once"),
            },
        ),
        "Webhooks": Subject(
            gettext_lazy("webhooks"),
            deeds={
                "ReplayFailedWebhooks": gettext_lazy("Sent all failed webhooks again"),
                "TestWebhook": gettext_lazy("Sent a webhook to try the receiver"),
                "RotateWebhookSecret": gettext_lazy("Made a new secret for webhooks"),
            },
            named=_no_name,
        ),
        "Import": Subject(
            gettext_lazy("import"),
            deeds={
                "ImportFile": gettext_lazy("Imported a file"),
                "ChangeMany": gettext_lazy("Began a change of many"),
                "UndoImport": gettext_lazy("Took an import back"),
            },
            fields=_FILE,
            values={"kind": _import_kind},
        ),
        "Export": Subject(
            gettext_lazy("export"),
            deeds={
                "ExportList": gettext_lazy("Downloaded a list"),
                "ExportFile": gettext_lazy("Made a file of a list"),
            },
            fields=_FILE,
            values={"kind": _export_kind},
            named=_no_name,
        ),
        "Job": Subject(
            gettext_lazy("job"),
            deeds={"StartJob": gettext_lazy("Started a job")},
            named=_job,
        ),
        "AuditArchive": Subject(
            gettext_lazy("archive"),
            deeds={"ArchiveAuditLog": gettext_lazy("Archived old entries")},
            fields={"filename": gettext_lazy("File"), "count": gettext_lazy("Entries")},
            named=_no_name,
        ),
    }
)
