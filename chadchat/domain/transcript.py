"""The transcript: events as lines of text or Markdown that a message or name cannot forge.

Each line begins with its time: `12:00 Ada: tea?` or `12:00 * Ada has left the room`. Further lines of a message are
indented (in Markdown: quoted). `(not joined)` follows the name of an author without a seat, `(to Grace)` the name of
one who replies, `(asks yes/no)` of one who asks, and `(answers Grace)` of one whose reply is the answer. In a name,
characters that look like a colon or an asterisk, and the beginning of such words, are replaced by a dot.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from ..events import Event
from ..kinds import kind_of, notice
from ..words import Notice, size_words
from .terminal import uncoloured

NOT_JOINED: Final = " (not joined)"

# In a terminal a control character can move the cursor or change the window's title, and a bidi override can reorder
# the rest of the line. They are replaced by their control pictures (from U+2400 on) or by U+FFFD.
CONTROLS: Final = (
    {code: 0x2400 + code for code in range(0x20) if code not in (0x09, 0x0A)}
    | {0x7F: 0x2421}
    | dict.fromkeys(range(0x80, 0xA0), 0xFFFD)
)
_HARMLESS: Final = CONTROLS | dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)), 0xFFFD)
# Every line end that some program knows, except VT, FF and NEL, which are control characters.
_LINE_END: Final = re.compile("\r\n|[\n\r\u2028\u2029]")

# Characters in a name that look like a colon or an asterisk (confusables.txt of UTS 39). The signs of Devanagari and
# Gujarati that look like a colon are allowed after a letter of their own script.
_COLONS: Final = (
    ":\u02d0\u02f8\u0589\u05c3\u0703\u0704\u1361\u1365\u16ec\u1803\u1809\u205a\u2236\u2982\ua4fd\ua789\ufe13\ufe30\ufe55\uff1a"
    "\U00010781"
)
_ASTERISKS: Final = "*\u066d\u204e\u2055\u2217\u22c6\u2731\u2732\ua673\ufe61\uff0a\U0001031f"
_BRACKETS: Final = str.maketrans("[]", "()")
_STRUCTURE: Final = re.compile(
    rf"[{re.escape(_COLONS + _ASTERISKS)}]|(?<![\u0900-\u097f])\u0903|(?<![\u0a80-\u0aff])\u0a83"
    r"|[(\uff08\u2768]\s*(?:not\s*joined\s*[)\uff09\u2769]?|(?:to|answers)(?=\s)|asks(?=[\s)\uff09\u2769]))",
    re.IGNORECASE,
)

# Characters that Markdown treats as markup.
_MARKS: Final = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_{}[]<>()#+-.!|~&"})
# Markup in a message that would become HTML, an image, a heading, a rule, a link definition, or a link with a scheme
# other than http, https or mailto. It is escaped as entities, as the author could undo a backslash with one before it.
_TAG: Final = re.compile(r"<(?=[A-Za-z/!?])")
_IMAGE: Final = re.compile(r"!(?=\[)")
_LINK: Final = re.compile(r"\](?=\((?!\s*<?(?:https?://|mailto:)))", re.IGNORECASE)
_BLOCK: Final = re.compile(
    r"^((?:[ \t>]|(?:[-+*]|\d{1,9}[.)])(?=[ \t]))*)([#=|]|-(?=[-\s]*$)|_(?=[_\s]*$)|\*(?=[*\s]*$)|\[(?![^\]]*\]\())"
)
_FENCE: Final = re.compile(r"[ \t>]*(?:```|~~~)")


def line(event: Event, base: str = "") -> str:
    """The event as text, `12:00 Ada: tea?`, in UTC. Further lines of a message are indented. `base` is the address of
    this server, for those of files.
    """
    time, name = event.at[11:16], shown_name(event.name or "")
    if event.removed_by is not None:
        return f"{time} * {_removal(event)}"
    if event.kind == "message":
        said = " ".join(filter(None, (_harmless(event.text or ""), attached(event, base))))
        return f"{time} {name}{_aside(event)}: {said}"
    if event.kind == "edit" and event.text is not None:
        return f"{time} * {name} edited {event.detail['posted'][11:16]}: {_harmless(event.text)}"
    said = _harmless(str(notice(event)))
    return f"{time} * {name} {said}" if name else f"{time} * {said}"


def numbered(event: Event, base: str = "") -> str:
    """The line with the number of its message before it: `128  12:00 Ada: tea?`. A change has that of its target.

    No blank stands before the number, as one does before the further lines of a message: none of them passes for it.
    """
    rewrites = kind_of(event).rewrites is not None
    return f"{event.changes['target'] if rewrites else event.seq}  {line(event, base)}"


def attached(event: Event, base: str = "") -> str:
    """The file of a message, `[log.txt, 8 KB, https://...]`; empty if it has none."""
    if event.file is None:
        return ""
    name = _harmless(event.file["name"]).translate(_BRACKETS)
    where = "expired" if "expired" in event.file else f"{base}{event.file_path}"
    return f"[{name}, {size_words(event.file['size'])}, {where}]"


def _aside(event: Event) -> str:
    """The words after the name of a message's author."""
    said, changes = "" if event.member else NOT_JOINED, event.changes
    if "reply_to" in changes:
        said += f" ({'answers' if 'answers' in changes else 'to'} {shown_name(changes['reply_name'])})"
    if event.asks:
        choices = "/".join(map(shown_name, changes.get("choices", ())))
        said += f" (asks {choices})" if choices else " (asks)"
    return said


