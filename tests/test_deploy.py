"""docs/deploy/nginx.conf with a real nginx in front of a real chadchat. The test replaces only its ports and paths."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from .serving import Server, free_port

DEPLOY = Path(__file__).parent.parent / "docs" / "deploy"
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin") or "nginx"
HOST = "chat.example"


@dataclass(frozen=True)
class Site:
    """What visitors reach: `https://chat.example` at a port of this machine."""

    port: int
    plain: int
    server: Server
    certificate: Path

    def curl(self, path: str, *arguments: str, address: str = "127.0.0.1") -> str:
        """What curl prints, from an address of this machine, over HTTP/2."""
        command = ["curl", "--silent", "--max-time", "10", "--cacert", str(self.certificate), "--interface", address]
        command += ["--resolve", f"{HOST}:{self.port}:127.0.0.1", *arguments, f"https://{HOST}:{self.port}{path}"]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout

    def status(self, path: str, *arguments: str, address: str = "127.0.0.1") -> str:
        return self.curl(path, "--output", "/dev/null", "--write-out", "%{http_code}", *arguments, address=address)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("nginx")
    certificate, key = folder / "chat.pem", folder / "chat.key"
    openssl = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl += ["-days", "1", "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"]
    openssl += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(openssl, check=True, capture_output=True, timeout=60)
    server = Server(folder / "data", limits="on", heartbeat="0.3").start()
    port, plain = free_port(), free_port()
    written = (DEPLOY / "nginx.conf").read_text()
    for stands, here in (
        ("127.0.0.1:8000;", f"127.0.0.1:{server.port};"),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{port} ssl http2;"),
        ("/etc/ssl/chat.example.pem", str(certificate)),
        ("/etc/ssl/chat.example.key", str(key)),
    ):
        assert stands in written
        written = written.replace(stands, here)
    (folder / "site.conf").write_text(written)
    temporary = "".join(f"{name}_temp_path {folder};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(
        f"daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;"
        f"events {{}} http {{ {temporary} include {folder}/site.conf; }}"
    )
    with (folder / "output").open("w") as output:
        nginx = subprocess.Popen([NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")], stderr=output)
    try:
        wait_for(nginx, port)
        yield Site(port, plain, server, certificate)
    finally:
        nginx.terminate()
        nginx.wait(timeout=60)
        server.stop()


def wait_for(nginx: subprocess.Popen[bytes], port: int) -> None:
    """Until it listens; an error if it ends before."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        assert nginx.poll() is None
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            continue
        return
    pytest.fail("nginx does not listen")


@pytest.fixture(scope="module")
def code(site: Site) -> str:
    return site.server.create()["code"]


def test_the_browser_gets_http_2_and_links_to_the_public_address(site: Site) -> None:
    said = site.curl("/rooms", "-d", "name=Ada", "--write-out", "%{http_version}", address="127.0.0.9")

    assert said.endswith("\n2")
    assert re.search(rf'"url":"https://{HOST}/[A-Z]{{4}}"', said)


def test_a_page_a_post_and_a_stream_pass_over_http_2(site: Site, code: str) -> None:
    version = ["--http2", "--write-out", "\n%{http_version} %{http_code}", "--include"]
    address = "127.0.0.11"
    posted = site.curl(f"/{code}", *version, "-d", "over HTTP/2", address=address)
    page = site.curl("/", *version, "-H", "Accept: text/html", address=address)
    stream = site.curl(f"/{code}/sse?since=all&limit=9", *version, "--max-time", "2", address=address)

    assert (posted.rpartition("\n")[2], page.rpartition("\n")[2]) == ("2 201", "2 200")
    assert "</html>" in page
    assert stream.rpartition("\n")[2] == "2 200"
    assert "over HTTP/2" in stream
    assert "event: open" in stream


