"""What a store is like: its settings, its pictures and its conditions."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from loyalty.core import store_settings
from loyalty.core.actors import SYSTEM
from loyalty.core.errors import DomainError
from loyalty.core.models import PictureName
from loyalty.core.pictures import CONTENT_TYPES
from loyalty.core.services import store_files, stores
from loyalty.core.store_settings import SettingsRefused, StoreSettings
from loyalty.models import MoveIn
from loyalty.moving_in import progress
from loyalty.moving_in.source import Source

SETTINGS, PICTURES = "settings", "store pictures"
DONE = 0
WEBHOOKS = StoreSettings.webhooks.wire


def move_settings(move: MoveIn, source: Source, prefix: str) -> None:
    """
    Move the settings, before anything is built: dates are in the store's zone, and levels by its
    rules. What we refuse keeps our default, and is noted.

    Webhooks stay off: nobody is to hear of one thing from two servers.
    """
    if move.pages.get(SETTINGS) == DONE:
        return
    told = source.get(f"{prefix}settings").get("settings")
    form = _form(told if isinstance(told, dict) else {})
    if _is_on(form.get(WEBHOOKS)):
        progress.note(move, "settings: webhooks are off here; switch them on when you change over.")
    form[WEBHOOKS] = False
    _change(move, form)
    move.store.refresh_from_db()
    progress.go_on(move, SETTINGS, DONE)


def _change(move: MoveIn, form: dict[str, Any]) -> None:
    """Save what we do not refuse of a form, and our present values otherwise."""
    ours = move.store.settings.as_wire()
    while form:
        try:
            stores.change_settings(store=move.store, form=ours | form, actor=SYSTEM)
        except SettingsRefused as refusal:
            for wire, sentences in refusal.errors.items():
                progress.refuse(move, "settings", wire, " ".join(sentences))
            refused = refusal.errors.keys() & form.keys()
            # Where theirs do not go together with ours, none of theirs counts.
            form = {wire: value for wire, value in form.items() if refused and wire not in refused}
        else:
            return


def move_pictures(move: MoveIn, source: Source, prefix: str) -> None:
    """Move the store's own pictures and its conditions."""
    if move.pages.get(PICTURES) == DONE:
        return
    for name in PictureName:
        answer = source.get_file(f"{prefix}settings/photo/{name.value}")
        # Where nobody has chosen one, ours answers a drawing, and theirs may answer a page.
        if answer is None or answer.mime_type not in CONTENT_TYPES.values():
            continue
        try:
            store_files.set_picture(
                store=move.store, name=name, upload=BytesIO(answer.body), actor=SYSTEM
            )
        except DomainError as refusal:
            progress.refuse(move, "picture", name.value, refusal.message)
    conditions = source.get_file(f"{prefix}settings/conditions-file")
    if conditions is not None:
        try:
            store_files.set_conditions(
                store=move.store, upload=BytesIO(conditions.body), actor=SYSTEM
            )
        except DomainError as refusal:
            progress.refuse(move, "conditions", "the file", refusal.message)
    progress.go_on(move, PICTURES, DONE)


def _form(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return what we know of the settings told, by their present names."""
    known = {setting.wire for setting in store_settings.documented()}
    renamed = store_settings.with_present_names(told)
    return {wire: value for wire, value in renamed.items() if wire in known and value is not None}


def _is_on(value: Any) -> bool:
    return str(value).lower() in {"1", "true", "on"}
