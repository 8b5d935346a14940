"""QR codes for rules that pay for scanning them."""

from io import BytesIO

import segno

# A quarter of the code may be scratched or stained: it hangs in shops.
ERROR_CORRECTION = "q"
# Millimetres of each module when it is printed as it is; it scales without loss.
MODULE_SIZE = 2
# The quiet zone that the standard asks for, in modules.
BORDER = 4


def draw(content: str) -> bytes:
    """Return the QR code of a text of at most 255 characters as an SVG document."""
    code = segno.make_qr(content, error=ERROR_CORRECTION, boost_error=False)
    file = BytesIO()
    code.save(file, kind="svg", scale=MODULE_SIZE, unit="mm", border=BORDER, light="white")
    return file.getvalue()
