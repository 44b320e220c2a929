"""The curl lines of the documents and of the help: each goes to a route that exists, and the README's work."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from quart import Quart
from quart.testing import QuartClient
from werkzeug.exceptions import HTTPException

from .serving import Server
from .test_house import ROOT
from .waiting import wait_until

LINE = re.compile(r"(?:date \| |printf %s \"\$text\" \| )?curl .*")
README = (ROOT / "README.md").read_text()
POSTING = {"-d", "--data", "--data-binary", "--json", "-F"}
WITH_A_VALUE = POSTING | {"-H", "-X", "-T", "--max-time", "--retry"}
ALONE = {"-N", "-s", "-sN", "-sS", "-sSN", "-sSf", "--fail-with-body"}

# What each of the README's lines is answered.
STATUS = {
    ("POST", "/rooms"): 201,
    ("POST", "/KQZF"): 201,
    ("GET", "/KQZF"): 200,
    ("GET", "/KQZF/raw"): 200,
    ("GET", "/KQZF/json"): 200,
    ("PUT", "/KQZF"): 201,
    ("PUT", "/KQZF/"): 201,  # curl adds the name
    ("GET", "/help"): 200,
    ("POST", "/KQZF/join"): 201,
    ("POST", "/KQZF/settings"): 200,
    ("POST", "/KQZF/bans"): 201,
    ("POST", "/KQZF/128"): 201,
    ("DELETE", "/KQZF/128"): 200,
    ("PUT", "/KQZF/128/reactions/👍"): 200,
}


def curl_lines(document: str) -> list[str]:
    """Its lines to copy, and those within a sentence that name an address."""
    copied = [found[1] for found in re.finditer(rf"(?m)^    ({LINE.pattern})$", document)]
    quoted = [code for code in re.findall(r"`([^`]+)`", document) if LINE.match(code) and "/" in code]
    return copied + quoted


def call(line: str) -> tuple[str, str]:
    """Method and path of a line. An option that is not known here is a KeyError: this must learn what it does."""
    words = iter(shlex.split(line[line.index("curl ") :], comments=True))
    assert next(words) == "curl"
    method, addresses = "GET", []
    for word in words:
        if word in WITH_A_VALUE:
            value = next(words)
            method = value if word == "-X" else "PUT" if word == "-T" else method
            method = "POST" if word in POSTING and method == "GET" else method
        elif word == "|":  # what comes after it is for another program
            break
        elif word.startswith("-"):
            assert word in ALONE, word
        else:
            addresses.append(word.rstrip(";"))
            if word.endswith(";"):  # of a loop
                break
    [address] = addresses
    return method, urlsplit(address if "://" in address else f"http://{address}").path


def has_route(app: Quart, method: str, path: str) -> bool:
    try:
        return bool(app.url_map.bind("localhost").match(path, method=method))
    except HTTPException:
        return False


def test_a_line_without_a_route_is_found(app: Quart) -> None:
    assert call("date | curl --data-binary @- localhost:8000/KQZF  # a pipe") == ("POST", "/KQZF")
    assert call("curl -sN 'http://x/KQZF/json?since=1' | jq -r .text") == ("GET", "/KQZF/json")
    assert has_route(app, "POST", "/KQZF")
    assert not has_route(app, "GET", "/KQZF/nothing")
    assert not has_route(app, "PUT", "/rooms")


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "docs/api.md", "docs/restart.md"])
def test_every_curl_line_of_a_document_goes_to_a_route(app: Quart, document: str) -> None:
    lines = curl_lines((ROOT / document).read_text())

    assert len(lines) >= 12 * (document == "README.md")
    assert [line for line in lines if not has_route(app, *call(line))] == []


def test_what_a_shell_would_read_itself_is_quoted() -> None:
    """zsh, the shell of macOS, runs nothing where a `?` outside of quotes fits no file."""
    bare = re.compile(r"(?<!')\b(?:localhost|http)[^' ]*[?&*]")

    assert bare.search("curl localhost:8000/help?room=KQZF")
    assert [line for line in curl_lines(README) if bare.search(line)] == []
    assert [line for line in curl_lines(README) if " #" in line] == [], "a comment is arguments to an interactive zsh"


async def test_a_line_for_scripts_ends_with_a_status_when_it_is_refused(client: QuartClient) -> None:
    said = await (await client.get("/help", headers={"Accept": "*/*"})).get_data(as_text=True)
    lines = [line for line in (*curl_lines(README), *said.splitlines()) if re.search(r"@-|--retry|\$text", line)]

    assert len(lines) >= 6
    assert [line for line in lines if "-sS --fail-with-body" not in line] == []


@pytest.mark.parametrize("query", ["", "?room=KQZF"])
@pytest.mark.parametrize("accept", ["text/html", "*/*"])
async def test_every_curl_line_of_the_help_goes_to_a_route(
    app: Quart, client: QuartClient, accept: str, query: str
) -> None:
    said = await (await client.get(f"/help{query}", headers={"Accept": accept})).get_data(as_text=True)
    shown = re.findall(r"<code>([^<]*)</code>", said) if accept == "text/html" else said.splitlines()
    lines = [found[0] for text in shown if (found := LINE.search(unescape(text))) and "http" in found[0]]

    assert len(lines) >= 11
    assert [line for line in lines if not has_route(app, *call(line))] == []


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("readme") / "data").start()
    yield started
    started.stop()


@pytest.mark.parametrize("line", curl_lines(README))
def test_every_curl_line_of_the_readme_works(running: Server, tmp_path: Path, line: str) -> None:
    """In a room of its own, where Mallory sits and has said something. A stream is read until somebody says more."""
    room = running.create()
    mallory = httpx.post(f"{room['url']}/join", data={"name": "Mallory"}, headers={"Accept": "*/*"}).json()
    said = httpx.post(room["url"], content="tea?", headers={"Authorization": f"Bearer {mallory['token']}"})
    real = {"localhost:8000": running.url, "cct_...": room["token"], "7f3a": mallory["member"]}
    real |= {"KQZF/128": said.headers["Location"].strip("/"), "KQZF": room["code"]}
    typed = line.replace("curl ", "exec curl -sS -i ", 1)
    for stands, for_this in real.items():
        typed = typed.replace(stands, for_this)

    (tmp_path / "notes.txt").write_text("tea?")
    (tmp_path / "log.txt").write_text("tea\n" * 2000)
    environment = os.environ | {"text": "@/etc/hostname"}
    shell = ["sh", "-c", typed]
    with subprocess.Popen(shell, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=environment) as curl:
        assert curl.stdout is not None
        if "wait=" in line:
            wait_until(lambda: '"choices"' in httpx.get(f"{room['url']}/json?since=all&poll=1").text)
            asked = json.loads(httpx.get(f"{room['url']}/json?since=-1&poll=1").text.splitlines()[-1])["seq"]
            owner = {"Authorization": f"Bearer {room['token']}"}
            httpx.post(f"{room['url']}/{asked}/answer", content="yes", headers=owner).raise_for_status()
        heads = iter(curl.stdout.readline, "")
        status = next(head for head in heads if head.startswith("HTTP/1.1 ") and " 100 " not in head)
        assert status.startswith(f"HTTP/1.1 {200 if 'wait=' in line else STATUS[call(line)]} ")
        if call(line)[1] == "/KQZF/json":
            heard = iter(curl.stdout.readline, "")
            assert next(part for part in heard if '"kind":"open"' in part)
            httpx.post(room["url"], content="yes").raise_for_status()
            assert [json.loads(part)["text"] for part in heard if '"seq"' in part] == ["yes"]
            assert curl.wait() == 0
        elif call(line)[1] == "/KQZF/raw":
            head = [heard.lower() for heard in iter(curl.stdout.readline, "\n")]
            assert "content-type: text/plain; charset=utf-8\n" in head
            httpx.post(room["url"], content="and milk?").raise_for_status()
            assert next(heard for heard in curl.stdout if heard != "\n").endswith(
                " anonymous (not joined): and milk?\n"
            )
            curl.terminate()
        else:
            assert curl.stdout.read()
            assert curl.wait() == 0
