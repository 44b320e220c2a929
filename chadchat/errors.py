"""The refusals: each is an exception class with a status, a stable code, and a sentence that says what to do.

The domain raises them; `web/errors.py` renders them in the caller's format, and declares the refusals of HTTP itself.
Codes are part of the contract (docs/api.md): a sentence may be reworded, a code may not.
"""

from __future__ import annotations

from typing import ClassVar

from .refusal import ChatError, Until


class NameRequired(ChatError, status=422, code="name_required", section="rooms", field="name"):
    sentence = "Please enter a name."


class NameInvalid(ChatError, status=422, code="name_invalid", section="rooms", field="name"):
    sentence, values = "{reason}", ("reason",)


class NameTaken(ChatError, status=409, code="name_taken", section="rooms", field="name"):
    """A seat has this name, or a name that looks alike (domain/lookalikes.py)."""

    sentence, values = "The name {name} is taken in {room}. Pick another, or bring its token.", ("name", "room")


class TitleInvalid(ChatError, status=422, code="title_invalid", section="rooms", field="title"):
    sentence, values = "{reason}", ("reason",)


class CodeRequired(ChatError, status=422, code="code_required", section="rooms", field="code"):
    sentence = "Please enter a room code."


class CodeInvalid(ChatError, status=404, code="room_not_found", section="rooms", field="code"):
    """The text is not a room code. It has the same code as RoomNotFound, but is not counted as a guess."""

    sentence, values = "There is no room {typed:.12}.", ("typed",)


class RoomNotFound(ChatError, status=404, code="room_not_found", section="rooms", field="code"):
    sentence, values = "There is no room {room}, or it is locked.", ("room",)


class RoomGone(ChatError, status=410, section="rooms"):
    """The room of this code was closed or has another code now."""


class RoomClosed(RoomGone, code="room_closed", field="code"):
    sentence = "This room was closed."


class RoomMoved(RoomGone, code="room_moved"):
    """The room has a new code. The refusal does not say which."""

    sentence = "The room {room} has a new code now. Ask a member of the room for it."
    values: ClassVar[tuple[str, ...]] = ("room",)


class Drawn(ChatError, status=409):
    """A random code or id is taken already. The domain draws another one, so no visitor sees this."""


class RoomExists(Drawn, code="room_exists"):
    sentence, values = "There is a room {room} already.", ("room",)


class MemberExists(Drawn, code="member_exists"):
    sentence, values = "{reason}", ("reason",)


class PruneInvalid(ChatError, status=409, code="prune_invalid"):
    """A `prune` event names more events than there are. The sweeper never asks for that, so no visitor sees this."""

    sentence, values = "{reason}", ("reason",)


class SeatRequired(ChatError, status=401, code="seat_required", section="rooms"):
    """`how` is a sentence that says how the caller's seat ended, where that is known."""

    sentence, values = "You are not in {room}. Join it first.", ("room",)

    def __init__(self, room: str, how: str | None = None) -> None:
        self.sentence = how or self.sentence
        super().__init__(room)


class TransferSpent(ChatError, status=404, code="transfer_spent", section="rooms"):
    """The link to another device was used, has expired or never was. The same whether there is such a room or not."""

    sentence = (
        "This link does not work any more: it is good once, for ten minutes. Make a new one on your other device."
    )


class AlreadyHere(ChatError, status=409, code="already_so"):
    """A join of a member who is here, or a leave of one who is not. Presence can lose such a race; it is harmless."""

    sentence, values = "{reason}", ("reason",)


class MessageNotFound(ChatError, status=404, code="message_not_found", section="reading"):
    sentence, values = "There is no message {seq} in {room}.", ("room", "seq")


class TextRequired(ChatError, status=422, code="text_required", section="posting", field="text"):
    sentence = "Please write something first."


class TextInvalid(ChatError, status=422, code="text_invalid", section="posting", field="text"):
    sentence, values = "{reason}", ("reason",)


class TextTooLong(ChatError, status=413, code="text_too_long", section="limits", field="text"):
    sentence, values = "That is {size} characters; a message may have {limit}.", ("size", "limit")


class KeyInvalid(ChatError, status=422, code="key_invalid", section="posting"):
    sentence = "An Idempotency-Key is 1 to 128 visible ASCII characters."


class KeyReused(ChatError, status=422, code="key_reused", section="posting"):
    sentence = "This Idempotency-Key was used for another message. Use a fresh key for each message."


class StorageFull(ChatError, status=507, code="storage_full", section="limits"):
    sentence = "The server has no room for more, so this was not stored. Nothing else is lost; try again later."


