"""Pictures that nobody should send: each is refused or re-encoded within a second of CPU and 200 MiB, and the worker is
there for the next one.
"""

from __future__ import annotations

import zlib

import pytest
from PIL import Image

from chadchat.pictures.reencoder import PictureInvalid

from .conftest import Darkroom
from .making import bomb, coloured, encoded, frames, png, profile, text_bomb

pytestmark = pytest.mark.asyncio(loop_scope="module")

GOOD = encoded(coloured(20, 20), "PNG")
SCRIPT = b"=1;alert(document.domain);//"

REFUSED = {
    "400 megapixels": bomb(20_000, 20_000),
    "51 megapixels": bomb(10_000, 5_100),
    "200 MiB of text": text_bomb(200),
    "a size of zero": png(0, 10, (b"IDAT", zlib.compress(b""))),
    "the largest size there is": png(2**31 - 1, 2**31 - 1, (b"IDAT", zlib.compress(b"\0"))),
    "no pixels": png(10, 10),
    "too few pixels": png(1000, 1000, (b"IDAT", zlib.compress(bytes(100)))),
    "a png cut in two": encoded(coloured(200, 200), "PNG")[:300],
    "a jpeg cut in two": encoded(coloured(900, 900), "JPEG")[:5000],
    "a webp cut in two": encoded(Image.effect_noise((200, 200), 90), "WEBP")[:2000],
    "an avif cut in two": encoded(Image.effect_noise((200, 200), 90), "AVIF")[:2000],
    "a gif of zero by zero": b"GIF89a\0\0\0\0\0\0\0;",
    "a gif without a picture": b"GIF89a\x0a\0\x0a\0\0\0\0;",
    "gif and script": b"GIF89a" + SCRIPT,
    "only the beginning of a jpeg": b"\xff\xd8\xff\xe0",
    "only the beginning of an avif": b"\0\0\0\x18ftypavif\0\0\0\0avifmif1",
    "a webp that says it is large": b"RIFF\xff\xff\xff\x7fWEBPVP8X\x0a\0\0\0\x10\0\0\0\xff\x3f\0\xff\x3f\0",
    "a webp of 16,383 by 16,383": b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\x12\0\0\0\xfe\x3f\0\xfe\x3f\0",
    "a profile that is a bomb": png(
        1, 1, (b"iCCP", b"x\0\0" + zlib.compress(bytes(200 << 20))), (b"IDAT", zlib.compress(b"\0\0"))
    ),
}

LARGE = {"400 megapixels", "51 megapixels", "the largest size there is", "a webp that says it is large"}
LARGE |= {"a webp of 16,383 by 16,383"}

TAKEN = {
    "100 frames": frames(100, 160, 120),
    "1 by 100,000": encoded(Image.new("L", (1, 100_000), 200), "PNG"),
    "100,000 by 1": encoded(Image.new("1", (100_000, 1)), "PNG"),
    "png and zip": encoded(coloured(20, 20), "PNG") + b"PK\x03\x04" + bytes(1000),
    "jpeg and html": encoded(coloured(20, 20), "JPEG", comment=b"<script>alert(1)</script>") + b"<html><script>",
    "gif and script": encoded(coloured(20, 20), "GIF") + SCRIPT,
    "a profile of another kind": encoded(coloured(20, 20, "CMYK"), "JPEG", icc_profile=profile()[:-40]),
    "49 megapixels": bomb(7_000, 7_000),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_hostile_picture_is_refused_and_the_next_one_is_taken(narrow: Darkroom, name: str) -> None:
    assert await narrow.reencode(GOOD)
    for file in narrow.left:
        (narrow.folder / file).unlink()
    worker = narrow.reencoder.pid

    with pytest.raises(PictureInvalid) as refused:
        await narrow.reencode(REFUSED[name])

    assert (refused.value.code, refused.value.status) == ("picture_invalid", 422)
    assert ("50 megapixels" in refused.value.sentence) == (name in LARGE)
    assert narrow.left == []
    assert await narrow.reencode(GOOD)
    assert narrow.reencoder.pid == worker  # it was no crash


@pytest.mark.parametrize("name", TAKEN)
async def test_an_odd_picture_is_re_encoded(narrow: Darkroom, name: str) -> None:
    made = await narrow.reencode(TAKEN[name])

    for one in made.files:
        kept = one.path.read_bytes()
        assert len(kept) == one.bytes
        assert not any(word in kept for word in (b"<script", b"alert", b"PK\x03\x04"))


async def test_another_format_is_not_decoded_whatever_it_is_called(darkroom: Darkroom) -> None:
    with pytest.raises(PictureInvalid):
        await darkroom.reencode(encoded(coloured(9, 9), "BMP"))

    assert darkroom.left == []
