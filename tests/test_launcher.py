"""The launcher as a real process: the address it prints, the settings it refuses, and how it ends."""

from __future__ import annotations

import queue
import re
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from httpx_sse import connect_sse

from .forking import run
from .operating import Said
from .serving import Server


def chadchat(*arguments: str, **environment: str) -> Said:
    status, out, err = run(arguments, environment)
    return Said(status, out.decode(), err.decode())


def test_after_the_ready_line_requests_work(server: Server) -> None:
    assert httpx.get(f"{server.url}/healthz").text == "ok\n"


def test_an_answer_without_a_body_has_no_length(server: Server) -> None:  # RFC 9110, 8.6
    room = server.create()
    headers = {"Authorization": f"Bearer {room['token']}", "HX-Request": "true"}
    answer = httpx.post(room["url"], data={"text": "tea?"}, headers=headers)

    assert (answer.status_code, "content-length" in answer.headers) == (204, False)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_streams_with_bye_and_the_process_with_0_within_2_seconds(
    server: Server, how: signal.Signals
) -> None:
    code = server.create()["code"]

    def follow(path: str) -> bytes:
        with httpx.stream("GET", f"{server.url}/{code}/{path}", timeout=60) as stream:
            chunks = stream.iter_raw()
            seen = next(chunks)
            opened.put(path)
            return seen + b"".join(chunks)  # without an error only where the server ended the body itself

    opened: queue.SimpleQueue[str] = queue.SimpleQueue()
    paths = ["sse", "sse?as=html", "json", "raw"] * 5
    with ThreadPoolExecutor(len(paths)) as pool:
        streams = [pool.submit(follow, path) for path in paths]
        for _ in paths:
            opened.get(timeout=60)
        start = time.monotonic()
        assert server.stop(how) == 0
        assert time.monotonic() - start < 2
        ends = [stream.result() for stream in streams]

    assert re.search(
        rb'\n\nevent: bye\nretry: (\d{4})\ndata: {"kind":"bye","room":"%b","retry":\1}\n\n$' % code.encode(), ends[0]
    )
    assert [end for end in ends if b"bye" not in end and b"restarting" not in end] == []
    assert server.stderr.read_text().count("\n") == 1, server.stderr.read_text()


