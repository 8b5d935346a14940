"""Pictures to upload."""

from io import BytesIO

from PIL import Image


def png(width: int = 600, height: int = 600) -> bytes:
    file = BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, "PNG")
    return file.getvalue()
