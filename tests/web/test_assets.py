"""Static files: one script and one style sheet a page, compressed once, and cached by browsers until they change."""

from __future__ import annotations

import gzip
import re
import shutil
from pathlib import Path

import httpx
import pytest
from quart.testing import QuartClient

from chadchat.web import modules
from chadchat.web.assets import Assets, bare, tight

from ..serving import Server

PAGE = {"Accept": "text/html"}
STATIC = Path(__file__).parents[2] / "static"
NAMES = ["app.js", "htmx.js", "room.css", "home.css", "help.css", "icon.svg"]


async def linked(client: QuartClient, path: str) -> list[str]:
    """The styles and scripts that a page loads."""
    page = await (await client.get(path, headers=PAGE)).get_data(as_text=True)
    return re.findall(r'(?:src|stylesheet" href)="/static/([\w.]+)\?v=\w{12}"', page)


async def test_a_page_loads_one_style_and_one_script_of_ours(client: QuartClient, code: str) -> None:
    await client.post(
        f"/{code}/join", data="name=Ada", headers={**PAGE, "Content-Type": "application/x-www-form-urlencoded"}
    )

    assert await linked(client, f"/{code}") == ["room.css", "app.js", "htmx.js"]
    assert await linked(client, "/") == ["home.css", "home.js"]
    assert await linked(client, "/help") == ["help.css", "app.js"]


@pytest.mark.parametrize("name", NAMES)
async def test_a_file_comes_compressed_and_is_not_sent_again(client: QuartClient, name: str) -> None:
    plain = await client.get(f"/static/{name}")
    small = await client.get(f"/static/{name}", headers={"Accept-Encoding": "gzip"})

    assert "Content-Encoding" not in plain.headers
    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(await small.get_data(as_text=False)) == await plain.get_data(as_text=False)
    assert small.headers["ETag"] != plain.headers["ETag"]
    for answer, asked in ((plain, {}), (small, {"Accept-Encoding": "gzip"})):
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert "max-age=31536000" in answer.headers["Cache-Control"]
        assert int(answer.headers["Content-Length"]) == len(await answer.get_data(as_text=False))
        again = await client.get(
            f"/static/{name}", headers={**asked, "If-None-Match": f'W/"x", {answer.headers["ETag"]}'}
        )
        assert (again.status_code, await again.get_data()) == (304, b"")
        assert again.headers["ETag"] == answer.headers["ETag"]
        other = await client.get(f"/static/{name}", headers={**asked, "If-None-Match": '"other"'})
        assert other.status_code == 200


@pytest.mark.parametrize("path", ["none.js", "package.json", "js/main.js", "../pyproject.toml", "css/../app.js", "%00"])
async def test_nothing_else_is_served(client: QuartClient, path: str) -> None:
    assert (await client.get(f"/static/{path}")).status_code == 404


def test_on_the_wire_304_names_no_length(standing: Server) -> None:
    first = httpx.get(f"{standing.url}/static/app.js")
    again = httpx.get(f"{standing.url}/static/app.js", headers={"If-None-Match": first.headers["ETag"]})

    assert first.headers["Content-Encoding"] == "gzip"
    assert (again.status_code, again.content) == (304, b"")
    assert "Content-Length" not in again.headers


async def test_a_head_request_says_what_a_get_would(client: QuartClient) -> None:
    answer = await client.head("/static/app.js", headers={"Accept-Encoding": "gzip"})

    assert answer.status_code == 200
    assert answer.headers["Content-Encoding"] == "gzip"
    assert int(answer.headers["Content-Length"]) > 1000


def test_another_content_has_another_address(tmp_path: Path) -> None:
    shutil.copytree(STATIC, tmp_path / "static")
    before = Assets(tmp_path / "static")
    (tmp_path / "static/js/viewport.js").write_text("export function start() {}\n")
    after = Assets(tmp_path / "static")

    assert before.address("app.js") != after.address("app.js")
    assert before.address("room.css") == after.address("room.css")


def test_a_checkout_without_the_browser_libraries_has_the_rest(tmp_path: Path) -> None:
    shutil.copytree(STATIC, tmp_path / "static", ignore=shutil.ignore_patterns("vendor"))

    assets = Assets(tmp_path / "static")

    assert "htmx.js" not in assets
    assert "app.js" in assets


