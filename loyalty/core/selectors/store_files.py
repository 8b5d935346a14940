"""What a store shows: its own files, and our pictures where it has none. Source: SET-20…23."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from loyalty.core.models import CONDITIONS, PictureName, Store, StoreFile

FOLDER = Path(__file__).parent.parent / "default_pictures"
SVG = "image/svg+xml"
PNG = "image/png"
DEFAULTS = {
    PictureName.LOGO: "logo.svg",
    PictureName.SMALL_LOGO: "mark.svg",
    PictureName.HERO_IMAGE: "hero.svg",
    PictureName.ADMIN_COCKPIT_LOGO: "logo.svg",
    PictureName.CLIENT_COCKPIT_LOGO_BIG: "logo.svg",
    PictureName.CLIENT_COCKPIT_LOGO_SMALL: "mark.svg",
    PictureName.CLIENT_COCKPIT_HERO_IMAGE: "hero.svg",
}
SIZES = ("192x192", "512x512")


@dataclass(frozen=True)
class Shown:
    """A file as it goes out."""

    content: bytes
    mime_type: str
    name: str


def find_picture(store: Store, name: PictureName, size: str | None = None) -> Shown:
    """Return a store's picture, or ours in its place; `size`: one of `SIZES`."""
    own = StoreFile.objects.in_store(store).filter(name=name.value).first()
    if own is not None:
        stored = own.copies.get(size) if size else str(own.file.name)
        content = _read(own, stored) if stored else None
        if content is not None:
            return Shown(content, PNG if size else own.mime_type, own.original_name)
    return Shown(_default(name), SVG, DEFAULTS[name])


def find_conditions(store: Store) -> Shown | None:
    own = StoreFile.objects.in_store(store).filter(name=CONDITIONS).first()
    content = _read(own, str(own.file.name)) if own is not None else None
    if own is None or content is None:
        return None
    return Shown(content, own.mime_type, own.original_name)


def has_conditions(store: Store) -> bool:
    return StoreFile.objects.in_store(store).filter(name=CONDITIONS).exists()


def describe_pictures(store: Store) -> dict[str, dict[str, Any]]:
    """Return what the settings say of each picture: `path`, `mime` and more. One query."""
    own = {row.name: row for row in StoreFile.objects.in_store(store)}
    found = {}
    for name in PictureName:
        row = own.get(name.value)
        found[name.value] = {
            "path": f"settings/photo/{name.value}",
            "originalName": row.original_name if row else DEFAULTS[name],
            "mime": row.mime_type if row else SVG,
            "sizes": list(SIZES),
        }
    return found


def _read(row: StoreFile, name: str) -> bytes | None:
    try:
        with row.file.storage.open(name, "rb") as file:
            content: bytes = file.read()
            return content
    except FileNotFoundError:  # the media folder was not moved along
        return None


@cache
def _default(name: PictureName) -> bytes:
    return (FOLDER / DEFAULTS[name]).read_bytes()
