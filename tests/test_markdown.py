"""Markdown: the small language, and nothing that could run."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chadchat.markdown import render, render_markdown

LINK = 'target="_blank" rel="noopener noreferrer nofollow ugc"'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("tea?", "<p>tea?</p>"),
        ("**bold** and *italic*", "<p><strong>bold</strong> and <em>italic</em></p>"),
        ("`x < y`", "<p><code>x &lt; y</code></p>"),
        ("```\na < b\n```", "<pre><code>a &lt; b\n</code></pre>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. a\n4. b", '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>'),
        ("> so", "<blockquote>\n<p>so</p>\n</blockquote>"),
        ("[x](https://a.example/)", f'<p><a href="https://a.example/" {LINK}>x</a></p>'),
        ("see https://a.example/b.", f'<p>see <a href="https://a.example/b" {LINK}>https://a.example/b</a>.</p>'),
        ("&lt;b&gt; &amp;", "<p>&amp;lt;b&amp;gt; &amp;amp;</p>"),
        ("# not a heading", "<p># not a heading</p>"),
        ("a_b_c and 2*3*4", "<p>a_b_c and 2<em>3</em>4</p>"),
        ("![x](https://a.example/x.png)", f'<p>!<a href="https://a.example/x.png" {LINK}>x</a></p>'),
    ],
)
def test_the_small_language(text: str, html: str) -> None:
    assert render(text) == html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))",
        "[x](data:text/html,x)", "<https://a.example/\" onclick=x>", "[x](https://a.example/ \"t\" onmouseover=x)",
        "<svg/onload=alert(1)>", "<div hx-get=/leave>", "`<b>`", "<a href='javascript:x'>y</a>", "&lt;script&gt;",
    ],
)  # fmt: skip
def test_markup_comes_out_as_text(text: str) -> None:
    tags = set(re.findall(r"<(/?[a-z]+)", render(text)))

    assert tags <= {"p", "/p", "a", "/a", "code", "/code", "br"}
    assert not re.search(r"<[^>]*(javascript:|data:text|onclick|onmouseover|onerror|hx-)", render(text))


@given(st.text(max_size=300))
def test_any_text_renders_to_the_few_allowed_tags(text: str) -> None:
    html = render(text)

    tags = set(re.findall(r"</?([a-zA-Z][a-zA-Z0-9]*)", html))
    assert tags <= {"p", "br", "strong", "em", "code", "pre", "a", "ul", "ol", "li", "blockquote"}
    assert set(re.findall(r"[a-z-]+(?==\")", "".join(re.findall(r"<[^>]*>", html)))) <= {
        "href",
        "rel",
        "target",
        "start",
    }


_NEAR = "aZé.,;:?!'\"()%$#=+^-/@_*1 \n€–😀\u200d\u3002"


@settings(max_examples=400)
@given(
    st.one_of(
        st.text(max_size=60),
        st.text(_NEAR, max_size=20),
        st.lists(st.sampled_from([*_NEAR, "http:", "//", "www.", "x.com", "mailto:", "ftp:", "1.", "1)", "..."])).map(
            "".join
        ),
    )
)
@example("see example.com for more")
@example("1. one")
@example("Well. Yes, really; or what?")
@example("trailing ")
@example('It\'s 10:30 (really!): 3.5 % and/or "so"... – 😀')
@example("1) one")
@example("+ one")
@example("= one")
@example("http://x")
@example("mailto:a")
@example("a.\u3002com")
@example("x.\u00e9a")
@example("www.example.com")
def test_the_short_way_for_plain_text_gives_what_the_parser_gives(text: str) -> None:
    assert render(text) == render_markdown(text)