def test_a_reader_that_never_reads_does_not_hold_up_the_end(server: Server) -> None:
    code = server.create()["code"]
    stuck = socket.create_connection(("127.0.0.1", int(server.port)))
    stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stuck.sendall(f"GET /{code}/sse?since=all HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    with httpx.Client(base_url=server.url) as client:
        for _ in range(400):
            assert client.post(f"/{code}", content=b"x" * 4096).status_code == 201

    start = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - start < 2
    stuck.close()


def test_a_planned_restart_keeps_a_reader_who_returns_with_the_cursor(server: Server) -> None:
    code = server.create()["code"]
    httpx.post(f"{server.url}/{code}", content="before")
    with httpx.Client() as client, connect_sse(client, "GET", f"{server.url}/{code}/sse?since=all") as stream:
        last = next(event for event in stream.iter_sse() if "before" in event.data).id
    server.restart()
    httpx.post(f"{server.url}/{code}", content="after")

    with httpx.Client() as client:
        headers = {"Last-Event-ID": last}
        with connect_sse(client, "GET", f"{server.url}/{code}/sse?since=all", headers=headers) as stream:
            events = stream.iter_sse()
            assert next(events).event == "open"
            assert '"text":"after"' in next(events).data


def test_what_was_answered_survives_being_killed(server: Server) -> None:
    code = server.create()["code"]
    with httpx.Client(base_url=server.url) as client:
        for number in range(50):
            assert client.post(f"/{code}", content=str(number)).status_code == 201

    server.stop(signal.SIGKILL)
    server.start()

    answer = httpx.get(f"{server.url}/{code}?limit=50", headers={"Accept": "application/json"}).json()
    assert [message["text"] for message in answer["messages"]] == [str(number) for number in range(50)]


def test_logs_hold_no_codes_tokens_or_texts(server: Server) -> None:
    room = server.create()
    httpx.post(f"{server.url}/{room['code']}", content="secret text")
    httpx.get(f"{server.url}/{room['code']}/sse?since=bogus")
    server.stop()

    logged = server.stderr.read_text()
    assert not any(word in logged for word in (room["code"], room["token"], "secret text"))


def test_a_second_server_on_the_same_data_is_refused_with_a_sentence(server: Server) -> None:
    second = chadchat("serve", "--port", "0", "--data", str(server.data))

    assert second.status == 1
    assert second.out == ""
    assert f"Another chadchat (process {server.pid}) is using {server.data}." in second.err
    assert "Traceback" not in second.err


def test_a_taken_port_is_refused_with_a_sentence(server: Server, tmp_path: Path) -> None:
    second = chadchat("--port", server.port, "--data", str(tmp_path / "other"))

    assert second.status == 1
    assert f"Cannot listen on 127.0.0.1 port {server.port}" in second.err
    assert "Traceback" not in second.err


def test_a_setting_of_the_wrong_kind_is_refused_with_a_sentence() -> None:
    refused = chadchat(CHADCHAT_PORT="many")

    assert (refused.status, refused.err) == (
        1,
        "Error: CHADCHAT_PORT must be a whole number from 0 to 65535, not 'many'.\n",
    )


def test_help_and_version_say_what_there_is() -> None:
    assert "serve" in chadchat("--help").out
    assert "CHADCHAT_TRUSTED_HOPS" in chadchat("serve", "--help").out.replace("\n", "")
    assert chadchat("--version").out == "chadchat 0.1.0\n"


@pytest.fixture(params=["auto", "1"])
def behind_a_proxy(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    started = Server(tmp_path / "data", trusted_hops=request.param).start()
    yield started
    started.stop()


def test_behind_a_trusted_proxy_links_and_cookies_are_those_of_the_public_address(behind_a_proxy: Server) -> None:
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "chat.example", "X-Forwarded-For": "192.0.2.7"}

    created = httpx.post(f"{behind_a_proxy.url}/rooms", json={"name": "Ada"}, headers=headers).json()
    assert created["url"] == f"https://chat.example/{created['code']}"

    page = httpx.post(
        f"{behind_a_proxy.url}/", data={"name": "Ada", "create": "1"}, headers=headers | {"Accept": "text/html"}
    )
    cookie = page.headers["Set-Cookie"]
    assert cookie.startswith("__Host-chad-")
    assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))


def test_the_check_has_a_word_for_a_server_that_other_machines_reach() -> None:
    said = chadchat("serve", "--check", "--host", "0.0.0.0")  # noqa: S104 - nothing listens
    assert said.status == 0
    assert "CHADCHAT_TRUSTED_HOPS=auto trusts a proxy on this machine only." in said.err

    for quiet in (chadchat("serve", "--check"), chadchat("serve", "--check", "--host", "::1")):
        assert (quiet.status, quiet.err) == (0, "")
    told = chadchat("serve", "--check", "--host", "0.0.0.0", CHADCHAT_TRUSTED_HOPS="1")  # noqa: S104
    assert (told.status, told.err) == (0, "")


@pytest.mark.parametrize("wrong", ["-1", "17", "1.5", "yes", "Auto"])
def test_hops_are_auto_or_a_number(wrong: str) -> None:
    refused = chadchat("serve", "--check", CHADCHAT_TRUSTED_HOPS=wrong)

    said = f"Error: CHADCHAT_TRUSTED_HOPS must be auto or a whole number from 0 to 16, not '{wrong}'.\n"
    assert (refused.status, refused.err) == (1, said)


def test_without_trust_nobody_can_say_what_the_public_address_is(server: Server) -> None:
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}

    created = httpx.post(f"{server.url}/rooms", json={"name": "Ada"}, headers=headers).json()

    assert created["url"] == f"{server.url}/{created['code']}"
