"""What the owners of a room decide, as refusals: see errors.py, which these belong to."""

from __future__ import annotations

from .errors import ChatError


class OwnerRequired(ChatError):
    status, code, section = 403, "owner_required", "owners"

    def __init__(self, room: str) -> None:
        super().__init__(f"Only an owner of {room} may do that.")


class OwnerProtected(ChatError):
    """Nobody removes an owner by surprise."""

    status, code, section = 409, "owner_protected", "owners"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is an owner. Make {name} an ordinary member first.")


class LastOwner(ChatError):
    status, code, section = 409, "last_owner", "owners"

    def __init__(self, room: str) -> None:
        super().__init__(f"You are the only owner of {room}. Make someone else an owner, or close the room, first.")


class KindUnknown(ChatError):
    """An event that this version has no rule for."""

    status, code = 422, "kind_unknown"

    def __init__(self, kind: str) -> None:
        super().__init__(f"There is no event of the kind {kind[:32]}.")


class OperatorRequired(ChatError):
    status, code, section = 403, "operator_required", "owners"

    def __init__(self) -> None:
        super().__init__("Only the operator of this server makes such a link: chadchat rooms owner CODE.")


class NotAllowed(ChatError):
    """A capability link that was made for something else."""

    status, code, section = 403, "not_allowed", "links"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)


class MemberNotFound(ChatError):
    status, code, section = 404, "member_not_found", "owners"

    def __init__(self, room: str) -> None:
        super().__init__(f"There is no such member in {room}.")


class RecordNotFound(ChatError):
    """A ban, link or knock that is not there, or not any more."""

    status, code, section = 404, "record_not_found", "owners"

    def __init__(self, what: str, room: str) -> None:
        super().__init__(f"There is no such {what} in {room}.")


class Muted(ChatError):
    status, code, section = 403, "muted", "owners"

    def __init__(self, room: str, until: str) -> None:
        super().__init__(f"You are muted in {room} until {until[:16].replace('T', ' ')} UTC. You can still read.")


class Banned(ChatError):
    status, code, section = 403, "banned", "owners"

    def __init__(self, room: str, until: str) -> None:
        super().__init__(f"You are banned from {room} until {until[:16].replace('T', ' ')} UTC.")


class RoomReadOnly(ChatError):
    status, code, section = 403, "room_read_only", "owners"

    def __init__(self, room: str) -> None:
        super().__init__(f"{room} is read-only: only its owners post.")


class SlowDown(ChatError):
    status, code, section = 429, "slow_mode", "owners"

    def __init__(self, slow: int, wait: int) -> None:
        super().__init__(
            f"Slow mode: one message every {slow} s. Try again in {wait} s; your text is kept.", retry_after=wait
        )


class KnocksFull(ChatError):
    status, code, section = 429, "knocks_full", "rooms"

    def __init__(self) -> None:
        super().__init__("Too many people are waiting at this door. Try again in a minute.", retry_after=60)


class SettingInvalid(ChatError):
    status, code, section = 422, "setting_invalid", "owners"

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence, field=field)


class KeepInvalid(ChatError):
    status, code, section = 422, "keep_invalid", "rooms"

    def __init__(self, field: str, most: int) -> None:
        super().__init__(f"{field} is a whole number from 0 (keep all) to {most}.", field=field)
