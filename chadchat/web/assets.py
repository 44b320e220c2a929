"""Static files: joined and compressed when the application starts (in about 20 ms), and served from memory.

No built file is on the disk, so none can be older than its sources. Only the files that `_read` lists are served.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from quart import Quart, Response
from werkzeug.exceptions import NotFound

from . import modules
from .compression import takes_gzip
from .respond import request

YEAR: Final = 365 * 24 * 3600

# A page loads one of these style sheets, which are joined from the files of static/css.
_SHEETS: Final = {
    "home.css": ("tokens", "base", "home", "forms", "owner", "person", "reactions", "reacting", "touch"),
    "help.css": ("tokens", "base", "home", "help", "forms", "owner", "touch"),
    "room.css": (
        "tokens",
        "base",
        "room",
        "message",
        "file",
        "reply",
        "pointing",
        "reactions",
        "asked",
        "outbox",
        "composer",
        "notices",
        "side",
        "forms",
        "touch",
        "print",
    ),
    "later.css": ("choices", "menu", "owner", "person", "reacting", "results", "tray", "touch"),  # with later.js
}
# Modules that a script loads with import() when they are first needed.
_ON_DEMAND: Final = ("emojilist", "asking", "away", "knocks", "mention", "notices", "polling", "waiting")
_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)  # of a style sheet
_BESIDE: Final = re.compile(r"^[ \t]*(?://.*)?\n|^[ \t]+|(?<=[;,{})\]])[ \t]+// .*$", re.MULTILINE)
_OPEN_END: Final = re.compile(r"([;,{(])\n")
# What a script means as it is written: strings, templates, also with one in the other, and patterns, after what no
# division can follow.
_LITERAL: Final = re.compile(
    r"""('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|\$\{(?:[^{}`]|`(?:\\.|[^`\\])*`)*\}|[^`\\])*`"""
    r"""|(?<=[(,=:?&|!]) ?/(?![*/])(?:\\.|\[(?:\\.|[^\]\n])*\]|[^/\\\n])+/[a-z]*)"""
)
_BLANKS: Final = re.compile(r" *([=<>?:,&|{}();*!\[\]]) *")
_AROUND: Final = re.compile(r"\s*([{};])\s*")  # of a style sheet
_VENDOR: Final = ("htmx.min.js", "hx-sse.min.js")  # in this order: the second is a plug-in of the first


@dataclass(frozen=True, slots=True)
class Asset:
    """A file in memory, plain and compressed. `digest` changes with its content."""

    media: str
    body: bytes
    gzipped: bytes
    digest: str


class Assets:
    """All static files by name."""

    def __init__(self, folder: Path) -> None:
        self._files = {name: _made(media, text) for name, media, text in _read(folder)}

    def __contains__(self, name: str) -> bool:
        return name in self._files

    def address(self, name: str) -> str:
        """The address of a file, which changes with its content. Raises KeyError."""
        return f"/static/{name}?v={self._files[name].digest}"

    def answer(self, name: str) -> Response:
        """The response with a file, compressed if the caller accepts gzip; 304 if it has the file. Raises NotFound."""
        file = self._files.get(name)
        if file is None:
            raise NotFound
        small = takes_gzip(request())
        headers = {
            "Cache-Control": f"public, max-age={YEAR}, immutable",
            "ETag": f'"{file.digest}{"-gzip" if small else ""}"',
            "Vary": "Accept-Encoding",
        }
        if request().if_none_match.contains_weak(headers["ETag"].strip('"')):
            return Response(b"", 304, headers)
        if small:
            headers["Content-Encoding"] = "gzip"
        return Response(file.gzipped if small else file.body, 200, headers, content_type=file.media)


def init_app(app: Quart, folder: Path) -> None:
    """Register the route, and the template globals `asset` (the address of a file) and `vendored` (htmx is there)."""
    assets = Assets(folder)

    @app.get("/static/<path:filename>")
    async def static(filename: str) -> Response:
        return assets.answer(filename)

    app.jinja_env.globals.update(asset=assets.address, vendored="htmx.js" in assets)


def _read(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Yield (name, media type, content) of each file. htmx may be missing in a checkout."""
    yield "icon.svg", "image/svg+xml", _text(folder / "icon.svg")
    for name, script in zip(("app.js", "later.js"), modules.split(folder / "js", "main", "later"), strict=True):
        yield name, "text/javascript; charset=utf-8", tight(script)
    for name in _ON_DEMAND:
        yield f"{name}.js", "text/javascript; charset=utf-8", tight(_text(folder / "js" / f"{name}.js"))
    yield "home.js", "text/javascript; charset=utf-8", tight(modules.join(folder / "js", "home"))
    for name, sheets in _SHEETS.items():
        joined = "".join(_text(folder / "css" / f"{sheet}.css") for sheet in sheets)
        yield name, "text/css; charset=utf-8", _AROUND.sub(r"\1", bare(_COMMENT.sub("", joined)))
    vendor = [folder / "vendor" / name for name in _VENDOR]
    if all(file.is_file() for file in vendor):
        yield "htmx.js", "text/javascript; charset=utf-8", "\n".join(map(_text, vendor))


def bare(source: str) -> str:
    """A script or a style sheet without indentation, comments and most line ends: 18 % fewer bytes on the wire.

    No text of ours goes over a line end or looks like a comment (tests/web/test_assets.py).
    """
    return _OPEN_END.sub(r"\1", _BESIDE.sub("", source))


def tight(script: str) -> str:
    """As `bare`, for a script: also without the blanks around most signs, but for those in strings and patterns."""
    parts = _LITERAL.split(bare(script))
    return "".join(part if number % 2 else _BLANKS.sub(r"\1", part) for number, part in enumerate(parts))


def _made(media: str, text: str) -> Asset:
    body = text.encode()
    return Asset(media, body, gzip.compress(body, 9, mtime=0), hashlib.sha256(body).hexdigest()[:12])


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")
