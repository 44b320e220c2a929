"""The HTML of a message's file: the same for every reader, of a size that is known before it is loaded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from jinja2 import Environment

from chadchat.app import create_app
from chadchat.events import Event
from chadchat.settings import Settings

FILE = {"id": "9f" * 16, "name": "log.txt", "size": 8123, "type": "text/plain", "sha256": "00"}
LOG = Event("KQZF", "message", "2026-11-22T12:00:00.123Z", "Ada", "7f3a", "", "", changes={"file": FILE}, seq=128)


@pytest.fixture(scope="module")
def templates() -> Environment:
    return create_app(Settings()).jinja_env.overlay(enable_async=False)


def html(templates: Environment, saved: bool = False, **file: Any) -> str:
    """The line of a message with a file, also as a page that was saved has it."""
    event = replace(LOG, changes={"file": FILE | file})
    return templates.get_template("messages/_event.html").render(event=event, **({"home": "#m-"} if saved else {}))


def test_a_file_is_a_download_with_its_name_and_size(templates: Environment) -> None:
    assert html(templates).endswith(
        '<div class="text" dir="auto" hx-ignore><div id="f-128" class="attachment" data-file="log.txt">'
        f'<a class="file" data-ending="TXT" href="/KQZF/files/{FILE["id"]}/log.txt" download>'
        "<bdi><span>log.txt</span></bdi> <small>8 KB</small></a></div></div>"
        '<ul id="r-128"></ul></li>'
    )


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        ((4000, 1000), (400, 100)),
        ((300, 3000), (32, 320)),
        ((1, 1), (1, 1)),
        ((90_000, 1), (400, 1)),
        ((800, 640), (400, 320)),
        ((399, 20), (399, 20)),
    ],
    ids=["wide", "tall", "tiny", "a line", "as large as it gets", "small"],
)
def test_a_picture_has_the_size_at_which_it_is_shown(
    templates: Environment, size: tuple[int, int], shown: tuple[int, int]
) -> None:
    page = html(templates, name="a.png", width=size[0], height=size[1])

    address = f"/KQZF/files/{FILE['id']}/a.png"
    assert (
        f'<a class="picture" href="{address}?size=2560"><img src="{address}?size=800" width="{shown[0]}"'
        f' height="{shown[1]}" loading="lazy" alt="a.png"></a>' in page
    )


def test_the_words_of_a_picture_are_its_own_and_stay_words(templates: Environment) -> None:
    page = html(templates, width=4, height=4, alt='A "cat" <b>', name='"><img src=x>.png')

    assert 'alt="A &#34;cat&#34; &lt;b&gt;"' in page
    assert "<img src=x" not in page


def test_a_long_name_shows_its_end_and_a_strange_one_no_ending(templates: Environment) -> None:
    long = html(templates, name="a log file of the server that never sleeps.tar.gz")

    assert "<span>a log file of the server that never s</span><span>leeps.tar.gz</span>" in long
    for name in ("README", ".bashrc", "x.<b>", "a.verylong", "a."):
        assert 'data-ending="FILE"' in html(templates, name=name), name


def test_the_first_lines_of_a_paste_stand_above_it_and_the_rest_is_a_press_away(templates: Environment) -> None:
    page = html(templates, name="paste.txt", lines="one\n<two>")

    assert '<pre class="excerpt">one\n&lt;two&gt;</pre><button type="button" class="whole">' in page
    assert "whole" not in html(templates, name="paste.txt", lines="x" * 8123)
    assert "whole" not in html(templates, name="paste.txt", lines="x", size=10_000_000)


def test_in_a_page_that_was_saved_nothing_can_be_opened_and_the_picture_is_told(templates: Environment) -> None:
    page = html(templates, saved=True, name="cat.png", width=4, height=4, alt="A cat")

    attached = page.partition('class="attachment"')[2].partition("</div>")[0]
    assert "<img" not in attached
    assert "href" not in attached
    assert "cat.png" in attached
    assert "A cat" in attached
