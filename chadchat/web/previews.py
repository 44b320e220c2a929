"""Fetchers of link previews and search engines, known by their `User-Agent`: they get the page that asks for a name.

Many send `Accept: */*`, as curl does, which would get the transcript. A fetcher that calls itself a browser gets that
page anyway, as it has no seat.
"""

from __future__ import annotations

import re
from typing import Final

from ..domain.codes import PATTERN
from ..server.asgi import MutableScope

PREVIEW: Final = "chadchat.preview"  # the name in the scope of a request that comes from one of them
# In small letters. First messengers and networks (Signal calls itself WhatsApp, and iMessage facebookexternalhit), then
# search engines and collectors.
_LIST: Final = """
whatsapp/, facebookexternalhit, facebot, facebookcatalog, meta-externalagent, slackbot, slack-imgproxy,
discordbot, telegrambot, twitterbot, linkedinbot, skypeuripreview, microsoftpreview, redditbot, mastodon/,
pleroma, misskey, akkoma, bluesky cardyb, viber, line-poker, kakaotalk-scrap, vkshare, pinterestbot,
tumblr/, snap url preview, zoombot, synapse (bot, mattermost-bot, rocket.chat, nextcloud server crawler,
iframely, embedly, google-pagerenderer, googlemessages, outbrain, flipboardproxy,
googlebot, googleother, google-inspectiontool, bingbot, bingpreview, applebot, duckduckbot, yandexbot,
baiduspider, qwantbot, petalbot, seznambot, sogou, ia_archiver, archive.org_bot, ccbot, gptbot,
chatgpt-user, oai-searchbot, claudebot, perplexitybot, amazonbot, bytespider, ahrefsbot, semrushbot
"""
AGENTS: Final = tuple(agent.strip() for agent in _LIST.split(","))
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})

_ROOM: Final = re.compile(f"(/{PATTERN})[/.].*", re.DOTALL)
_DROPPED: Final = frozenset({b"accept", b"authorization", b"cookie", b"hx-request"})


def settle(scope: MutableScope) -> None:
    """Make the request of a fetcher one for a page by a stranger, and any address below a room one of the room."""
    given = next((value for name, value in scope["headers"] if name == b"user-agent"), b"").decode("latin-1").lower()
    if not any(agent in given for agent in AGENTS):
        return
    scope[PREVIEW] = True
    kept = [header for header in scope["headers"] if header[0] not in _DROPPED]
    scope["headers"] = [*kept, (b"accept", b"text/html")]
    if below := _ROOM.fullmatch(scope["path"]):
        scope["path"], scope["query_string"] = below[1], b""
