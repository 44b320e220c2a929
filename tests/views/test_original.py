"""The original app, behaviour by behaviour: its features (or promises) work, and its faults are gone.

One test per line of the list, over real HTTP, with cookies and forms. tests/browser has the ones that need a real page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from httpx_sse import connect_sse

from ..serving import Server

PAGE = {"Accept": "text/html"}


class Browser(httpx.Client):
    """A browser without JavaScript: cookies, pages and forms."""

    def __init__(self, server: Server) -> None:
        super().__init__(base_url=server.url, headers=PAGE, follow_redirects=True)

    def create(self, name: str) -> str:
        """Press Create; the code of the new room."""
        return self.post("/", data={"name": name, "create": "1"}).url.path.strip("/")

    def join(self, name: str, code: str) -> httpx.Response:
        """Press Join."""
        return self.post("/", data={"name": name, "code": code, "join": "1"})

    def say(self, code: str, text: str) -> httpx.Response:
        """Send the composer's form as the page holds it."""
        key = re.search(r'name="key" value="([^"]+)"', self.get(f"/{code}").text)
        assert key
        return self.post(f"/{code}", data={"text": text, "key": key[1]})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("original") / "data", leave_after="0.5").start()
    yield started
    started.stop()


@pytest.fixture
def ada(server: Server) -> Iterator[Browser]:
    with Browser(server) as browser:
        yield browser


@pytest.fixture
def grace(server: Server) -> Iterator[Browser]:
    with Browser(server) as browser:
        yield browser


def lines(browser: Browser, code: str) -> list[str]:
    """What the page's log says, as text, without times."""
    items = re.findall(r'<li id="m-.*?</li>', browser.get(f"/{code}").text, re.S)
    stripped = (re.sub(r"<time.*?</time>|<small.*?</small>", "", item) for item in items)
    return [" ".join(re.sub(r"<[^>]+>", " ", item).split()) for item in stripped]


def test_the_home_page_has_name_code_join_and_create(ada: Browser) -> None:
    page = ada.get("/").text

    assert re.search(r'<form[^>]*action="/" method="post"', page)
    assert all(f'name="{field}"' in page for field in ("name", "code", "join", "create"))


@pytest.mark.parametrize("button", ["join", "create"])
@pytest.mark.parametrize("name", ["", "   "])
def test_please_enter_a_name(ada: Browser, button: str, name: str) -> None:
    answer = ada.post("/", data={"name": name, "code": "KQZF", button: "1"})

    assert answer.status_code == 422
    assert "Please enter a name." in answer.text
    assert 'value="KQZF"' in answer.text


def test_please_enter_a_room_code(ada: Browser) -> None:
    answer = ada.post("/", data={"name": "Ada", "code": "", "join": "1"})

    assert answer.status_code == 422
    assert "Please enter a room code." in answer.text
    assert 'value="Ada"' in answer.text


def test_an_unknown_room_is_refused_and_the_fields_keep_what_was_typed(ada: Browser) -> None:
    answer = ada.post("/", data={"name": "Ada", "code": "zzzz", "join": "1"})

    assert answer.status_code == 404
    assert "There is no room ZZZZ, or it is locked." in answer.text
    assert 'value="Ada"' in answer.text
    assert 'value="zzzz"' in answer.text


def test_create_gives_a_new_unique_code_of_four_capitals(ada: Browser) -> None:
    codes = [ada.create("Ada") for _ in range(20)]

    assert all(re.fullmatch("[A-Z]{4}", code) for code in codes)
    assert len(set(codes)) == 20


def test_create_ignores_what_is_in_the_code_field(ada: Browser) -> None:
    answer = ada.post("/", data={"name": "Ada", "code": "NOPE", "create": "1"})

    assert answer.status_code == 200
    assert answer.url.path != "/NOPE"


def test_any_number_of_people_join_by_code(server: Server, grace: Browser) -> None:
    code = grace.create("Grace")

    def come(number: int) -> int:
        with Browser(server) as guest:
            return guest.join(f"Guest {number}", code).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(come, range(40))) == {200}
    people = httpx.get(f"{server.url}/{code}/people", headers={"Accept": "application/json"}).json()
    assert people["count"] == 41


def test_every_room_has_its_own_log(ada: Browser) -> None:
    one, other = ada.create("Ada"), ada.create("Ada")
    ada.say(one, "only here")

    assert "Ada only here" in lines(ada, one)
    assert not any("only here" in line for line in lines(ada, other))


