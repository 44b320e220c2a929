"""`make docs`, or python -m tests.settings_page: writes docs/settings.md from what chadchat/settings.py declares."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from chadchat.settings import SETTINGS, Setting, number, variable

PAGE: Final = Path(__file__).parents[1] / "docs" / "settings.md"

HEAD: Final = """\
# Settings

Made by `make docs` from `chadchat/settings.py`: change it there.

Each setting is an environment variable. `--host`, `--port` and `--data` are also options of `chadchat serve`, which win
over the environment. The same checks hold for both:

- Spaces around a value are dropped, and an empty value counts as not given: the default holds.
- A value that a setting does not take ends the start with a sentence that names the setting and what it takes, and with
  exit status 1.
- So does a variable `CHADCHAT_*` that is no setting: a misspelt one would quietly not be in force. In Kubernetes a
  service named `chadchat` puts such variables into its pods; `enableServiceLinks: false` keeps them out.

The other commands (`chadchat backup`, `check`, ...) look at `CHADCHAT_DATA` only, so that a backup is made even where a
setting of the server's is wrong. `chadchat serve --check` tries the settings without serving.

`LISTEN_FDS` and `LISTEN_PID` are systemd's: [restart.md](restart.md).

| setting | default | takes | what it does |
|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    rows = [f"| `{variable(one.name)}` | {default(one)} | {one.allowed} | {one.sentence} |" for one in SETTINGS]
    return HEAD + "\n".join(rows) + "\n"


def default(setting: Setting) -> str:
    """The default as the tables show it."""
    shown = number(setting.default) if isinstance(setting.default, int | float) else str(setting.default)
    return f"`{shown}`" if shown else ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
