"""Pictures as phones, cameras and editors write them."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from loyalty.core import pictures

GPS = 0x8825
UPRIGHT = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}


def halves(mode: str = "RGB", size: tuple[int, int] = (64, 32)) -> Image.Image:
    """A picture with a red left and a blue right half."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    return image.convert(mode)


def written(image: Image.Image, format: str = "JPEG", **options: Any) -> BytesIO:
    file = BytesIO()
    image.save(file, format, **options)
    file.seek(0)
    return file


def camera(orientation: int = 1) -> Image.Exif:
    """What a camera notes: how it was held, and where."""
    exif = Image.Exif()
    exif[pictures.ORIENTATION] = orientation
    exif.get_ifd(GPS)[1] = "N"
    exif.get_ifd(GPS)[2] = (52.0, 13.0, 56.0)
    return exif


def opened(file: Any) -> Image.Image:
    return Image.open(BytesIO(file.read()))


def is_like(colour: Any, wanted: Sequence[int]) -> bool:
    return all(abs(one - other) < 40 for one, other in zip(colour, wanted, strict=False))


def assert_upright(image: Image.Image) -> None:
    middle, side = image.height // 2, image.width // 8
    seen = image.convert("RGB")
    assert is_like(seen.getpixel((side, middle)), (255, 0, 0))
    assert is_like(seen.getpixel((image.width - side, middle)), (0, 0, 255))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_stands_upright_and_tells_no_place(orientation, format):
    held = halves()
    if orientation > 1:
        # How the sensor saw it, for the note to turn it back.
        held = held.transpose(pictures.TURNS[UPRIGHT[orientation]])

    file = pictures.checked(written(held, format, exif=camera(orientation)))

    image = opened(file)
    assert (image.format, image.size) == (format, (64, 32))
    assert_upright(image)
    assert not image.getexif()


def test_keeps_the_colours_of_a_picture_without_its_notes():
    profile = b"a profile"
    sent = written(halves(), exif=camera(), icc_profile=profile, comment="at home", quality=70)

    image = opened(pictures.checked(sent))

    assert image.info["icc_profile"] == profile
    assert "comment" not in image.info
    sent.seek(0)
    assert image.quantization == opened(sent).quantization
    assert_upright(image)


def test_leaves_what_tells_nothing_as_it_came():
    for sent in (written(halves()), written(halves(), "PNG"), written(halves(), "GIF")):
        assert pictures.checked(sent).read() == sent.getvalue()


def test_takes_the_first_picture_of_a_phone_s_file():
    other = Image.new("RGB", (64, 32))
    sent = written(halves(), "MPO", save_all=True, append_images=[other], exif=camera())

    file = pictures.checked(sent)

    image = opened(file)
    assert (image.format, file.name.rpartition(".")[2]) == ("JPEG", "jpg")
    assert_upright(image)
    assert not image.getexif()
    assert other.tobytes() not in image.tobytes()


def test_a_note_that_nobody_can_read_is_left_out():
    sent = written(halves(), exif=b"Exif\0\0nonsense")

    assert "exif" not in opened(pictures.checked(sent)).info


def test_bounds_are_of_the_upright_picture():
    lying = written(halves(size=(32, 64)), exif=camera(6))
    bounds = pictures.Bounds(width_min=64, height_max=32)

    assert opened(pictures.checked(lying, bounds=bounds)).size == (64, 32)


def test_keeps_every_frame_of_an_animation():
    frames = [halves(), Image.new("RGB", (64, 32), "green")]
    sent = written(frames[0], "GIF", save_all=True, append_images=frames[1:])

    assert opened(pictures.checked(sent)).n_frames == 2


@pytest.mark.parametrize("format", ["WEBP", "AVIF", "TIFF", "BMP"])
def test_refuses_other_kinds(format):
    with pytest.raises(pictures.PictureRefused):
        pictures.checked(written(halves(), format))


def test_refuses_a_picture_of_an_apple_phone_s_own_kind():
    box = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"

    with pytest.raises(pictures.PictureRefused):
        pictures.checked(BytesIO(box + bytes(100)))


def test_refuses_a_gigantic_picture_unseen(monkeypatch):
    sent = written(Image.new("1", (20_000, 20_000)), "PNG")
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("it was decoded"))

    with pytest.raises(pictures.PictureRefused):
        pictures.checked(sent)


@pytest.mark.parametrize("mode", ["RGB", "CMYK"])
def test_small_copies_have_its_colours(mode):
    file = pictures.checked(written(halves(mode), exif=camera()))

    assert_upright(opened(pictures.fitted(file, 64, 32)))


def test_small_copies_of_16_bits_are_no_white_squares():
    file = pictures.checked(written(Image.new("I;16", (64, 32), 256 * 100), "PNG"))

    assert opened(pictures.fitted(file, 64, 32)).getpixel((5, 5)) == (100, 100, 100, 255)
