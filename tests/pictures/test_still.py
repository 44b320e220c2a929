"""Pictures that do not move: their sizes, their colours and their upper side, and what is no longer in them."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms

from .conftest import Darkroom
from .making import (
    SECRET,
    archive,
    chunks,
    coloured,
    encoded,
    exif,
    noise,
    png,
    profile,
    swapping,
    telling,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")
RED, BLUE = (255, 0, 0), (0, 0, 255)


def is_near(seen: Any, wanted: tuple[int, ...]) -> bool:
    """Whether two colours are the same, but for what a lossy format changes."""
    return len(seen) == len(wanted) and all(abs(one - other) < 40 for one, other in zip(seen, wanted, strict=True))


@pytest.mark.parametrize("format", FORMATS)
async def test_a_picture_is_written_in_both_sizes(darkroom: Darkroom, format: str) -> None:
    made = await darkroom.reencode(encoded(coloured(2600, 1300), format, **({"speed": 10} if format == "AVIF" else {})))

    assert darkroom.left == ["made.2560.webp.part", "made.800.webp.part"]
    assert [(one.size, one.path.name) for one in made.files] == [
        (800, "made.800.webp.part"),
        (2560, "made.2560.webp.part"),
    ]
    assert (made.width, made.height) == (2560, 1280)
    for one, size in zip(made.files, ((800, 400), (2560, 1280)), strict=True):
        with Image.open(one.path) as picture:
            assert (picture.format, picture.size, picture.mode) == ("WEBP", size, "RGB")
            assert is_near(picture.getpixel((5, 5)), RED)
            assert is_near(picture.getpixel((size[0] - 5, 5)), BLUE)
        assert (one.bytes, one.path.stat().st_mode & 0o777) == (one.path.stat().st_size, 0o600)


@pytest.mark.parametrize(
    ("size", "files"),
    [((640, 480), {800: (640, 480)}), ((1000, 500), {800: (800, 400), 2560: (1000, 500)}), ((1, 1), {800: (1, 1)})],
)
async def test_a_picture_is_never_enlarged_and_none_is_kept_twice(
    darkroom: Darkroom, size: tuple[int, int], files: dict[int, tuple[int, int]]
) -> None:
    made = await darkroom.reencode(encoded(coloured(*size), "PNG"))

    found = {}
    for one in made.files:
        with Image.open(one.path) as picture:
            found[one.size] = picture.size
    assert found == files
    assert (made.width, made.height) == size


@pytest.mark.parametrize("format", FORMATS)
async def test_nothing_that_a_picture_tells_is_in_a_byte_that_is_kept(darkroom: Darkroom, format: str) -> None:
    uploaded = telling(format)
    assert uploaded.count(SECRET.encode()) >= 2
    assert uploaded.endswith(archive())

    made = await darkroom.reencode(uploaded)

    for one in made.files:
        kept = one.path.read_bytes()
        assert SECRET.encode() not in kept
        assert b"PK\x03\x04" not in kept
        assert set(chunks(kept)) <= {b"VP8 ", b"VP8L", b"VP8X", b"ALPH"}
        with Image.open(one.path) as picture:
            assert picture.getexif() == {}
            assert picture.info.keys() <= {"loop", "background", "timestamp", "duration"}


# What a camera that is held in a way does to a picture: the opposite of what EXIF says is to be done.
HELD = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF"])
async def test_a_picture_stands_upright_however_the_camera_was_held(darkroom: Darkroom, format: str) -> None:
    for orientation, turn in HELD.items():
        upright = coloured(60, 40)
        upright.paste("lime", (0, 20, 30, 40))
        stored = upright if turn is None else upright.transpose(turn)

        shown = await darkroom.largest(encoded(stored, format, exif=exif(orientation)))

        seen = [shown.getpixel(place) for place in ((5, 5), (5, 34), (54, 20))]
        assert shown.size == (60, 40)
        assert all(map(is_near, seen, (RED, (0, 255, 0), BLUE))), (orientation, seen)


async def test_a_broken_exif_leaves_the_picture_as_it_is(darkroom: Darkroom) -> None:
    shown = await darkroom.largest(encoded(coloured(60, 40), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff"))

    assert shown.size == (60, 40)


@pytest.mark.parametrize("format", ["PNG", "WEBP", "AVIF"])
async def test_transparent_places_stay_transparent(darkroom: Darkroom, format: str) -> None:
    picture = coloured(900, 60, "RGBA")
    picture.putalpha(Image.linear_gradient("L").resize((900, 60)))

    shown = await darkroom.largest(encoded(picture, format))

    assert shown.mode == "RGBA"
    alpha = shown.getchannel("A").histogram()
    assert sum(alpha[:40]) > 0 < sum(alpha[215:])


@pytest.mark.parametrize(
    "uploaded",
    [
        encoded(coloured(60, 40).quantize(4), "PNG"),
        encoded(coloured(60, 40).quantize(4), "GIF"),
        encoded(coloured(60, 40), "PNG", icc_profile=profile()),
        encoded(coloured(60, 40), "PNG", icc_profile=b"broken" * 50),
        encoded(coloured(60, 40, "CMYK"), "JPEG"),
        encoded(coloured(60, 40, "CMYK"), "JPEG", icc_profile=profile()),
    ],
    ids=["palette", "gif", "profile", "broken profile", "cmyk", "cmyk with a profile of RGB"],
)
async def test_colours_stay(darkroom: Darkroom, uploaded: bytes) -> None:
    shown = await darkroom.largest(uploaded)

    assert shown.mode == "RGB"
    assert is_near(shown.getpixel((5, 20)), RED)
    assert is_near(shown.getpixel((54, 20)), BLUE)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
async def test_colours_of_another_profile_are_turned_to_srgb(darkroom: Darkroom, mode: str) -> None:
    picture = coloured(60, 40, mode)
    if mode == "RGBA":
        picture.putpixel((0, 0), (0, 0, 0, 0))

    shown = await darkroom.largest(encoded(picture, "PNG", icc_profile=swapping()))

    assert is_near(shown.convert("RGB").getpixel((5, 20)), BLUE)
    assert is_near(shown.convert("RGB").getpixel((54, 20)), RED)
    assert shown.mode == mode


async def test_a_profile_of_gray_is_turned_too(darkroom: Darkroom) -> None:
    gray = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    shown = await darkroom.largest(encoded(Image.new("L", (60, 40), 128), "PNG", icc_profile=gray))

    assert is_near(shown.getpixel((5, 5)), (128, 128, 128))


@pytest.mark.parametrize("value", [0, 1 << 15, (1 << 16) - 1])
async def test_gray_of_16_bits_keeps_its_brightness(darkroom: Darkroom, value: int) -> None:
    rows = (b"\0" + struct.pack(">H", value) * 20) * 20

    shown = await darkroom.largest(png(20, 20, (b"IDAT", zlib.compress(rows)), bits=16))

    assert is_near(shown.getpixel((5, 5)), (value // 257,) * 3)


async def test_colours_of_16_bits_stay(darkroom: Darkroom) -> None:
    rows = (b"\0" + struct.pack(">HHH", 0, 0, 65_535) * 20) * 20

    shown = await darkroom.largest(png(20, 20, (b"IDAT", zlib.compress(rows)), bits=16, colour=2))

    assert is_near(shown.getpixel((5, 5)), BLUE)


async def test_a_photograph_with_a_second_one_behind_it_does_not_move(darkroom: Darkroom) -> None:
    both = encoded(coloured(60, 40), "MPO", save_all=True, append_images=[noise(60, 40)])

    shown = await darkroom.largest(both)

    assert is_near(shown.getpixel((5, 20)), RED)
    assert getattr(shown, "n_frames", 1) == 1


async def test_a_large_photograph_is_decoded_smaller(narrow: Darkroom, tmp_path: Path) -> None:
    photograph = encoded(coloured(8000, 6000), "JPEG")  # 48 megapixels take 183 MiB at their full size

    assert (await narrow.largest(photograph)).size == (2560, 1920)
