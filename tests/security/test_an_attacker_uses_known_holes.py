"""Requirement 14: no installed or pinned version has a known vulnerability, and the audit can fail."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.version import Version

from chadchat.storage.db import connect_writer

from ..audit import verdict

ROOT = Path(__file__).parents[2]
FLOORS = {
    "quart": "0.22",
    "hypercorn": "0.18.0",
    "h11": "0.16.0",  # CVE-2025-43859
    "h2": "4.3.0",  # CVE-2025-57804
    "werkzeug": "3.1",  # CVE-2024-49767 and before
    "jinja2": "3.1.6",
}


@pytest.mark.parametrize("package", FLOORS)
def test_what_strangers_reach_is_newer_than_its_known_holes(package: str) -> None:
    assert Version(version(package)) >= Version(FLOORS[package])
    pinned = re.search(rf"^{package}==([\w.]+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert pinned
    assert Version(pinned[1]) >= Version(FLOORS[package])
    assert re.search(rf'"{package}[>=]=', (ROOT / "pyproject.toml").read_text())


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_every_pinned_package_has_its_hashes(file: str) -> None:
    blocks = re.split(r"\n(?=[a-z0-9])", (ROOT / file).read_text())
    pins = [block for block in blocks if re.match(r"[\w.\[\]-]+==", block)]

    assert len(pins) > 20
    assert [block for block in pins if "--hash=sha256:" not in block] == []
    assert "--require-hashes --requirement requirements.txt" in (ROOT / "Makefile").read_text()


def test_one_connection_writes_as_sqlite_before_3_51_3_needs(tmp_path: Path) -> None:
    sources = {path.name: path.read_text() for path in (ROOT / "chadchat").rglob("*.py")}
    writers = {name for name, source in sources.items() if "connect_writer(" in source}
    assert writers == {"db.py", "local.py", "offline.py", "restore.py"}
    assert [name for name in writers if "lock(" not in sources[name] and "lock," not in sources[name]] == []

    db = connect_writer(tmp_path / "x.sqlite3")
    try:
        assert db.execute("PRAGMA synchronous").fetchone() == (2,)
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    finally:
        db.close()
    assert sqlite3.sqlite_version_info > (3, 35)


def test_the_check_that_everyone_runs_audits_the_pins_and_the_code() -> None:
    check = (ROOT / "Makefile").read_text().partition("\ncheck:")[2].partition("\n\n")[0]

    assert "tests.audit" in check
    assert "bandit" in check


HOLE = {"id": "PYSEC-2024-1", "fix_versions": ["3.0.6"], "aliases": [], "description": ""}
CLEAN = {"name": "quart", "version": "0.22.0", "vulns": []}


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        ({"dependencies": [CLEAN]}, 0, "no known holes in 1 packages"),
        (
            {"dependencies": [CLEAN, {"name": "werkzeug", "version": "3.0.1", "vulns": [HOLE]}]},
            1,
            "werkzeug 3.0.1: PYSEC-2024-1, fixed in 3.0.6",
        ),
        ("", 0, "WARNING"),
        ("not json", 0, "WARNING"),
    ],
)
def test_a_known_hole_fails_the_audit_and_a_silent_database_only_warns(answer: object, status: int, said: str) -> None:
    found, sentence = verdict("requirements.txt", answer if isinstance(answer, str) else json.dumps(answer))

    assert found == status
    assert said in sentence


def test_the_bill_of_materials_names_every_pinned_package_and_no_place(tmp_path: Path) -> None:
    bill = tmp_path / "sbom.json"
    recipe = re.search(r"\nsbom:.*\n\t(.*)\n", (ROOT / "Makefile").read_text())
    assert recipe
    arguments = recipe[1].replace("--output-file sbom.json", f"--output-file {bill}").split()[1:]
    subprocess.run([sys.executable, "-m", "cyclonedx_py", *arguments], cwd=ROOT, check=True, timeout=60)

    written = bill.read_text()
    pinned = re.findall(r"^([\w.-]+)(?:\[\w+\])?==", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert {part["name"].lower() for part in json.loads(written)["components"]} == {name.lower() for name in pinned}
    assert not re.search(rf"{ROOT}|{Path.home()}|{tmp_path}|index-url", written)
