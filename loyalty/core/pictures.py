"""
Uploaded pictures: checked by what they hold, not by what they are called.

Everybody may see what is stored, so it tells nothing besides the picture: cameras write into a file
where it was taken, and phones a whole second picture.
"""

import struct
from collections.abc import Collection
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO

from django.core.files.base import ContentFile
from django.utils.crypto import get_random_string
from PIL import Image, ImageOps, UnidentifiedImageError

from loyalty.core.errors import DomainError

BYTES_MAX = 2 * 1024 * 1024
PIXELS_MAX = 40_000_000
# How a picture that a camera took lying or upside down stands upright, by its note of that.
ORIENTATION = 0x0112
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What Pillow calls that which a file says besides its picture.
NOTES = frozenset(
    {"exif", "xmp", "photoshop", "comment", "XML:com.adobe.xmp", "Raw profile type exif"}
)
PNG_MARKS = (b"eXIf", b"XML:com.adobe.xmp", b"Raw profile type exif")
JPEG_QUALITY = 90
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

    It is upright, and what a camera has noted in it is left out. Of a phone's several pictures in
    one file (MPO) the first is taken.

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
            kind = "JPEG" if kind == "MPO" else kind
            # Before anything decodes: a small file can claim to be a gigantic picture.
            if kind not in kinds or width * height > PIXELS_MAX:
                raise PictureRefused
            image.verify()
        content, (width, height) = _plain(content)
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        OSError,
        SyntaxError,
        ValueError,
    ) as error:
        raise PictureRefused from error
    if min(width, height) < side_min:
        raise PictureRefused(f"This picture is below {side_min} by {side_min} pixels.")
    if not bounds.holds(width, height):
        raise PictureRefused(bounds.refusal)
    assert kind is not None
    file = ContentFile(content)
    file.name = f"{get_random_string(20)}.{EXTENSIONS[kind]}"
    return file


def _orientation(image: Image.Image) -> int:
    """Return the camera's note of how it was held; 1, as it is, where it says nothing that is."""
    try:
        found = image.getexif().get(ORIENTATION, 1)
    except (OSError, SyntaxError, ValueError, TypeError, KeyError, struct.error):
        return 1
    return found if found in TURNS else 1


def _plain(content: bytes) -> tuple[bytes, tuple[int, int]]:
    """Return a picture upright and without notes, and its size; as it is where it has none."""
    with Image.open(BytesIO(content)) as image:
        # To ask a PNG for its notes is to decode it.
        is_noted = image.format != "PNG" or any(mark in content for mark in PNG_MARKS)
        if image.format == "GIF" or not is_noted or _moves(image):
            return content, image.size
        turn = TURNS.get(_orientation(image))
        is_phones = image.format == "MPO"
        if turn is None and not is_phones and NOTES.isdisjoint(image.info):
            return content, image.size
        image.load()
        options: dict[str, Any] = {"icc_profile": image.info.get("icc_profile")}
        kind = "PNG" if image.format == "PNG" else "JPEG"
        if kind == "JPEG":
            options["quality"] = JPEG_QUALITY if is_phones or turn is not None else "keep"
        for note in NOTES:
            image.info.pop(note, None)
        upright = image if turn is None else image.transpose(turn)
        written = BytesIO()
        upright.save(written, kind, **options)
    return written.getvalue(), upright.size


def _moves(image: Image.Image) -> bool:
    return image.format == "PNG" and bool(getattr(image, "is_animated", False))


def fitted(file: ContentFile[bytes], width: int, height: int) -> ContentFile[bytes]:
    """Return a checked picture as a PNG of exactly this size, whole, on a transparent ground."""
    file.seek(0)
    try:
        with Image.open(file) as image:
            scaled = ImageOps.contain(_in_colour(image), (width, height))
    except (OSError, SyntaxError, ValueError) as error:  # whole by its sums, but cannot be drawn
        raise PictureRefused from error
    finally:
        file.seek(0)
    canvas = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    canvas.paste(scaled, ((width - scaled.width) // 2, (height - scaled.height) // 2))
    written = BytesIO()
    canvas.save(written, "PNG")
    return ContentFile(written.getvalue(), name=f"{get_random_string(20)}.png")


def _in_colour(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        # 16 bits of grey: converted as they are, nearly all of them would be white.
        image = image.point(lambda grey: grey * (1 / 256)).convert("L")
    return image.convert("RGBA")


def content_type(name: str) -> str:
    """Return the media type of a stored picture, from the extension that `checked` gave it."""
    return CONTENT_TYPES.get(name.rpartition(".")[2], "application/octet-stream")
