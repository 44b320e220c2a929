"""Renders message text as safe HTML: bold, italic, code, code blocks, links, lists and quotes, and nothing else.

A message is rendered once, before the append, so that every reader gets the same bytes and a replay does not depend on
the library's version. Rendering blocks the event loop, so it has a budget: a message above it is shown as plain text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from types import SimpleNamespace
from typing import Any, Final

import nh3
from markdown_it import helpers
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline import link as library_link
from markdown_it.token import Token

from .linkify import Linking, candidates, use
from .terminal import uncoloured

_RULES: Final = [
    "newline",
    "escape",
    "backticks",
    "emphasis",
    "link",
    "autolink",
    "linkify",
    "fence",
    "list",
    "blockquote",
]
_TAGS: Final = {"p", "br", "strong", "em", "code", "pre", "a", "ul", "ol", "li", "blockquote", "span"}
_ATTRIBUTES: Final = {"a": {"href"}, "ol": {"start"}, "span": {"data-to"}}
_SCHEMES: Final = {"http", "https", "mailto"}

# The budget and the costs below are microseconds on the machine of docs/performance.md. Each cost is the most that the
# parser may spend at such a character; tests/domain/test_markdown.py searches for texts that take longer. A page of
# code in a fence, 40 links, or a list of 100 items fit.
BUDGET: Final = 8_000
_LINE, _ITEM, _LINK, _LETTER, _BRACKET, _EMPHASIS, _SIGN = 22, 45, 100, 40, 42, 18, 7
DEEPEST: Final = 100  # levels of nesting; a list is two. Text nested more deeply would be left out by the parser
ADDRESS: Final = 2_048  # the most characters of a link's address
_READ: Final = 16  # characters of an address that are read in a microsecond
FEW: Final = 60  # characters of an address that the cost of a link includes
NESTED: Final = 8  # levels of nested brackets that a link's text may have
LONGEST: Final = 16, 1024  # the longest HTML: 16 times the bytes of its text, plus 1024

# Matches one line without markup, links or lists, as most messages are. The parser, which takes an eighth of a post's
# time, would only wrap it in <p>, so it is skipped. Excluded are \ ` * _ [ ] < > & ~ @ | and anything like an address:
# a dot before a letter, or //. tests/domain/test_markdown.py checks that both ways give the same HTML.
_PLAIN: Final = re.compile(
    r"""
    (?! [-+ ] | \d+[.)] )  # a list, or an indentation
    (?: [a-zA-Z0-9\ ,;:?!'"()%$\#=+^-]++ | [^\x00-\xa0\s]++ | /(?!/) | \.(?=[ .\d)'"!?]|$) )++
    (?<! [ ] )
    """,
    re.VERBOSE,
)
_PLAIN_TEXT: Final = "plain"  # the type of the token of a text above the budget
_LINE_END: Final = re.compile(r"\r\n|\n|\r")
_ITEMS: Final = re.compile(r"(?<![^\s>])(?:[-+*]|\d+[.)])(?=\s|$)")
_SLOW: Final = " \t`~&\"'<>"  # the parser handles these one by one, or escapes them
_QUOTES: Final = re.compile(r">[> \t]*")
# The characters after a `](` that the parser reads one by one to find the end of an address, as far as `_destination`
# lets it.
_ADDRESS: Final = re.compile(r"[^\x00-\x20\x7f]{0,2049}")
_ADDRESSES: Final = re.compile(r"\]\((?=([^\x00-\x20\x7f()]{0,2048}(?:\)|\([^\x00-\x20\x7f]{0,2048})?))")
# The places where the parser tries its inline rules. Its default also has the characters of rules that are not in use.
_SIGNS: Final = re.compile(r"[\n<\[\]\\*_`]|://")


class _TooMuch(Exception):
    """The text is above the budget."""


def render(text: str) -> str:
    """The message as HTML that is safe to put into a page without escaping."""
    seen = uncoloured(text)
    return f"<p>{seen}</p>" if _PLAIN.fullmatch(seen) else render_markdown(text)


def render_markdown(text: str) -> str:
    """As `render`, but always with the parser and the sanitiser."""
    return to_html(text, parse(text))


def parse(text: str) -> list[Token]:
    """The tokens of a text without its colours; above the budget one that has the text as it came."""
    try:
        return _parser().parse(uncoloured(text))
    except _TooMuch:
        return [_plain(text)]


def words(parsed: list[Token]) -> Iterator[Token]:
    """The tokens that are words: neither code nor in a link."""
    for block in parsed:
        inside = 0
        for token in block.children or ():
            inside += token.nesting if token.type in ("link_open", "link_close") else 0
            if token.type == "text" and not inside:
                yield token


def to_html(text: str, parsed: list[Token]) -> str:
    """The safe HTML of a parsed text."""
    if parsed and parsed[0].type == _PLAIN_TEXT:
        return _as_it_came(parsed[0])
    parser = _parser()
    html = _clean(parser.renderer.render(parsed, parser.options, {}))
    times, more = LONGEST
    return html if len(html.encode()) <= times * len(text.encode()) + more else _as_it_came(_plain(text))


def _plain(text: str) -> Token:
    return Token(_PLAIN_TEXT, "", 0, children=[Token("text", "", 0, content=uncoloured(text))])


def _as_it_came(plain: Token) -> str:
    html = RendererHTML().renderInline(plain.children or [], _parser().options, {})
    return _clean(f"<p>{_LINE_END.sub('<br>', html)}</p>")


def _clean(html: str) -> str:
    return nh3.clean(
        html.strip(),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        url_relative="deny",
        allowed_classes={"span": {"mention"}},
        link_rel="noopener noreferrer nofollow ugc",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


@cache
def _parser() -> Linking:
    # The preset "zero" has no rules but text, so _RULES is the whole language: no HTML, images, headings or tables.
    parser = Linking("zero", {"breaks": True, "html": False, "maxNesting": DEEPEST})
    parser.enable([*_RULES, "balance_pairs", "fragments_join"])
    parser.core.ruler.at("block", _blocks)
    parser.inline.ruler.at("link", _link)
    parser.inline.terminator_re = _SIGNS
    parser.helpers = SimpleNamespace(  # type: ignore[assignment]  # a module, by its type
        **vars(helpers) | {"parseLinkDestination": _destination}
    )
    use(parser)
    return parser


def _blocks(state: StateCore) -> None:
    """The library's block rule with the budget checked: before block parsing, and again before inline parsing."""
    cost = _cost_of_blocks(state.src)
    if cost > BUDGET:
        raise _TooMuch
    state.md.block.parse(state.src, state.md, state.env, state.tokens)
    cost += sum(_cost_of_words(token.content) for token in state.tokens if token.type == "inline")
    if cost > BUDGET or any(token.level >= DEEPEST - 1 for token in state.tokens):
        raise _TooMuch


def _cost_of_blocks(text: str) -> int:
    lines = text.count("\n") + 1
    deepest = max((quote.count(">") for quote in _QUOTES.findall(text)), default=0)
    return _LINE * lines * (1 + deepest) + _ITEM * len(_ITEMS.findall(text)) + 2 * sum(map(text.count, _SLOW))


def _cost_of_words(text: str) -> int:
    links, letters, read = candidates(text)
    signs = sum(map(text.count, "\n<]\\`")) + text.count("[") * ((_BRACKET // _SIGN) if "](" in text else 1)
    emphasis = text.count("*") + text.count("_")
    cost = _SIGN * signs + _EMPHASIS * emphasis + _LINK * links + _LETTER * letters + read // _READ
    return cost if cost > BUDGET else cost + _cost_of_addresses(text)


def _cost_of_addresses(text: str) -> int:
    """A third of a microsecond for each character of an address above FEW, counted for each `](` before it."""
    read = 0
    for found in _ADDRESSES.finditer(text):
        read += max(0, found.end(1) - found.start(1) - FEW)
        if read > 3 * BUDGET:
            break
    return read // 3


def _link(state: StateInline, silent: bool) -> bool:
    """The library's link rule, skipped if no `](` follows: at each `[` it would scan the rest of the text."""
    if state.src[state.pos] != "[" or state.src.find("](", state.pos) < 0:
        return False
    if silent and state.level > NESTED:
        state.pos = state.posMax  # too deep for a link's text; the library has such a limit, but a much higher one
        return True
    return library_link(state, silent)


def _destination(text: str, start: int, end: int) -> Any:
    """The library's helper, skipped if the address is too long, as it reads the characters one by one."""
    found = _ADDRESS.match(text, start, end)
    if found and found.end() - start > ADDRESS and text[start] != "<":
        end = start  # an empty range, so that no address is found
    return helpers.parseLinkDestination(text, start, end)
