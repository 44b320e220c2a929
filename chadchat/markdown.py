"""Message text to safe HTML: bold, italic, code, code blocks, links, lists and quotes, and nothing else.

Rendered once, before the append, so that every reader gets the same bytes and replay never depends on this library's
version.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

import nh3
from markdown_it import MarkdownIt

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
_TAGS: Final = {"p", "br", "strong", "em", "code", "pre", "a", "ul", "ol", "li", "blockquote"}
_ATTRIBUTES: Final = {"a": {"href"}, "ol": {"start"}}
_SCHEMES: Final = {"http", "https", "mailto"}


# One line, as most chat is, in which nothing can be markup, a link or a list, so that the parser would only put it into
# a paragraph: at an eighth of a post's cost. Not in it: \ ` * _ [ ] < > & ~ @ | and what is written like an address,
# with a dot before a letter or with //. tests/test_markdown.py holds the two ways to the same result.
_PLAIN: Final = re.compile(
    r"""
    (?! [-+ ] | \d+[.)] )  # a list, or an indentation
    (?: [a-zA-Z0-9\ ,;:?!'"()%$\#=+^-]++ | [^\x00-\xa0\s]++ | /(?!/) | \.(?=[ .\d)'"!?]|$) )++
    (?<! [ ] )
    """,
    re.VERBOSE,
)


def render(text: str) -> str:
    """HTML that is safe to put into a page as it is."""
    return f"<p>{text}</p>" if _PLAIN.fullmatch(text) else render_markdown(text)


def render_markdown(text: str) -> str:
    """The same for any text, by way of the parser and the sanitiser."""
    return nh3.clean(
        _parser().render(text).strip(),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow ugc",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


@cache
def _parser() -> MarkdownIt:
    # "zero" has no rule but text, so the list above is the whole language: no HTML, images, headings or tables.
    parser = MarkdownIt("zero", {"breaks": True, "linkify": True, "html": False}).enable(_RULES)
    parser.enable(["balance_pairs", "fragments_join"])
    return parser