def shown_name(name: str) -> str:
    """A name for a line of text, with a dot in place of anything that looks like the line's own punctuation."""
    return _STRUCTURE.sub("\u00b7", _harmless(name))


def tombstone(event: Event) -> Notice:
    """The words in place of a removed message. They follow the name of the member who removed it."""
    if event.removed_by == event.name:
        return Notice("removed a message")
    return Notice("removed a message of", event.name or "")


def _removal(event: Event) -> str:
    said = tombstone(event)
    return str(said._replace(verb=f"{shown_name(event.removed_by or '')} {said.verb}", whom=shown_name(said.whom)))


def markdown(event: Event, quotes: Mapping[int, str | None] | None = None) -> str:
    """The event as Markdown: a paragraph with name and time, and the message as a quotation, which begins with what it
    replies to (see `replies.quotes`).
    """
    time, name = event.at[11:16], escaped(shown_name(event.name or ""))
    if event.removed_by is not None:
        return f"\n*{time} {escaped(_removal(event))}*\n"
    if event.kind == "message":
        head = f"**{name}**{'' if event.member else NOT_JOINED} {time}{_edited(event)}"
        said = _answered(event, quotes or {}) + _quoted(event.text or "")
        file = f"\n{escaped(attached(event))}\n" if event.file else ""
        return f"\n{head}\n\n{said}\n{file}{_asked(event)}{_counts(event)}"
    said = escaped(_harmless(str(notice(event))))
    return f"\n*{time} {f'{name} {said}'.strip()}*\n"


def _edited(message: Event) -> str:
    """The time of a message's newest edit, with the day where it is another."""
    at = message.edited_at
    if at is None:
        return ""
    return f", edited {'' if at[:10] == message.at[:10] else f'{at[:10]} '}{at[11:16]}"


def _asked(event: Event) -> str:
    """A paragraph with the choices of a question, and its answer; empty if there is neither."""
    given = event.changes.get("answer")
    parts = [" or ".join(event.changes["choices"])] if "choices" in event.changes else []
    if given:
        parts.append(f"{shown_name(given['name'])}: {'(removed)' if given['text'] is None else given['text']}")
    return f"\n{escaped(' '.join(_harmless('; '.join(parts)).split()))}\n" if parts else ""


def _counts(event: Event) -> str:
    """A paragraph with the reactions of a message, each with its number; empty if there are none."""
    counts = ", ".join(f"{emoji} {len(members)}" for emoji, members in event.reactions.items())
    return f"\n{escaped(counts)}\n" if counts else ""


def _answered(event: Event, quotes: Mapping[int, str | None]) -> str:
    if "reply_to" not in event.changes:
        return ""
    words = quotes.get(event.changes["reply_to"], "")
    if words is None:
        return "> *to a removed message*\n>\n"
    to = f"to {shown_name(event.changes['reply_name'])}{': ' if words else ''}{_harmless(words)}"
    return f"> *{escaped(to)}*\n>\n"


def escaped(text: str) -> str:
    """A line of text, escaped so that Markdown shows it unchanged."""
    return text.translate(_MARKS)


def _quoted(text: str) -> str:
    """A message as a Markdown quotation. Any markup left open in it ends with the quotation."""
    quoted, code = [], False
    for part in _lines(uncoloured(text)):
        code ^= bool(_FENCE.match(part))
        quoted.append(f"> {_tamed(part.translate(_HARMLESS), code)}".rstrip())
    return "\n".join(quoted)


def _tamed(part: str, code: bool) -> str:
    part = _IMAGE.sub("&#33;", _TAG.sub("&lt;", _LINK.sub("&#93;", part)))
    block = _BLOCK.match(part)
    if block is None or (code and block[2] != "["):  # code may hold `#` comments, but no link definition
        return part
    return f"{block[1]}&#{ord(block[2])};{part[block.end() :]}"


def harmless(text: str, indent: str = "") -> str:
    """A text for a terminal, without its colours, and with pictures of what could control one. Lines end with LF."""
    if text.isprintable():  # most are; `translate` is the slowest step
        return text
    return f"\n{indent}".join(part.translate(_HARMLESS) for part in _lines(uncoloured(text)))


def _harmless(text: str) -> str:
    return harmless(text, " " * 6)


def _lines(text: str) -> list[str]:
    return _LINE_END.split(text.rstrip("\r\n\u2028\u2029"))
