"""The refusals of a body that cannot be read."""

from __future__ import annotations

from ..refusal import ChatError


class BodyTimeout(ChatError, status=408, code="body_timeout", section="posting"):
    sentence, values = (
        "A body has {seconds:g} seconds to arrive, and nothing of this one is stored. For a program that takes longer,"
        " pipe its output to curl --data-binary @-, which sends it when it has ended.",
        ("seconds",),
    )


class UploadSilent(ChatError, status=400, code="upload_silent", section="files"):
    """Not 408, which browsers answer by sending all of it again."""

    sentence = "Nothing more of that file has come for {seconds:g} seconds, and nothing of it is stored. Send it again."
    values = ("seconds",)
    closes = True


class EncodingUnknown(ChatError, status=415, code="encoding_unknown", section="posting"):
    sentence = "No Content-Encoding is read here. Send the body as it is."


class JsonInvalid(ChatError, status=400, code="json_invalid", section="posting"):
    """`field` is the one at fault, where it is one."""

    sentence, values = "{reason}", ("reason", "field")

    def __init__(self, reason: str, field: str | None = None) -> None:
        super().__init__(reason, field)


class FormInvalid(ChatError, status=400, code="form_invalid", section="posting"):
    sentence, values = "{reason}", ("reason",)