def test_modules_become_one_script_in_which_each_keeps_its_names(tmp_path: Path) -> None:
    (tmp_path / "one.js").write_text("const own = 1;\nexport const one = own;\nexport function twice(n) {}\n")
    (tmp_path / "main.js").write_text(
        "import './one.js';\nimport {one, twice as double} from './one.js';\ndouble(one);\n"
    )

    assert modules.join(tmp_path, "main") == (
        "'use strict';\n(() => {\n"
        "const module_one = (() => {\n"
        "const own = 1;\nconst one = own;\nfunction twice(n) {}\n"
        "return {one, twice};\n})();\n"
        "const module_main = (() => {\n"
        "const {one, twice: double} = module_one;\ndouble(one);\n"
        "return {};\n})();\n"
        "})();\n"
    )


def test_a_script_that_comes_later_uses_the_modules_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "one.js").write_text("export const one = 1;\n")
    (tmp_path / "two.js").write_text("export const two = 2;\n")
    (tmp_path / "main.js").write_text("import {one} from './one.js';\none;\n")
    (tmp_path / "later.js").write_text(
        "import {one} from './one.js';\nimport {two} from './two.js';\nexport const both = one + two;\n"
    )

    first, later = modules.split(tmp_path, "main", "later")

    assert first.endswith(
        "globalThis.modules = {one: module_one};\n"
        "const module_main = (() => {\nconst {one} = module_one;\none;\nreturn {};\n})();\n})();\n"
    )
    assert later == (
        "const {one: module_one} = globalThis.modules;\n"
        "const module_two = (() => {\nconst two = 2;\nreturn {two};\n})();\n"
        "const module_later = (() => {\n"
        "const {one} = module_one;\nconst {two} = module_two;\nconst both = one + two;\nreturn {both};\n})();\n"
        "export const {both} = module_later;\n"
    )


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import * as all from './one.js';\n", r"main.js: import \* as all"),
        ("import one from './one.js';\n", "main.js: import one"),
        ("export default 1;\n", "main.js: export default"),
        ("import {a} from './main.js';\n", "main -> main: modules import each other"),
    ],
)
def test_what_the_joiner_does_not_understand_it_refuses(tmp_path: Path, source: str, reason: str) -> None:
    (tmp_path / "main.js").write_text(source)

    with pytest.raises(ValueError, match=reason):
        modules.join(tmp_path, "main")


def test_what_is_taken_out_of_scripts_and_styles_is_no_text() -> None:
    scripts = sorted((STATIC / "js").glob("*.js"))
    assert scripts
    for script in scripts:
        for line in script.read_text().splitlines():
            assert line.count("`") % 2 == 0, f"{script.name}: a text goes over the end of a line: {line}"
            code, *beside = re.split(r"(?<=[;,{})\]]) +// ", line)
            assert not beside or not re.search("['\"`]", re.sub("'[^']*'|`[^`]*`", "", code)), f"{script.name}: {line}"
    assert bare("  a();\n\n// why\n\t// and\nb(); // why\n'a // b'\n") == "a();b();'a // b'\n"
    assert not re.search("(?<!['\":])//", bare(modules.join(STATIC / "js", "main"))), "no comment swallows a line"


def test_blanks_go_from_the_code_of_a_script_and_stay_in_its_texts() -> None:
    source = """\
const one = (a, b) => a ? b : 'x = y , z', two = `${a ? b : c} = ${d}`;
const three = text.replace(/ = |[/'] ,/g, " : "), half = a / 2 + (b / 2);
if (one && two) return {a: 1, b} ;
"""
    assert (
        tight(source)
        == """\
const one=(a,b)=>a?b:'x = y , z',two=`${a ? b : c} = ${d}`;\
const three=text.replace(/ = |[/'] ,/g," : "),half=a / 2 +(b / 2);if(one&&two)return{a:1,b};"""
    )
    assert tight("a = `${b ? `c, ${d = e} f` : ''} = g`;\n") == "a=`${b ? `c, ${d = e} f` : ''} = g`;"
    for script in sorted((STATIC / "js").glob("*.js")):
        assert not re.search(r"\breturn /", script.read_text()), f"{script.name}: a pattern that is taken for code"
        assert "`,${" not in tight(script.read_text()), script.name
