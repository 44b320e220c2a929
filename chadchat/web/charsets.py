"""The text of a body: in UTF-8, or in the charset that its Content-Type names."""

from __future__ import annotations

import codecs
from encodings.aliases import aliases
from typing import Final

from ..errors import TextInvalid
from .request import Request

BOM: Final = codecs.BOM_UTF8

# By their names in Python. Others are slow (idna), no text (zip), or kept in memory for ever by a failed look-up.
_CODECS: Final = (
    *("ascii", "utf_8", "utf_16", "utf_16_le", "utf_16_be", "latin_1", "iso8859_2", "iso8859_9", "iso8859_15"),
    *("cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "koi8_r", "koi8_u", "mac_roman"),
    *("big5", "euc_jp", "euc_kr", "gb18030", "gb2312", "gbk", "shift_jis"),
)
_CHARSETS: Final = {name: name for name in _CODECS} | {
    alias: name for alias, name in aliases.items() if name in _CODECS
}


def charset_of(request: Request) -> str:
    """The charset of a body, by its name in Python. Raises TextInvalid for one that is not known here."""
    charset = request.mimetype_params.get("charset", "utf-8")
    name = _CHARSETS.get(charset.strip().lower().replace("-", "_"))
    if name is None:
        raise TextInvalid(f"The charset {charset[:40]!a} is not known here. Send UTF-8.")
    return name


def decode(raw: bytes, charset: str = "utf_8") -> str:
    """The text of a body, without its byte order mark. Raises TextInvalid."""
    try:
        return raw.decode(charset).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        cure = " Another charset is named so: text/plain; charset=latin1." if charset == "utf_8" else ""
        raise TextInvalid(f"That text is not valid {charset.upper().replace('_', '-')}.{cure}") from error
