"""Makes the pictures of the tests: good ones, and ones that nobody should send."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Sequence
from typing import Any, Final

from PIL import Image, ImageCms, PngImagePlugin

SECRET: Final = "The-Secret-Garden"  # stands in every place where a picture says something about itself
LATITUDE: Final = 0x8825  # the part of EXIF that says where
PLACE: Final = f"51 28 38 N {SECRET}"


def coloured(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """A picture that is red at the left, and blue at the right."""
    picture = Image.new("RGB", (width, height), "red")
    picture.paste("blue", (width // 2, 0, width, height))
    return picture.convert(mode)


def noise(width: int, height: int) -> Image.Image:
    """A picture like a photograph, in that it does not compress well."""
    return Image.effect_noise((width, height), 60).convert("RGB")


def encoded(picture: Image.Image, format: str, **more: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, format, **more)
    return file.getvalue()


def exif(orientation: int = 1) -> Image.Exif:
    """EXIF with a place, a camera and a comment."""
    made = Image.Exif()
    made[0x010E] = SECRET
    made[0x0110] = SECRET
    made[0x0112] = orientation
    made.get_ifd(LATITUDE).update({1: "N", 2: (51.0, 28.0, 38.0), 18: PLACE, 27: SECRET.encode()})
    return made


def telling(format: str) -> bytes:
    """A picture of this format that tells its place in EXIF and in XMP, has a comment, and is followed by a ZIP."""
    xmp = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><GPS>{PLACE}</GPS></x:xmpmeta>'.encode()
    more: dict[str, Any] = {} if format == "GIF" else {"exif": exif()}
    if format in ("JPEG", "WEBP", "AVIF"):
        more["xmp"] = xmp
    if format in ("JPEG", "GIF"):
        more["comment"] = SECRET.encode()
    if format == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text("Comment", SECRET)
        text.add_text("Location", PLACE, zip=True)
        text.add_itxt("XML:com.adobe.xmp", xmp.decode())
        more["pnginfo"] = text
    return encoded(coloured(64, 48), format, **more) + archive()


def archive() -> bytes:
    """A ZIP with one file."""
    name, content = b"secret.txt", SECRET.encode()
    sizes = struct.pack("<III", zlib.crc32(content), len(content), len(content))
    head = b"\x14\0\0\0\0\0\0\0\0\0" + sizes + struct.pack("<HH", len(name), 0)
    local = b"PK\x03\x04" + head + name + content
    central = b"PK\x01\x02\x14\0" + head + bytes(14) + name
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    return local + central + end


def frames(count: int, width: int = 320, height: int = 240, format: str = "GIF", **more: Any) -> bytes:
    """An animation whose frames are all different."""
    base = noise(width, height).quantize(64)
    shown = [base.transform(base.size, Image.Transform.AFFINE, (1, 0, turn, 0, 1, turn)) for turn in range(count)]
    return encoded(shown[0], format, **{"save_all": True, "append_images": shown[1:], "duration": 40, **more})


def many_frames(count: int, width: int = 1, height: int = 1) -> bytes:
    """A GIF with many frames, without encoding each."""
    whole = encoded(Image.new("P", (width, height)), "GIF")
    start = whole.index(b",", 13)
    frame = whole[start:-1]
    return whole[:start] + frame * count + b";"


def png(width: int, height: int, *chunks: tuple[bytes, bytes], bits: int = 1, colour: int = 0) -> bytes:
    """A PNG with these chunks, whatever they are."""
    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, ((b"IHDR", head), *chunks, (b"IEND", b""))))


def bomb(width: int, height: int) -> bytes:
    """A small PNG of many pixels."""
    packer = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return png(width, height, (b"IDAT", data))


def text_bomb(mebibytes: int) -> bytes:
    """A small PNG with a compressed comment that is large."""
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(bytes(1 << 20)) for _ in range(mebibytes)) + packer.flush()
    return png(1, 1, (b"zTXt", b"Comment\0\0" + data), (b"IDAT", zlib.compress(b"\0\0")))


def profile() -> bytes:
    """A colour profile that says something about itself, and swaps nothing."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapping() -> bytes:
    """A colour profile whose red is the blue of sRGB."""
    whole = bytearray(profile())
    tags = struct.unpack(">I", whole[128:132])[0]
    places = {bytes(whole[at : at + 4]): at for at in range(132, 132 + 12 * tags, 12)}
    red, blue = places[b"rXYZ"], places[b"bXYZ"]
    whole[red + 4 : red + 12], whole[blue + 4 : blue + 12] = whole[blue + 4 : blue + 12], whole[red + 4 : red + 12]
    return bytes(whole)


def chunks(webp: bytes) -> Sequence[bytes]:
    """The names of the parts of a WebP, from its first byte to its last."""
    assert (webp[:4], webp[8:12]) == (b"RIFF", b"WEBP")
    assert int.from_bytes(webp[4:8], "little") == len(webp) - 8
    found, at = [], 12
    while at < len(webp):
        found.append(webp[at : at + 4])
        length = int.from_bytes(webp[at + 4 : at + 8], "little")
        at += 8 + length + length % 2
    assert at == len(webp)
    return found


def _chunk(named: tuple[bytes, bytes]) -> bytes:
    name, data = named
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
