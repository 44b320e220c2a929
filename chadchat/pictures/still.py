"""Still: a picture that does not move, in several sizes.

Only the pixels are taken along: turned as EXIF says, and with their colours in sRGB.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from PIL import (
    AvifImagePlugin,
    ExifTags,
    GifImagePlugin,
    Image,
    ImageCms,
    ImageColor,
    ImagePalette,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)
from PIL.Image import Resampling, Transpose

# Pillow imports these when it first needs them, which is too late where no file can be opened any more. MPO is how some
# cameras write a JPEG, and TIFF is what EXIF is made of.
AT_HAND: Final = (
    AvifImagePlugin,
    GifImagePlugin,
    ImageColor,
    ImagePalette,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)
_TURNS: Final = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
_QUALITY: Final = {"PNG": 90}  # screenshots, whose letters blur
_EFFORT: Final = 1  # of 6: 4, the default, takes 2.5 times as long, and saves less than a twentieth of the bytes
_SRGB: Final = ImageCms.createProfile("sRGB")
_GRAY_OF_16_BITS: Final = ("I;16", "I;16B", "I;16L", "I;16N")

Finish = Callable[[Image.Image], Image.Image]


@dataclass(frozen=True, slots=True)
class Made:
    """A file that was written: for which size, and its width and height in pixels."""

    size: int
    width: int
    height: int
    data: bytes


def get_ready() -> None:
    """Do everything once that is slow, or opens files, the first time."""
    square = Image.new("RGB", (2, 2))
    told = Image.Exif()
    told[ExifTags.Base.Orientation] = 6
    for name in ("JPEG", "PNG", "GIF", "WEBP"):
        file = io.BytesIO()
        square.save(file, name, exif=told)
        with Image.open(file, formats=[name]) as picture:
            reencode(picture, [2])
    ImageCms.profileToProfile(square, _SRGB, _SRGB)


def reencode(picture: Image.Image, sizes: Sequence[int]) -> list[Made]:
    """The picture as WebP in each size, the smallest first; each fits into a square of that size. A picture is never
    enlarged: sizes that would be the same picture again are left out. Raises whatever Pillow raises.
    """
    kind = picture.format or ""
    picture.draft(None, fitting(picture.size, max(sizes)))  # JPEG is decoded smaller, as far as all sizes allow
    picture.load()
    finish = finishing(picture)
    shown = finish(scaled(in_colours(picture), max(sizes)))
    made: list[Made] = []
    for size in sorted(sizes):
        if made and max(shown.size) <= made[-1].size:
            break
        one = scaled(shown, size)
        file = io.BytesIO()
        one.info.clear()
        one.save(file, "WEBP", quality=_QUALITY.get(kind, 80), method=_EFFORT)
        made.append(Made(size, one.width, one.height, file.getvalue()))
    return made


def fitting(given: tuple[int, int], most: int) -> tuple[int, int]:
    """The width and height of a picture that fits into a square of `most`, and is not larger than it was."""
    longest = max(given)
    if longest <= most:
        return given
    return max(1, round(given[0] * most / longest)), max(1, round(given[1] * most / longest))


def scaled(picture: Image.Image, most: int) -> Image.Image:
    """The picture so that it fits into a square of `most`."""
    size = fitting(picture.size, most)
    return picture if size == picture.size else picture.resize(size, Resampling.BICUBIC, reducing_gap=2.0)


def in_colours(picture: Image.Image) -> Image.Image:
    """The picture in a mode that can be scaled: with alpha where it has transparent places."""
    if picture.has_transparency_data:
        return picture.convert("RGBA")
    if picture.mode in _GRAY_OF_16_BITS:
        return picture.point(lambda value: value * (1 / 257)).convert("L")  # convert alone cuts off above 255
    if picture.mode == "1":
        return picture.convert("L")
    return picture if picture.mode in ("L", "RGB", "CMYK") else picture.convert("RGB")


def finishing(picture: Image.Image) -> Finish:
    """What a loaded picture still needs once it is scaled: its colours in sRGB, and its upper side at the top."""
    profile = picture.info.get("icc_profile")
    turn = _TURNS.get(_orientation(picture))

    def finish(one: Image.Image) -> Image.Image:
        coloured = _in_srgb(one, profile) if profile else one
        upright = coloured if turn is None else coloured.transpose(turn)
        return upright if upright.mode in ("RGB", "RGBA") else upright.convert("RGB")

    return finish


def _orientation(picture: Image.Image) -> int:
    try:
        return int(picture.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # EXIF that cannot be read says nothing about the picture
        return 1


def _in_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    """The picture in sRGB; as it is if the profile is broken, or not one for its mode."""
    mode = "RGBA" if picture.mode == "RGBA" else "RGB"
    try:
        turned = ImageCms.profileToProfile(picture, io.BytesIO(profile), _SRGB, outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return picture
    return turned or picture
