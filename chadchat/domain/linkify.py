"""Turns addresses in a message into links: two rules for the Markdown parser, each a single pass over the text.

These become links: an address with a scheme (`http://`, `https://`, `mailto:`), an address that begins with `www.`, a
host under a generic domain (`example.org`), and a host under a country's domain if a path follows (`example.de/news`).
Domains that are also endings of files (`README.md`, `main.py`, `lib.rs`, `setup.sh`, `x.pl`, `a.zip`) or words
(`ok.so`, `did.it`) are in neither list. An e-mail address without `mailto:` stays text. A link's text is the text as
it was typed.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

GENERIC: Final = "com|org|net|edu|gov|mil|int|info|biz|io|dev"
COUNTRIES: Final = (
    "ar|at|au|be|br|ca|ch|cl|cn|cz|de|dk|ee|es|eu|fi|fr|gr|hk|hr|hu|ie|il|jp|kr|lt|lu|lv|mx|nl|no|nz|pt|ro|ru|se|si|sk"
    "|th|tr|tw|ua|uk|za"
)

# Characters that end an address. A bracket belongs to it only as a pair, with the bracket that closes it.
_OUTSIDE: Final = r"\s<>\"`\\\uff5c\x00-\x1f\x7f-\x9f()\[\]{}"
_TAIL: Final = rf"(?:[^{_OUTSIDE}]|\([^{_OUTSIDE}]*\)|\[[^{_OUTSIDE}]*\]|\{{[^{_OUTSIDE}]*\}})"
_SENTENCE_ENDS: Final = (
    ".,:;!?'*\u2026\u3002\u3001\uff0c\uff0e\uff01\uff1f\uff1a\uff1b\u300d\u300f\uff09\u3011\u300b\u3009\u201d\u2019"
)
_SCHEME: Final = re.compile(r"(?<![\w+-])https?\Z", re.IGNORECASE)
_REST: Final = re.compile(rf"://(?=\w){_TAIL}+")
_LABELS: Final = r"(?:[a-z0-9-]+\.)+"
_BARE: Final = re.compile(
    rf"""
    (?<! [\w.@/:\\-] )
    (?:
        mailto:[\w.+-]+@ {_LABELS} [a-z0-9-]+
    |   (?: www\. {_LABELS} [a-z][a-z0-9-]* | {_LABELS} (?:{GENERIC}) )
        (?! [\w@-] | \.[\w-] ) (?: :\d{{1,5}} (?!\d) )? (?: [/?\#]{_TAIL}* )?
    |   {_LABELS} (?:{COUNTRIES}) (?: :\d{{1,5}} )? /{_TAIL}*
    )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_CANDIDATE: Final = re.compile(rf"://|@|www\.|mailto:|\.(?:{GENERIC}|{COUNTRIES})(?![\w-])", re.IGNORECASE)

# The addresses that a link may have, split before and after the host. A label has at most 63 characters (RFC 1035); the
# time of Punycode grows faster than the length of a label.
_HOST: Final = r"[^\s/?#.\\:@]{1,63}(?:\.[^\s/?#.\\:@]{1,63}){0,20}\.?"
_WEB: Final = re.compile(rf"(https?://(?:[^\s/?#\\@]{{1,99}}@)?)({_HOST})((?::\d{{0,5}})?(?:[/?#].*)?)", re.I | re.S)
_MAIL: Final = re.compile(r"mailto:[!-~]+@[a-z0-9.-]+(?:\?[!-~]*)?", re.I)
_HOSTS: Final = re.compile(r"://[^\s/?#]*")
_RUNS: Final = re.compile(r"[^\s<>\"`\\]+")  # no address goes over the end of one
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]")
_KEPT: Final = ";/?:@&=+$,-_.!~*'()#%"  # as in markdown-it: other characters are percent-encoded
# Invisible characters, bidi controls among them: they could make a link look like another address.
_UNSEEN: Final = re.compile("[\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


class Linking(MarkdownIt):
    """A Markdown parser that allows links to absolute http, https and mailto addresses only."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802 the library's name
        """The address for `href`; an empty string, which `validateLink` refuses, if it is not allowed."""
        if _MAIL.fullmatch(url):
            return url
        web = _WEB.fullmatch(url)
        return f"{quote(web[1], _KEPT)}{_ascii(web[2])}{quote(web[3], _KEPT)}" if web else ""

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802
        """The address as it was typed, with its invisible characters percent-encoded."""
        return _UNSEEN.sub(lambda unseen: quote(unseen[0]), link)

    def validateLink(self, url: str) -> bool:  # noqa: N802
        """Whether `normalizeLink` accepted the address."""
        return bool(url)


def use(parser: MarkdownIt) -> None:
    """Replace the library's two linkify rules by the ones of this module."""
    parser.inline.ruler.at("linkify", _with_scheme)
    parser.core.ruler.at("linkify", _without_scheme)


def candidates(text: str) -> tuple[int, int, int]:
    """The costs of a text: the most links that it can hold, the number of non-ASCII characters in their hosts, and the
    number of characters that are read for links at most, as each `://` may read on to the end of its run.
    """
    links, letters = len(_CANDIDATE.findall(text)), sum(len(_NOT_ASCII.findall(host)) for host in _HOSTS.findall(text))
    runs = _RUNS.findall(text) if "://" in text else ()
    return links, letters, sum(len(run) * run.count("://") for run in runs)


def _ascii(host: str) -> str:
    """The host as DNS has it: labels with non-ASCII characters in Punycode (RFC 3492)."""
    return ".".join(
        label if label.isascii() else f"xn--{label.lower().encode('punycode').decode()}" for label in host.split(".")
    )


def _with_scheme(state: StateInline, silent: bool) -> bool:
    """The inline rule: a link at `://`. It runs before emphasis, which would take a `_` or `*` inside an address."""
    if not state.src.startswith("://", state.pos) or state.linkLevel:
        return False
    scheme = _SCHEME.search(state.pending[-9:])
    rest = _REST.match(state.src, state.pos, state.posMax) if scheme else None  # it reads to the end of the text
    if not scheme or not rest:
        return False
    typed = rest[0].rstrip(_SENTENCE_ENDS)
    href = state.md.normalizeLink(scheme[0] + typed)
    if not href:
        return False
    if not silent:
        state.pending = state.pending[: -len(scheme[0])]
        for token in _link(state.md, scheme[0] + typed, href):
            pushed = state.push(token.type, token.tag, token.nesting)
            pushed.attrs, pushed.content = token.attrs, token.content
    state.pos += len(typed)
    return True


def _without_scheme(state: StateCore) -> None:
    """The core rule: addresses without a scheme, in the text tokens outside of links, after inline parsing."""
    for block in state.tokens:
        if block.type == "inline" and block.children and ("." in block.content or "mailto:" in block.content.lower()):
            inside, children = 0, []
            for token in block.children:
                inside += token.nesting if token.type in ("link_open", "link_close") else 0
                children += [token] if inside or token.type != "text" else _split(state.md, token)
            block.children = children


def _split(parser: MarkdownIt, text: Token) -> list[Token]:
    found, end = [], 0
    for match in _BARE.finditer(text.content):
        typed = match[0].rstrip(_SENTENCE_ENDS)
        href = parser.normalizeLink(typed if typed[:7].lower() == "mailto:" else f"http://{typed}")
        if href:
            found += [_text(text.content[end : match.start()]), *_link(parser, typed, href)]
            end = match.start() + len(typed)
    return [*found, _text(text.content[end:])] if found else [text]


def _link(parser: MarkdownIt, typed: str, href: str) -> list[Token]:
    return [
        Token("link_open", "a", 1, attrs={"href": href}),
        _text(parser.normalizeLinkText(typed)),
        Token("link_close", "a", -1),
    ]


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)
