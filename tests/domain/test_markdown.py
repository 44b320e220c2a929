"""Markdown: the supported markup, safe HTML, and the budget."""

from __future__ import annotations

import re
import time
from html import unescape

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from chadchat.domain.markdown import ADDRESS, LONGEST, render, render_markdown
from chadchat.domain.messages import LONGEST as CHARACTERS

from ..measuring import TRIES

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


def shown(html: str) -> str:
    """What a reader sees, but for white space."""
    return re.sub(r"\s", "", unescape(re.sub(r"<[^>]*>", "", html)))


def links(text: str) -> list[tuple[str, str]]:
    """(where a link leads, what it says)"""
    return [
        (unescape(href), unescape(said)) for href, said in re.findall(r'<a href="([^"]*)"[^>]*>(.*?)</a>', render(text))
    ]


@pytest.mark.parametrize(
    "text",
    [
        "see README.md and main.py, run setup.sh, lib.rs, a.pl, b.so, c.zip, d.mov, e.ps, f.cc, g.mk",
        "it was ok.so we left", "either.or", "did.it", "look.at", "heise.de", "x.com_", "x.com.foo", "x.com-foo",
        "x.coma",
        "ada@example.org", "me.com@x", "ftp://a.example/b", "//a.example/b", "javascript://a.com/%0aalert(1)",
        "http\\://a.example", "xhttp://a.example", "http://", "http:// a", "www.a", "http://" + "a" * 64 + ".com",
        "[x](//host/share)", "[x](/leave)", "[x](\\\\host\\share)", "[x](file://host/share)", "[x](http:/KQZF)",
        "[x](#m-1)",
        "<ftp://a.example>", "<//a.example>", "<tel:112>",
    ],
)  # fmt: skip
def test_what_is_no_address_is_no_link(text: str) -> None:
    assert "<a" not in render(text)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("(https://a.example/Git_(software))", "https://a.example/Git_(software)"),
        ("https://a.example/b?c=d&e[]=f#g.", "https://a.example/b?c=d&e[]=f#g"),
        ("https://a.example/_a_/b_c_d, so", "https://a.example/_a_/b_c_d"),
        ("**https://a.example/b**", "https://a.example/b"),
        ("https://a.example/b。", "https://a.example/b"),
        ("「https://a.example/b」", "https://a.example/b"),
        ("http://localhost:8000/KQZF", "http://localhost:8000/KQZF"),
        ("http://ada:secret@a.example/", "http://ada:secret@a.example/"),
        ("http://a.b/%41%2F", "http://a.b/%41%2F"),
        ("<https://a.example/%41>", "https://a.example/%41"),
        ("http://xn--pple-43d.com", "http://xn--pple-43d.com"),
        ("http://\u0430pple.com/x", "http://\u0430pple.com/x"),
        ("Look at example.com/a_b_c!", "example.com/a_b_c"),
        ("example.org", "example.org"),
        ("at heise.de/news.", "heise.de/news"),
        ("www.example.museum", "www.example.museum"),
        ("mailto:ada@example.org", "mailto:ada@example.org"),
        ("<ada@example.org>", "ada@example.org"),
        ("> - see http://a.example", "http://a.example"),
    ],
)
def test_an_address_is_a_link_that_says_what_was_typed(text: str, address: str) -> None:
    [(href, said)] = links(text)

    assert said == address
    assert re.match(r"https?://[^/]|mailto:.", href)


def test_a_host_beyond_ascii_leads_where_browsers_go() -> None:
    assert links("http://\u0430pple.com/\u00e4")[0][0] == "http://xn--pple-43d.com/%C3%A4"
    assert links("http://stra\u00dfe.de")[0][0] == "http://xn--strae-oqa.de"


@pytest.mark.parametrize("unseen", ["\u202e", "\u2066", "\u200f", "\u200b", "\ufeff", "\u00ad"])
def test_characters_that_would_not_be_seen_stand_encoded_in_an_address(unseen: str) -> None:
    encoded = "".join(f"%{byte:02X}" for byte in unseen.encode())

    for typed in (f"http://a.b/{unseen}x", f"http://a.b/{encoded}x", f"<http://a.b/{unseen}x>"):
        assert [said for _, said in links(typed)] == [f"http://a.b/{encoded}x"]


@pytest.mark.parametrize(
    "text",
    ["- " * 10 + "hi", "> " * 20 + "hi", ">" * 2000 + "hi", "- " * 2000 + "hi", "> - " * 60 + "hi", "1. " * 49 + "hi",
     "\n".join("  " * depth + f"- level {depth}" for depth in range(60)), "- " * 49 + "hi", "- " * 50 + "hi"],
)  # fmt: skip
def test_what_is_nested_deeply_keeps_its_words(text: str) -> None:
    for word in re.findall(r"[a-z]+|(?<=level )\d+", text):
        assert word in shown(render(text))


def test_a_nested_list_is_a_list() -> None:
    deep = "\n".join("  " * depth + f"- level {depth}" for depth in range(20))

    assert render(deep).count("<ul>") == 20


CODE = "\n".join(f"    if self._rows[{row}].name != names[{row}]:  # 'a' & *b*" for row in range(75))[:4000]