def test_a_message_goes_to_everyone_in_the_room_at_once_with_the_senders_name(server: Server, grace: Browser) -> None:
    code = grace.create("Grace")
    url = f"{server.url}/{code}/sse"
    client = httpx.Client()
    with client, connect_sse(client, "GET", url) as first, connect_sse(client, "GET", url) as second:
        streams = [first.iter_sse(), second.iter_sse()]
        assert [next(stream).event for stream in streams] == ["open", "open"]

        grace.say(code, "tea?")

        for stream in streams:
            message = json.loads(next(event for event in stream if event.event == "message").data)
            assert (message["name"], message["text"]) == ("Grace", "tea?")


def test_people_see_who_has_entered_and_who_has_left_the_room(ada: Browser, grace: Browser) -> None:
    code = grace.create("Grace")
    ada.join("Ada", code)
    ada.post(f"/{code}/leave")

    assert lines(grace, code)[-2:] == ["Ada has entered the room", "Ada has left the room"]


def test_messages_are_still_there_after_reload(ada: Browser) -> None:
    code = ada.create("Ada")
    ada.say(code, "still here?")

    assert lines(ada, code) == lines(ada, code)
    assert lines(ada, code)[-1] == "Ada still here?"


def test_messages_are_still_there_after_leaving_and_coming_back(ada: Browser) -> None:
    code = ada.create("Ada")
    ada.say(code, "brb")
    ada.post(f"/{code}/leave")
    ada.join("Ada", code)

    assert "Ada brb" in lines(ada, code)


def test_messages_and_seats_are_still_there_after_a_restart_of_the_server(server: Server, ada: Browser) -> None:
    code = ada.create("Ada")
    ada.say(code, "see you on the other side")
    before = lines(ada, code)

    server.restart()

    assert lines(ada, code) == before
    assert ada.say(code, "here").status_code == 200
    assert lines(ada, code)[-1] == "Ada here"


def test_a_page_without_a_seat_sends_you_to_join(ada: Browser, grace: Browser) -> None:
    code = grace.create("Grace")

    page = ada.get(f"/{code}").text

    assert f'action="/{code}/join"' in page
    assert 'name="text"' not in page


# Its faults.


def test_a_code_may_be_typed_in_any_case(ada: Browser, grace: Browser) -> None:
    code = grace.create("Grace")

    assert ada.join("Ada", f" {code.lower()} ").url.path == f"/{code}"
    assert ada.get(f"/{code.lower()}").url.path == f"/{code}"


def test_a_lone_reload_does_not_delete_the_room(server: Server, ada: Browser) -> None:
    code = ada.create("Ada")
    for _ in range(3):
        with connect_sse(ada, "GET", f"{server.url}/{code}/sse") as stream:
            assert next(stream.iter_sse()).event == "open"

    assert ada.say(code, "alone, and still here").status_code == 200
    assert lines(ada, code)[-1] == "Ada alone, and still here"


def test_a_message_shows_the_time_it_was_sent_not_the_time_it_is_read(ada: Browser) -> None:
    code = ada.create("Ada")
    ada.say(code, "when?")
    stored = ada.get(f"/{code}", headers={"Accept": "application/json"}).json()["messages"][0]["at"]

    assert f'<time datetime="{stored}">{stored[11:16]}</time>' in ada.get(f"/{code}").text


@pytest.mark.parametrize("evil", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</textarea>\\"])
def test_a_script_in_a_name_or_a_text_comes_out_as_text(ada: Browser, evil: str) -> None:
    code = ada.create(evil)
    ada.say(code, evil)

    page = ada.get(f"/{code}").text

    assert evil not in page
    assert "<script>" not in page
    assert "<img src=x" not in page
    assert ada.get(f"/{code}/people", headers={"Accept": "*/*"}).text == f"{evil}\n"


def test_the_home_page_does_not_forget_your_seat(ada: Browser) -> None:
    code = ada.create("Ada")

    home = ada.get("/").text

    assert f'href="/{code}"' in home
    assert 'name="text"' in ada.get(f"/{code}").text


def test_a_second_room_in_one_browser_is_possible(ada: Browser) -> None:
    one, other = ada.create("Ada"), ada.create("Countess")

    ada.say(one, "first")
    ada.say(other, "second")

    assert lines(ada, one)[-1] == "Ada first"
    assert lines(ada, other)[-1] == "Countess second"


def test_two_people_cannot_have_one_name(ada: Browser, grace: Browser) -> None:
    code = grace.create("Grace")

    answer = ada.join("grace", code)

    assert answer.status_code == 409
    assert "is taken" in answer.text
    assert f'value="{code}"' in answer.text