def test_streams_pass_unbuffered_with_their_heartbeats(site: Site, code: str) -> None:
    command = ["curl", "--silent", "--no-buffer", "--max-time", "10", "--cacert", str(site.certificate), "--http2"]
    command += ["--resolve", f"{HOST}:{site.port}:127.0.0.1", f"https://{HOST}:{site.port}/{code}/sse"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as curl:
        assert curl.stdout is not None
        try:
            assert [curl.stdout.readline()[:4], curl.stdout.readline()] == [b"id: ", b"event: open\n"]
            start = time.monotonic()
            httpx.post(f"{site.server.url}/{code}", content="through the proxy")
            lines = iter(curl.stdout.readline, b"")
            assert any(b"through the proxy" in line for line in lines)
            assert time.monotonic() - start < 1
            assert sum(1 for _, line in zip(range(30), lines, strict=False) if line.startswith(b":")) >= 3
        finally:
            curl.terminate()


def test_over_tls_cookies_and_transport_are_held_to_it(site: Site) -> None:
    form = ["-d", "name=Ada&create=1", "-H", "Accept: text/html", "--include", "--output", "-"]
    answer = site.curl("/", *form, address="127.0.0.10").lower()

    assert re.search(r"set-cookie: __host-chad-[a-z]{4}=cct_[\w-]{43}; .*secure; .*httponly; .*samesite=lax", answer)
    assert "strict-transport-security: max-age=31536000; includesubdomains" in answer
    assert "content-security-policy: default-src 'none'" in answer
    server = re.findall(r"\nserver: (.*)", answer)
    assert [name.strip() for name in server] == ["nginx"]  # no version


def test_visitors_are_told_apart_and_none_can_pose_as_another(site: Site) -> None:
    forged = [
        site.status(f"/ZZ{letters}", "-H", f"X-Forwarded-For: 203.0.113.{number}", address="127.0.0.2")
        for number, letters in enumerate(f"{first}{last}" for first in "ABCD" for last in "ABCDEFGH")
    ]
    assert forged == ["404"] * 30 + ["429"] * 2
    assert site.status("/ZZZZ", address="127.0.0.3") == "404"
    assert site.status("/ZZZZ", "-H", "X-Forwarded-For: 127.0.0.2", address="127.0.0.4") == "404"


def test_a_flood_ends_at_the_proxy_and_other_people_do_not_notice(site: Site) -> None:
    command = ["curl", "--silent", "--parallel", "--parallel-max", "300", "--http1.1", "--max-time", "20"]
    command += ["--cacert", str(site.certificate), "--interface", "127.0.0.66"]
    command += ["--resolve", f"{HOST}:{site.port}:127.0.0.1", "--output", "/dev/null", "--write-out", "%{http_code}\n"]
    command += [f"https://{HOST}:{site.port}/healthz?[1-900]"]
    answers = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout.split()

    assert set(answers) == {"200", "429"}
    assert answers.count("429") > 200
    assert site.status("/healthz", address="127.0.0.67") == "200"


def test_nothing_of_the_inside_shows(site: Site) -> None:
    assert site.status("/metrics") == "404"
    assert site.status("/rooms", "-d", "x" * 70_000) == "413"
    plain = httpx.get(f"http://127.0.0.1:{site.plain}/", headers={"Host": HOST})
    assert (plain.status_code, plain.headers["Location"]) == (301, f"https://{HOST}/")


def test_what_is_sent_to_a_room_passes_as_it_comes_and_chadchat_judges_its_size(site: Site, code: str) -> None:
    """An answer before the end of a body shows that nobody waits for it; elsewhere nginx refuses what is large."""
    large = ["-d", "x" * 70_000, "-H", "Accept: application/json"]
    assert '"status":413' in site.curl(f"/{code}", *large, address="127.0.0.31")
    assert "nginx" in site.curl("/rooms", *large, address="127.0.0.31")
    assert "nginx" in site.curl(
        f"/{code}", "-H", "Content-Length: 13000000", "-d", "x", "--http1.1", address="127.0.0.31"
    )
    context = ssl.create_default_context(cafile=str(site.certificate))
    with (
        socket.create_connection(("127.0.0.1", site.port), timeout=60) as plain,
        context.wrap_socket(plain, server_hostname=HOST) as connection,
    ):
        head = f"POST /{code} HTTP/1.1\r\nHost: {HOST}\r\nAccept: application/json\r\nContent-Length: 1000000\r\n\r\nx"
        connection.sendall(head.encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_a_browser_with_many_rooms_gets_through(site: Site) -> None:
    cookies = "; ".join(f"__Host-chad-{chr(65 + n // 26)}{chr(65 + n % 26)}QQ=cct_{'x' * 43}" for n in range(180))

    assert len(cookies) > 8192
    assert site.status("/", "-H", "Accept: text/html", "-H", f"Cookie: {cookies}", address="127.0.0.20") == "200"
    assert site.status("/", "--http1.1", "-H", f"Cookie: {cookies}", address="127.0.0.20") == "200"


def test_an_upgrade_to_h2c_does_not_pass(site: Site) -> None:
    upgrade = ["-H", "Connection: Upgrade, HTTP2-Settings", "-H", "Upgrade: h2c", "-H", "HTTP2-Settings: AAMAAABk"]

    assert site.status("/healthz", "--http1.1", *upgrade) == "200"


def test_the_caddyfile_is_one_that_caddy_takes(tmp_path: Path) -> None:
    file = str(DEPLOY / "Caddyfile")
    command = ["caddy", "validate", "--adapter", "caddyfile", "--config", file]
    home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=os.environ | home)

    assert said.returncode == 0, said.stderr
    assert "Valid configuration" in said.stdout + said.stderr
    assert "reverse_proxy 127.0.0.1:8000" in Path(file).read_text()


def test_a_file_passes_as_it_comes_and_is_a_download(site: Site, tmp_path: Path) -> None:
    here = {"address": "127.0.0.41"}
    made = json.loads(site.curl("/rooms", "--json", '{"name": "Grace"}', **here))
    sent, seat = tmp_path / "log.bin", f"Authorization: Bearer {made['token']}"
    sent.write_bytes(b"\0tea" * 1_000_000)

    answer = json.loads(site.curl(f"/{made['code']}/", "-H", seat, "-T", str(sent), **here))

    assert (answer["file"]["name"], answer["file"]["size"]) == ("log.bin", 4_000_000)
    got = tmp_path / "got.bin"
    head = site.curl(answer["file"]["url"], "-D", "-", "-o", str(got), **here).lower()
    assert got.read_bytes() == sent.read_bytes()
    assert 'content-disposition: attachment; filename="log.bin"' in head