@pytest.mark.parametrize(
    ("text", "tag", "count"),
    [
        (f"Look:\n```python\n{CODE}\n```\n**bold**", "<strong>", 1),
        (f"```\n{CODE}\n```", "<pre>", 1),
        ("\n".join(f"[label {n}](https://a.example/{n}?b=c_d)" for n in range(40)), "<a ", 40),
        ("\n".join(f"https://a.example/some_page_{n}?b=c" for n in range(40)), "<a ", 40),
        ("\n".join(f"{'  ' * (n % 5)}- item {n}" for n in range(100)), "<li>", 100),
        (" ".join(f"**bold {n}** and `code`" for n in range(60)), "<strong>", 60),
    ],
    ids=["code and more", "code", "labelled links", "links", "list", "bold"],
)
def test_ordinary_long_messages_are_rendered(text: str, tag: str, count: int) -> None:
    assert render(text).count(tag) == count


def test_a_link_with_too_long_an_address_is_no_link() -> None:
    longest = "http://a.b/".ljust(ADDRESS, "x")

    assert f'href="{longest}"' in render(f"[tea]({longest})")
    assert "[tea](" in render(f"[tea]({longest}x)")
    assert f'href="{longest}x"' in render(f"[tea](<{longest}x>)"), "in <> its end is found at once"


def test_too_much_markup_is_shown_as_it_came() -> None:
    assert render("*a* " * 1000) == f"<p>{'*a* ' * 1000}</p>"
    assert render("[<\r\n" * 800) == f"<p>{'[&lt;<br>' * 800}</p>"


# Of both reports of faults and what else the parser is slow at: repeated to the full length of a message.
WORST = [
    "[p://!fp://://", "[://", "[http://", "[", "http://a", "http://a ", "://", "[<http://!", "a.co ", "a.com ",
    "[[](", "*[",
    "_[", "![", "[`", "*_", "a\n\n", "a\n", "- a\n", "- - ", "1. a\n", "> a\n", ">", "> ", "> > - a\n", "<a@b.c>",
    "a@b.co ", "www.a.b ", "mailto:a@b.c ", "[a](", "[](", "[a](b)", "[a](http://b.c)", "[x](<", "http://a.b/[",
    "http://a.b/(",
    "**a**", "_a_ ", "*_a", "`", "` ", "``a` ", "```\n", "~~~\n", "\\", "\\[", "<", "<a:b>", "&", "&amp;", "\"",
    " ", "\t", "  \n",
    "http://%E2%80%AE ", f"http://{'漢' * 60}/ ", "http://" + "".join(map(chr, range(0x4E00, 0x4E3C))) + " ", "a.",
    "..", "-", "://_-", "http://_-", "http://a:b://_/",
    "http://a..b/", "-[a](=", "<[a]([漢#", "[a]([##(漢", "**\\<[a](.de/", "[a](<", "[a](b '", "](", "[a](](!",
    ">\n- ", "> a\nb\n", "漢", "\U0001f986", "e\u0301", "=\n", "#", "](", "])", "[a](http://b.c \"", "a.de/ ",
]  # fmt: skip
SEEDS = ["", "> " * 19, ">" * 90 + "a\n", "- " * 40 + "a\n", "[" * 200, "](", "http://a.b/", "`", "```\n", "*" * 100]
TOKENS = [*"[]()<>*_`\\:/.@!&#|-~+=\"' \n\tae漢", "**", "```", "://", "http://", "https://a.b", "www.", "a.com",
".de/", "mailto:", "a@b.c",
          "- ", "1. ", "> ", "\n- ", "\n> ", "\n  - ", "](", "](http://a.b)", "[a](", "\n\n", "\r\n",
          "<http://"]  # fmt: skip
SLOWEST = 0.02
ENOUGH = 3  # tries, where one was short enough, if not clearly


def cost(text: str) -> float:
    """Seconds of this thread: the first try that is clearly short enough, else the least of `TRIES`."""
    took: list[float] = []
    while len(took) < TRIES and min(took, default=SLOWEST) >= SLOWEST / 2:
        start = time.thread_time()
        html = render(text)
        took.append(time.thread_time() - start)
        if len(took) > ENOUGH and min(took) < SLOWEST:
            break
    times, more = LONGEST
    assert len(html.encode()) <= times * len(text.encode()) + more
    return min(took)


@pytest.mark.parametrize("unit", WORST)
def test_no_text_that_is_known_to_be_slow_takes_long(unit: str) -> None:
    for seed in SEEDS:
        text = (seed + unit * CHARACTERS)[:CHARACTERS]
        assert cost(text) < SLOWEST, f"{seed!r} and {unit!r}"
        short = (seed + unit * 200)[:700]  # within the budget, or near it
        for last in "x漢":
            assert cost(f"{short} word".ljust(CHARACTERS, last)) < SLOWEST, f"{seed!r}, {unit!r}, a word and {last}"


# No shrinking: what is measured while Hypothesis traces a test is not what it costs.
@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(
    st.lists(st.sampled_from(TOKENS), max_size=20).map("".join),
    st.lists(st.sampled_from(TOKENS), min_size=1, max_size=8).map("".join),
    st.sampled_from([150, 300, 450, 700, 1000, 2000, CHARACTERS]),
    st.sampled_from([" word", "x", "\n", "漢"]),
)
def test_no_text_of_markup_takes_long(seed: str, unit: str, marked: int, rest: str) -> None:
    text = (seed + unit * marked)[:marked]

    assert cost((text + rest * CHARACTERS)[:CHARACTERS]) < SLOWEST
