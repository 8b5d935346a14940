"""Uploaded pictures: checked by what they hold, not by what they are called."""

from typing import BinaryIO

from django.core.files.base import ContentFile
from django.utils.crypto import get_random_string
from PIL import Image, UnidentifiedImageError

from loyalty.core.errors import DomainError

BYTES_MAX = 2 * 1024 * 1024
PIXELS_MAX = 40_000_000
EXTENSIONS = {"PNG": "png", "JPEG": "jpg", "GIF": "gif"}
CONTENT_TYPES = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif"}


class PictureRefused(DomainError):
    """This file is not a PNG, JPEG or GIF picture of at most 2 MB."""

    code = "picture_refused"
    field = "file"


def checked(upload: BinaryIO, *, side_min: int = 1) -> ContentFile[bytes]:
    """
    Return an upload under a name of our own, ready for an `ImageField`.

    `side_min`: how many pixels wide and high it has to be.

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
            if kind not in EXTENSIONS or width * height > PIXELS_MAX:
                raise PictureRefused
            if min(width, height) < side_min:
                raise PictureRefused(f"This picture is below {side_min} by {side_min} pixels.")
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
    file.name = f"{get_random_string(20)}.{EXTENSIONS[kind]}"
    return file


def content_type(name: str) -> str:
    """Return the media type of a stored picture, from the extension that `checked` gave it."""
    return CONTENT_TYPES.get(name.rpartition(".")[2], "application/octet-stream")
