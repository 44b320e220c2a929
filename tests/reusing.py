"""Makes cheap what every test's application and log make anew and what is the same each time.

Templates are compiled, the functions that build addresses made, and static files compressed once for a process; and a
new data folder is a copy of one that the migrations have made.
"""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

from chadchat.log.local import LocalLog
from chadchat.web import assets, modules


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

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Environment, "__init__", environment)
        patch.setattr(Rule, "_compile_builder", builder)
        patch.setattr(assets, "_made", functools.cache(assets._made))
        patch.setattr(assets, "bare", functools.cache(assets.bare))
        patch.setattr(modules, "join", _joined_once(modules.join))
        yield


def _joined_once(join: Callable[[Path, str], str]) -> Callable[[Path, str], str]:
    made = dict[tuple[Hashable, ...], str]()

    def joined(folder: Path, entry: str) -> str:
        files = tuple(sorted((file.name, file.stat().st_mtime_ns) for file in folder.glob("*.js")))
        key = (folder, entry, files)
        if key not in made:
            made[key] = join(folder, entry)
        return made[key]

    return joined


async def new_folder(folder: Path) -> Path:
    """Make a data folder as a first start leaves it."""
    await (await LocalLog.open(folder)).close()
    return folder


def copied(made: Path, folder: Path) -> Path:
    """Copy such a folder, with the modes of its files."""
    return Path(shutil.copytree(made, folder))
