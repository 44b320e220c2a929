"""A reencoder, and the folder into which it writes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image

from chadchat.pictures.limits import Limits
from chadchat.pictures.process import Picture
from chadchat.pictures.reencoder import SIZES, Reencoder


@dataclass(frozen=True)
class Darkroom:
    """Where the tests have pictures re-encoded."""

    reencoder: Reencoder
    folder: Path

    async def reencode(self, uploaded: bytes, sizes: Sequence[int] = SIZES) -> Picture:
        source = self.folder / "uploaded"
        source.write_bytes(uploaded)
        try:
            return await self.reencoder.reencode(source, self.folder / "made", sizes)
        finally:
            source.unlink()

    async def largest(self, uploaded: bytes) -> Image.Image:
        """The largest file of a picture, decoded."""
        made = await self.reencode(uploaded)
        with Image.open(made.files[-1].path) as picture:
            picture.load()
        assert picture.format == "WEBP"
        assert picture.size == (made.width, made.height)
        return picture

    @property
    def left(self) -> list[str]:
        """The names of the files in the folder."""
        return sorted(path.name for path in self.folder.iterdir())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def reencoder() -> AsyncIterator[Reencoder]:
    made = Reencoder()
    yield made
    await made.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def narrow_reencoder() -> AsyncIterator[Reencoder]:
    """One in which a picture may take a second of CPU and 200 MiB; Python and Pillow have 40 MiB beside them."""
    made = Reencoder(Limits(cpu=1, memory=240 << 20))
    yield made
    await made.close()


@pytest.fixture
def darkroom(reencoder: Reencoder, tmp_path: Path) -> Darkroom:
    return Darkroom(reencoder, tmp_path)


@pytest.fixture
def narrow(narrow_reencoder: Reencoder, tmp_path: Path) -> Darkroom:
    return Darkroom(narrow_reencoder, tmp_path)
