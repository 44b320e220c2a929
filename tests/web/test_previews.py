"""Link previews and search engines: what they are shown of a room, and what they never get."""

from __future__ import annotations

import pytest
from quart import Quart
from quart.testing import QuartClient

from chadchat.web.previews import AGENTS

FETCHERS = [
    "WhatsApp/2.23.20.0 A",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "TelegramBot (like TwitterBot)",
    "Twitterbot/1.0",
    "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com",
    "http.rb/5.1.1 (Mastodon/4.2.1; +https://mastodon.example/)",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1"
    " Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    "Mozilla/5.0 (compatible; redditbot/1.0; +http://www.reddit.com/feedback)",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
]
PEOPLE = [
    "curl/8.5.0",
    "python-httpx/0.27.0",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 [FBAN/FBIOS;FBAV/440.0]",
    "",
]
SECRET = "the cake is in the oven"


@pytest.fixture
async def room(client: QuartClient) -> dict[str, str]:
    """A room with a title, people and a message."""
    created: dict[str, str] = await (await client.post("/rooms", json={"name": "Ada", "title": "Surprise"})).get_json()
    bearer = {"Authorization": f"Bearer {created['token']}"}
    assert (await client.post(f"/{created['code']}", data=SECRET, headers=bearer)).status_code == 201
    return created


@pytest.mark.parametrize("agent", FETCHERS)
async def test_a_fetcher_gets_the_page_that_asks_for_a_name_and_nothing_of_the_room(
    app: Quart, room: dict[str, str], agent: str
) -> None:
    fetcher, code = app.test_client(), room["code"]
    below = ["", ".txt", ".jsonl", "/sse", "/json?poll=1", "/raw?since=all&poll=1", "/2", "/people", "?before=99"]
    for path in below:
        headers = {"User-Agent": agent, "Accept": "*/*", "Authorization": f"Bearer {room['token']}"}
        answer = await fetcher.get(f"/{code}{path}", headers=headers)
        shown = await answer.get_data(as_text=True)
        assert (answer.status_code, answer.mimetype) == (200, "text/html"), path
        assert f'<meta property="og:title" content="Join {code} on localhost">' in shown
        assert '<meta name="robots" content="noindex">' in shown
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert not [word for word in (SECRET, "Ada", "Surprise") if word in shown], path


@pytest.mark.parametrize("agent", FETCHERS[:3])
async def test_a_fetcher_takes_no_seat_and_posts_nothing(app: Quart, room: dict[str, str], agent: str) -> None:
    fetcher, code = app.test_client(), room["code"]
    for path in (f"/{code}", f"/{code}/join", "/rooms", "/"):
        answer = await fetcher.post(path, data={"name": "Bot"}, headers={"User-Agent": agent})
        assert answer.status_code == 403, path
    people = await (await fetcher.get(f"/{code}/people", headers={"Accept": "application/json"})).get_json()
    assert "Bot" not in str(people)


@pytest.mark.parametrize("agent", PEOPLE)
async def test_people_and_programs_are_no_fetchers(app: Quart, room: dict[str, str], agent: str) -> None:
    answer = await app.test_client().get(f"/{room['code']}", headers={"User-Agent": agent, "Accept": "*/*"})

    assert SECRET in await answer.get_data(as_text=True)
    assert answer.headers["X-Robots-Tag"] == "noindex"


async def test_a_fetcher_of_nothing_and_of_a_locked_room_gets_the_same(app: Quart, room: dict[str, str]) -> None:
    bearer = {"Authorization": f"Bearer {room['token']}"}
    locked = {"lock": "passphrase", "passphrase": "correct horse battery"}
    assert (await app.test_client().post(f"/{room['code']}/settings", json=locked, headers=bearer)).status_code == 200
    pages = []
    for code in (room["code"], "ZZZZ"):
        answer = await app.test_client().get(f"/{code}", headers={"User-Agent": FETCHERS[0]})
        assert answer.status_code == 404
        page = await answer.get_data(as_text=True)
        for letters in (code, " ".join(code), "</span><span>".join(code)):
            page = page.replace(letters, "CODE")
        pages.append(page)
    assert pages[0] == pages[1]


async def test_the_home_page_may_be_found_and_says_where_it_is(app: Quart) -> None:
    answer = await app.test_client().get("/", headers={"User-Agent": FETCHERS[0]})

    assert '<meta property="og:title" content="ChadChat on localhost">' in await answer.get_data(as_text=True)
    assert "X-Robots-Tag" not in answer.headers
    robots = await app.test_client().get("/robots.txt")
    assert (robots.status_code, robots.mimetype) == (200, "text/plain")
    assert "User-agent: *\nDisallow:\n" in await robots.get_data(as_text=True)


def test_agents_are_written_in_small_letters_once() -> None:
    assert len(set(AGENTS)) == len(AGENTS)
    assert all(agent == agent.lower() for agent in AGENTS)
