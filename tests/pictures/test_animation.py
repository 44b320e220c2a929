"""Pictures that move: they go on moving, or are kept as a file."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from chadchat.pictures.limits import Limits
from chadchat.pictures.reencoder import AnimationTooLong, PictureInvalid, Reencoder

from .conftest import Darkroom
from .making import SECRET, archive, chunks, coloured, encoded, frames, many_frames

pytestmark = pytest.mark.asyncio(loop_scope="module")


def durations(picture: Image.Image) -> list[int]:
    found = []
    for frame in range(getattr(picture, "n_frames", 1)):
        picture.seek(frame)
        picture.load()
        found.append(picture.info["duration"])
    return found


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "AVIF"])
async def test_an_animation_goes_on_moving_as_it_did(darkroom: Darkroom, format: str) -> None:
    uploaded = frames(4, 1000, 100, format, duration=[40, 80, 120, 160], loop=0)

    made = await darkroom.reencode(uploaded)

    assert darkroom.left == ["made.800.webp.part"]
    assert (made.width, made.height) == (800, 80)
    with Image.open(made.files[0].path) as picture:
        assert (picture.format, picture.size, picture.info["loop"]) == ("WEBP", (800, 80), 0)
        assert durations(picture) == [40, 80, 120, 160]


@pytest.mark.parametrize(("said", "plays"), [({"loop": 0}, 0), ({}, 1), ({"loop": 2}, 3)])
async def test_a_gif_plays_as_often_as_it_says(darkroom: Darkroom, said: dict[str, Any], plays: int) -> None:
    made = await darkroom.reencode(frames(2, 20, 20, **said))

    with Image.open(made.files[0].path) as picture:
        assert picture.info["loop"] == plays


async def test_a_gif_keeps_its_transparent_places_in_each_frame(darkroom: Darkroom) -> None:
    shown = []
    for left in range(3):
        frame = Image.new("RGBA", (60, 20), (0, 0, 0, 0))
        frame.paste("red", (left * 20, 0, left * 20 + 20, 20))
        shown.append(frame)
    uploaded = encoded(shown[0], "GIF", save_all=True, append_images=shown[1:], duration=100, disposal=2)

    made = await darkroom.reencode(uploaded)

    with Image.open(made.files[0].path) as picture:
        for left in range(3):
            picture.seek(left)
            alpha = picture.convert("RGBA").getchannel("A")
            assert [alpha.getpixel((place, 10)) == 255 for place in (10, 30, 50)] == [
                place == left for place in range(3)
            ]


@pytest.mark.parametrize("format", ["GIF", "WEBP"])
async def test_nothing_that_an_animation_tells_is_kept(darkroom: Darkroom, format: str) -> None:
    more = {"comment": SECRET.encode()} if format == "GIF" else {"xmp": SECRET.encode(), "exif": SECRET.encode()}
    uploaded = frames(3, 40, 40, format, **more) + archive()
    assert uploaded.count(SECRET.encode()) >= 2

    made = await darkroom.reencode(uploaded)

    kept = made.files[0].path.read_bytes()
    assert SECRET.encode() not in kept
    assert b"PK\x03\x04" not in kept
    assert set(chunks(kept)) == {b"VP8X", b"ANIM", b"ANMF"}


async def test_one_frame_does_not_move(darkroom: Darkroom) -> None:
    made = await darkroom.reencode(frames(1, 900, 90))

    assert [one.size for one in made.files] == [800, 2560]


@pytest.mark.parametrize(
    "uploaded",
    [many_frames(Limits().frames + 1), many_frames(10_000), many_frames(11, 4000, 2500)],
    ids=["frames", "10,000 frames", "pixels"],
)
async def test_a_long_animation_is_not_cut_but_kept_as_a_file(narrow: Darkroom, uploaded: bytes) -> None:
    with pytest.raises(AnimationTooLong):
        await narrow.reencode(uploaded)

    assert narrow.left == []
    assert await narrow.reencode(frames(2, 10, 10))


async def test_an_animation_that_takes_too_long_is_kept_as_a_file(tmp_path: Path) -> None:
    hurried = Darkroom(Reencoder(Limits(frame_cpu=0.1)), tmp_path)

    with pytest.raises(AnimationTooLong):
        await hurried.reencode(frames(40))

    assert hurried.left == []
    await hurried.reencoder.close()


async def test_an_animation_that_ends_too_early_is_refused(darkroom: Darkroom) -> None:
    with pytest.raises(PictureInvalid):
        await darkroom.reencode(frames(5)[:-40_000])

    assert darkroom.left == []


async def test_a_frame_larger_than_its_picture_is_cut(darkroom: Darkroom) -> None:
    small = encoded(coloured(10, 10).quantize(2), "GIF")
    large = encoded(coloured(10, 10).resize((40, 40)).rotate(90).quantize(2), "GIF")
    uploaded = small[:-1] + large[large.index(b",", 13) : -1] + b";"

    made = await darkroom.reencode(uploaded)

    with Image.open(io.BytesIO(made.files[0].path.read_bytes())) as picture:
        assert (picture.size, getattr(picture, "n_frames", 1)) == ((10, 10), 2)
