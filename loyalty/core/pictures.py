"""Uploaded pictures: checked by what they hold, not by what they are called."""

from collections.abc import Collection
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from django.core.files.base import ContentFile
from django.utils.crypto import get_random_string
from PIL import Image, ImageOps, UnidentifiedImageError

from loyalty.core.errors import DomainError

BYTES_MAX = 2 * 1024 * 1024
PIXELS_MAX = 40_000_000
EXTENSIONS = {"PNG": "png", "JPEG": "jpg", "GIF": "gif"}
CONTENT_TYPES = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif"}


class PictureRefused(DomainError):
    """This file is not a PNG, JPEG or GIF picture of at most 2 MB."""

    code = "picture_refused"
    field = "file"


@dataclass(frozen=True)
class Bounds:
    """How small and large a picture may be, in pixels."""

    width_min: int = 1
    height_min: int = 1
    width_max: int = PIXELS_MAX
    height_max: int = PIXELS_MAX

    @property
    def refusal(self) -> str:
        return (
            f"This picture is not within {self.width_min} to {self.width_max} by "
            f"{self.height_min} to {self.height_max} pixels."
        )

    def holds(self, width: int, height: int) -> bool:
        fits_width = self.width_min <= width <= self.width_max
        return fits_width and self.height_min <= height <= self.height_max


NO_BOUNDS = Bounds()


def checked(
    upload: BinaryIO,
    *,
    side_min: int = 1,
    kinds: Collection[str] = EXTENSIONS,
    bounds: Bounds = NO_BOUNDS,
) -> ContentFile[bytes]:
    """
    Return an upload under a name of our own, ready for an `ImageField`.

    `side_min`: how many pixels wide and high it has to be. `kinds`: keys of `EXTENSIONS`.

    :raises PictureRefused: too big, too small, no picture, or of another kind.
    """
    content = upload.read(BYTES_MAX + 1)
    if not content or len(content) > BYTES_MAX:
        raise PictureRefused
    file = ContentFile(content)
    try:
        with Image.open(file) as image:
            kind, (width, height) = image.format, image.size
            # Before verify() decodes: a small file can claim to be a gigantic picture.
            if kind not in kinds or width * height > PIXELS_MAX:
                raise PictureRefused
            if min(width, height) < side_min:
                raise PictureRefused(f"This picture is below {side_min} by {side_min} pixels.")
            if not bounds.holds(width, height):
                raise PictureRefused(bounds.refusal)
            image.verify()
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        OSError,
        SyntaxError,
        ValueError,
    ) as error:
        raise PictureRefused from error
    file.seek(0)
    assert kind is not None
    file.name = f"{get_random_string(20)}.{EXTENSIONS[kind]}"
    return file


def fitted(file: ContentFile[bytes], width: int, height: int) -> ContentFile[bytes]:
    """Return a checked picture as a PNG of exactly this size, whole, on a transparent ground."""
    file.seek(0)
    try:
        with Image.open(file) as image:
            scaled = ImageOps.contain(image.convert("RGBA"), (width, height))
    except (OSError, SyntaxError, ValueError) as error:  # whole by its sums, but cannot be drawn
        raise PictureRefused from error
    finally:
        file.seek(0)
    canvas = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    canvas.paste(scaled, ((width - scaled.width) // 2, (height - scaled.height) // 2))
    written = BytesIO()
    canvas.save(written, "PNG")
    return ContentFile(written.getvalue(), name=f"{get_random_string(20)}.png")


def content_type(name: str) -> str:
    """Return the media type of a stored picture, from the extension that `checked` gave it."""
    return CONTENT_TYPES.get(name.rpartition(".")[2], "application/octet-stream")
