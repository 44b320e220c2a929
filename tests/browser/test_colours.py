"""Every colour of a name can be read on the page, and its initial on it, in both themes (WCAG 1.4.3)."""

from __future__ import annotations

from typing import Literal

import pytest

from chadchat.domain.colours import HUES

from .conftest import Arrive
from .people import Room

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# The contrast of each hue to the page, from the pixels that a canvas has of the two colours.
_CONTRASTS = """
hues => {
  const context = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
  const luminance = colour => {
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const [red, green, blue] = [...context.getImageData(0, 0, 1, 1).data].map(value => value / 255).map(
      value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const page = luminance(getComputedStyle(document.body.parentElement).backgroundColor);
  return [...Array(hues).keys()].map(hue => {
    const line = Object.assign(document.createElement('b'), {className: 'who'});
    line.dataset.hue = hue;
    document.body.append(line);
    const voice = luminance(getComputedStyle(line).color);
    return (Math.max(voice, page) + 0.05) / (Math.min(voice, page) + 0.05);
  });
}
"""


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_every_hue_can_be_read(arrive: Arrive, room: Room, theme: Literal["light", "dark"]) -> None:
    ada = await arrive("Ada", color_scheme=theme)
    await ada.join(room["url"])
    contrasts = await ada.page.evaluate(_CONTRASTS, HUES)

    assert len({round(contrast, 3) for contrast in contrasts}) > HUES // 2  # they are hues, not the colour of text
    assert min(contrasts) >= 4.5
