"""Makes cheap what every test's application and log make anew and what is the same each time.

Templates are compiled, the functions that build addresses made, and static files read, joined and compressed once for a
process; and a new data folder is a copy of one that the migrations have made.
"""

from __future__ import annotations

import asyncio
import functools
import shutil
from collections.abc import Callable, Hashable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import CodeType
from typing import Any
from unittest.mock import patch

from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

from chadchat.app import create_app
from chadchat.log.local import LocalLog
from chadchat.settings import Settings
from chadchat.web import assets

Files = tuple[str, str, str]  # what assets._read yields: name, media type, content


class Compiled(BytecodeCache):
    """Compiled templates by their name, their source and how they are rendered."""

    def __init__(self) -> None:
        self._code: dict[tuple[Hashable, ...], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what was compiled, or None."""
        bucket.code = self._code.get(_of(bucket))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._code[_of(bucket)] = bucket.code


def _of(bucket: Bucket) -> tuple[Hashable, ...]:
    made = bucket.environment
    return bucket.key, bucket.checksum, made.is_async, made.autoescape, made.trim_blocks, made.lstrip_blocks


@contextmanager
def reused() -> Iterator[None]:
    """Keep these parts from one application to the next."""
    compiled, built = Compiled(), dict[tuple[Hashable, ...], Any]()
    make_environment, make_builder = Environment.__init__, Rule._compile_builder

    def environment(self: Environment, *given: Any, **options: Any) -> None:
        make_environment(self, *given, **options)
        self.bytecode_cache = self.bytecode_cache or compiled

    def builder(self: Rule, append_unknown: bool = True) -> Any:
        key = (append_unknown, self.rule, tuple(self._trace), tuple((self.defaults or {}).items()))
        if key not in built:
            built[key] = make_builder(self, append_unknown)
        return built[key]

    with ExitStack() as patched:
        for place, name, kept in (
            (Environment, "__init__", environment),
            (Rule, "_compile_builder", builder),
            (assets, "_made", functools.cache(assets._made)),
            (assets, "_read", _read_once(assets._read)),
        ):
            patched.enter_context(patch.object(place, name, kept))
        yield


def _read_once(read: Callable[[Path], Iterator[Files]]) -> Callable[[Path], Iterator[Files]]:
    made = dict[tuple[Hashable, ...], tuple[Files, ...]]()

    def files(folder: Path) -> Iterator[Files]:
        key = (folder, *sorted((str(file), file.stat().st_mtime_ns) for file in folder.rglob("*.*")))
        if key not in made:
            made[key] = tuple(read(folder))
        return iter(made[key])

    return files


def make_one() -> None:
    """Start and end an application in a folder of its own, so that the next one finds all that is kept."""

    async def made() -> None:
        app = create_app(Settings(data=folder))
        async with app.test_app():
            for name in app.jinja_env.list_templates():
                app.jinja_env.get_template(name)

    with TemporaryDirectory() as folder:
        asyncio.run(made())


async def new_folder(folder: Path) -> Path:
    """Make a data folder as a first start leaves it."""
    await (await LocalLog.open(folder)).close()
    return folder


def copied(made: Path, folder: Path) -> Path:
    """Copy such a folder, with the modes of its files."""
    return Path(shutil.copytree(made, folder))
