"""`make docs`, or python -m tests.settings_page: writes docs/settings.md from what chadchat/settings.py declares."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from chadchat.setting import Setting, number
from chadchat.settings import SETTINGS, variable

PAGE: Final = Path(__file__).parents[1] / "docs" / "settings.md"

HEAD: Final = """\
# Settings

Made by `make docs` from `chadchat/settings.py`: change it there.

Each setting is an environment variable. `--host`, `--port` and `--data` are also options of `chadchat serve`, which
override the environment. The same checks apply to both:

- Spaces around a value are dropped, and an empty value means the default.
- A value that is not allowed stops the start with a sentence that names the setting and its allowed values, and with
  exit status 1.
- So does a variable `CHADCHAT_*` that is not a setting, as a misspelt one would silently have no effect. In Kubernetes
  a service named `chadchat` adds such variables to its pods; `enableServiceLinks: false` prevents that.

The other commands (`chadchat backup`, `check`, ...) read only `CHADCHAT_DATA`, so that a backup is possible even if
another setting is wrong. `chadchat serve --check` checks the settings without serving.

`LISTEN_FDS` and `LISTEN_PID` are set by systemd: [restart.md](restart.md).

| setting | default | takes | what it does |
|---|---|---|---|
"""


def page() -> str:
    """The text of docs/settings.md."""
    rows = [f"| `{variable(one.name)}` | {default(one)} | {one.allowed} | {one.sentence} |" for one in SETTINGS]
    return HEAD + "\n".join(rows) + "\n"


def default(setting: Setting) -> str:
    """The default value of a setting, in Markdown."""
    shown = number(setting.default) if isinstance(setting.default, int | float) else str(setting.default)
    return f"`{shown}`" if shown else ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