class RoomFull(ChatError, status=413, code="room_full", section="limits"):
    sentence, values = "{room} is full, so this was not stored. Its owners can have it keep less.", ("room",)


class OwnerRequired(ChatError, status=403, code="owner_required", section="owners"):
    sentence, values = "Only an owner of {room} may do that.", ("room",)


class OwnerProtected(ChatError, status=409, code="owner_protected", section="owners"):
    sentence, values = "{name} is an owner. Make {name} an ordinary member first.", ("name",)


class LastOwner(ChatError, status=409, code="last_owner", section="owners"):
    sentence = "You are the only owner of {room}. Make someone else an owner, or close the room, first."
    values = ("room",)


class OperatorRequired(ChatError, status=403, code="operator_required", section="owners"):
    sentence = "Only the operator of this server makes such a link: chadchat rooms owner CODE."


class NotAllowed(ChatError, status=403, code="not_allowed", section="links"):
    sentence, values = "{reason}", ("reason",)


class MemberNotFound(ChatError, status=404, code="member_not_found", section="owners"):
    sentence, values = "There is no such member in {room}.", ("room",)


class RecordNotFound(ChatError, status=404, code="record_not_found", section="owners"):
    sentence, values = "There is no such {what} in {room}.", ("what", "room")


class RoomReadOnly(ChatError, status=403, code="room_read_only", section="owners"):
    sentence, values = "{room} is read-only: only its owners post.", ("room",)


class SettingInvalid(ChatError, status=422, code="setting_invalid", section="owners"):
    sentence, values = "{reason}", ("field", "reason")


class KeepInvalid(ChatError, status=422, code="keep_invalid", section="rooms"):
    sentence, values = "{field} is a whole number from 0 (keep all) to {most}.", ("field", "most")


class KindUnknown(ChatError, status=422, code="kind_unknown"):
    sentence, values = "There is no event of the kind {kind:.32}.", ("kind",)


class CursorInvalid(ChatError, status=400, code="cursor_invalid", section="streams"):
    sentence = "{value!r} is no place to start. Use a cursor (k3f9-128), all, none, -20, 10m, 2h, 1d or a time."
    values = ("value",)


class FilterInvalid(ChatError, status=400, code="filter_invalid", section="streams"):
    """`kinds=` or `from=` of a stream is not understood. If it were ignored, the reader would get what it left out."""

    sentence, values = "{reason}", ("field", "reason")


class LogStopped(ChatError, status=503, code="log_stopped", retry_after=5):
    """The disk failed while the log was written: no further event is acknowledged, and the process ends."""

    sentence = "The server cannot store messages right now. Try again in a moment."


class LogDamaged(ChatError, status=503, code="log_damaged", retry_after=60):
    """The database file is damaged: what can be read is served, and nothing is written any more."""

    sentence = "The server's database is damaged: it can be read, and nothing new is stored until it is repaired."


class NotAuthor(ChatError, status=403, code="not_author", section="posting"):
    sentence = "Only its author can edit a message. Messages that were posted without a seat cannot be edited."


class EditTooLate(ChatError, status=403, code="edit_too_late", section="posting"):
    """`hours` is 0 where edits are off."""

    sentence, values = "{reason}", ("reason",)

    def __init__(self, hours: int) -> None:
        when = f"{hours} hours" if hours != 1 else "one hour"
        super().__init__(
            f"A message can be edited for {when} after it was posted." if hours else "Messages cannot be edited here."
        )


class EditsFull(ChatError, status=409, code="edits_full", section="posting"):
    sentence, values = "This message was edited {most} times, which is the most.", ("most",)


class Stopping(ChatError, status=503, code="stopping", retry_after=2):
    sentence = "The server is restarting. Come back in a moment."


class Muted(Until, code="muted"):
    sentence = "You are muted in {room} until {until} UTC. You can still read."


class Banned(Until, code="banned"):
    """With `network` the caller's address is banned, and nothing says that this caller is meant."""

    sentence = "You are banned from {room} until {until} UTC."

    def __init__(self, room: str, until: str, *, network: bool = False) -> None:
        if network:
            self.sentence = "Someone on your network is banned from {room} until {until} UTC, so nobody joins from it."
        super().__init__(room, until)


class SlowDown(ChatError, status=429, code="slow_mode", section="owners"):
    sentence = "Slow mode: one message every {slow} s. Try again in {retry_after} s; your text is kept."
    values = ("slow", "retry_after")


class KnocksFull(ChatError, status=429, code="knocks_full", section="rooms", retry_after=60):
    sentence = "Too many people are waiting to be let in. Try again in a minute."
