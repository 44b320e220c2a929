"""Every way chadchat says no: a status, a stable code, and a sentence a person can act on.

The domain raises these; `web/errors.py` renders them in the caller's format. Codes are part of the contract
(docs/api.md): a sentence may be reworded, a code may not.
"""

from __future__ import annotations


class ChatError(Exception):
    """A refusal. `field` names the form field at fault; `retry_after` is in seconds; `section` is the part of /help."""

    status = 400
    code = "bad_request"
    section = "errors"
    closes = False  # the connection, as what follows on it may not be what it seems

    def __init__(self, sentence: str, *, field: str | None = None, retry_after: int | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field
        self.retry_after = retry_after


class NameRequired(ChatError):
    status, code, section = 422, "name_required", "rooms"

    def __init__(self) -> None:
        super().__init__("Please enter a name.", field="name")


class NameInvalid(ChatError):
    status, code, section = 422, "name_invalid", "rooms"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, field="name")


class NameTaken(ChatError):
    """The name belongs to a seat, as people see names (lookalikes.py)."""

    status, code, section = 409, "name_taken", "rooms"

    def __init__(self, name: str, room: str) -> None:
        super().__init__(f"The name {name} is taken in {room}. Pick another, or bring its seat's token.", field="name")


class CodeRequired(ChatError):
    status, code, section = 422, "code_required", "rooms"

    def __init__(self) -> None:
        super().__init__("Please enter a room code.", field="code")


class RoomNotFound(ChatError):
    status, code, section = 404, "room_not_found", "rooms"

    def __init__(self, room: str) -> None:
        super().__init__(f"There is no room {room}, or it is locked.", field="code")


class RoomGone(ChatError):
    """There was a room under this code."""

    status, section = 410, "rooms"


class RoomClosed(RoomGone):
    code = "room_closed"

    def __init__(self) -> None:
        super().__init__("This room was closed.", field="code")


class RoomMoved(RoomGone):
    """The code was given up for a new one, which this does not tell."""

    code = "room_moved"

    def __init__(self, room: str) -> None:
        super().__init__(f"The room {room} has a new code. Ask whoever is in it.")


class Drawn(ChatError):
    """Two drew the same: whoever drew draws again, so nobody outside meets this."""

    status = 409


class RoomExists(Drawn):
    code = "room_exists"


class MemberExists(Drawn):
    code = "member_exists"


class PruneInvalid(ChatError):
    """More was to be removed than there is. The sweeper reads the log first, so nobody outside meets this."""

    status, code = 409, "prune_invalid"


class TitleInvalid(ChatError):
    status, code, section = 422, "title_invalid", "rooms"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, field="title")


class SeatRequired(ChatError):
    status, code, section = 401, "seat_required", "rooms"

    def __init__(self, room: str) -> None:
        super().__init__(f"You have no seat in {room}. Join it first.")


class AlreadyHere(ChatError):
    """A join for a member who is here, or a leave for one who is not: presence lost a race, and nothing is wrong."""

    status, code = 409, "already_so"


class MessageNotFound(ChatError):
    status, code, section = 404, "message_not_found", "reading"

    def __init__(self, room: str, seq: int) -> None:
        super().__init__(f"There is no message {seq} in {room}.")


class TextRequired(ChatError):
    status, code, section = 422, "text_required", "posting"

    def __init__(self) -> None:
        super().__init__("Please write something first.", field="text")


class TextInvalid(ChatError):
    status, code, section = 422, "text_invalid", "posting"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, field="text")


class TextTooLong(ChatError):
    status, code, section = 413, "text_too_long", "limits"

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"That is {size} characters; a message may have {limit}.", field="text")


class KeyInvalid(ChatError):
    status, code, section = 422, "key_invalid", "posting"

    def __init__(self) -> None:
        super().__init__("An Idempotency-Key is 1 to 128 visible ASCII characters.")


class KeyReused(ChatError):
    status, code, section = 422, "key_reused", "posting"

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used for another message. Use a fresh key for each message.")


class JsonInvalid(ChatError):
    status, code, section = 400, "json_invalid", "posting"


class FormInvalid(ChatError):
    status, code, section = 400, "form_invalid", "posting"


class CursorInvalid(ChatError):
    status, code, section = 400, "cursor_invalid", "streams"

    def __init__(self, value: str) -> None:
        super().__init__(
            f"{value[:40]!r} is no place to start."
            " Use a cursor (k3f9-128), all, none, a duration (10m, 2h, 1d) or a time."
        )


class NumberInvalid(ChatError):
    status, code, section = 400, "number_invalid", "reading"

    def __init__(self, field: str, least: int, most: int) -> None:
        super().__init__(f"{field} is a whole number from {least} to {most}.", field=field)


class HeadersTooLarge(ChatError):
    status, code, section = 431, "headers_too_large", "limits"


class LengthAmbiguous(ChatError):
    """Two lengths: what a proxy takes for the end of this request need not be what we take for it (RFC 9112, 6.3)."""

    code, closes = "length_ambiguous", True

    def __init__(self) -> None:
        super().__init__("A request has a Content-Length or a Transfer-Encoding, never both.")


class CrossSite(ChatError):
    status, code, section = 403, "cross_site", "errors"

    def __init__(self) -> None:
        super().__init__("This request came from another site, so it was not carried out.")


class StorageFull(ChatError):
    status, code = 507, "storage_full"

    def __init__(self) -> None:
        super().__init__("The server's disk is full, so this was not stored. Nothing else is lost; try again later.")


class LogStopped(ChatError):
    """The disk failed under the log: nothing is acknowledged any more, and the process ends."""

    status, code = 503, "log_stopped"

    def __init__(self) -> None:
        super().__init__("The server cannot store messages right now. Try again in a moment.", retry_after=5)


class LogDamaged(ChatError):
    """The database was found to be damaged: it is read as far as it goes, and not written any more."""

    status, code = 503, "log_damaged"

    def __init__(self) -> None:
        said = "The server's database is damaged: it can be read, and nothing new is stored until it is repaired."
        super().__init__(said, retry_after=60)


class Stopping(ChatError):
    status, code = 503, "stopping"

    def __init__(self) -> None:
        super().__init__("The server is restarting. Come back in a moment.", retry_after=2)


class DataError(Exception):
    """A reason why an operator's command did not do what it was asked, as one sentence for the terminal."""


class StartupError(Exception):
    """A reason not to start at all, as one sentence for the terminal."""
