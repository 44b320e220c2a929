"""Who may edit what: each role at its own message, and members where the room binds them."""

from __future__ import annotations

import pytest
from quart import Quart

from chadchat.domain.permissions import Role

from .test_roles_and_routes import CALLER, World, world

LINKS = (Role.READ_LINK, Role.POST_LINK, Role.JOIN_LINK)
# The status and the code of a refusal for each role, in an open room and in a locked one.
WITHOUT_A_SEAT = {role: ((403, "not_allowed"), (403, "not_allowed")) for role in LINKS}
ANSWERS = {
    Role.OUTSIDER: ((401, "seat_required"), (404, "room_not_found")),
    **WITHOUT_A_SEAT,
    Role.BANNED: ((403, "banned"), (404, "room_not_found")),
    Role.MUTED: ((403, "muted"), (403, "muted")),
    Role.MEMBER: ((200, None), (200, None)),
    Role.OWNER: ((200, None), (200, None)),
}


async def said(made: World, token: str | None) -> int:
    """The number of a message of the caller's. Its author is noted."""
    answer = await made.call("POST", f"/{made.code}", token, CALLER, text="tea?")
    assert answer.status_code == 201
    message = await answer.get_json()
    made.parts["author"] = message["member"]
    return int(message["seq"])


async def edits(made: World, token: str | None, seq: int) -> tuple[int, str | None]:
    """The answer to an edit, which changed the words or left them as they were."""
    answer = await made.call("PATCH", f"/{made.code}/{seq}", token, CALLER, text="milk")
    shown = await (await made.call("GET", f"/{made.code}/{seq}", made.grace, "192.0.2.1")).get_data(as_text=True)
    assert shown.endswith(": milk\n" if answer.status_code == 200 else ": tea?\n")
    return answer.status_code, (await answer.get_json()).get("code")


@pytest.mark.parametrize("locked", [False, True], ids=["open", "locked"])
@pytest.mark.parametrize("role", ANSWERS)
async def test_the_author_edits_while_seated_and_heard(app: Quart, role: Role, locked: bool) -> None:
    seated = role not in (*LINKS, Role.OUTSIDER)
    made = await world(app, Role.MEMBER if seated else role, locked=False)
    own = None if role in (Role.OUTSIDER, *LINKS) else made.token
    seq = await said(made, own)
    if seated:
        act = {Role.MUTED: "/mutes", Role.BANNED: "/bans", Role.OWNER: "/owners"}.get(role)
        if act:
            await made.by_grace("POST", act, member=made.parts["author"])
    if locked:
        await made.by_grace("POST", "/settings", lock="passphrase", passphrase="correct horse")

    assert await edits(made, None if role is Role.BANNED else made.token, seq) == ANSWERS[role][locked]


@pytest.mark.parametrize("locked", [False, True], ids=["open", "locked"])
async def test_a_seat_in_another_room_edits_nothing_here(app: Quart, locked: bool) -> None:
    made, other = await world(app, Role.MEMBER, locked=False), await world(app, Role.MEMBER, locked=False)
    seq, there = await said(made, made.token), await said(other, other.token)
    if locked:
        await made.by_grace("POST", "/settings", lock="passphrase", passphrase="correct horse")

    assert await edits(made, other.token, seq) == ((404, "room_not_found") if locked else (401, "seat_required"))
    assert (await edits(other, other.token, there))[0] == 200, "it is a seat"


@pytest.mark.parametrize(
    ("setting", "refused"),
    [({"read_only": "on"}, (403, "room_read_only")), ({"slow": "3600"}, (429, "slow_mode"))],
    ids=["read-only", "slow"],
)
async def test_a_rule_of_the_room_binds_members_and_spares_owners(
    app: Quart, setting: dict[str, str], refused: tuple[int, str]
) -> None:
    for role, answer in ((Role.MEMBER, refused), (Role.OWNER, (200, None))):
        made = await world(app, role, locked=False)
        await made.by_grace("POST", "/settings", slow=setting.get("slow", "0"))
        seq = await said(made, made.token)
        await made.by_grace("POST", "/settings", **setting)

        assert await edits(made, made.token, seq) == answer


async def test_an_owner_removes_the_words_of_others_and_cannot_change_them(app: Quart) -> None:
    made = await world(app, Role.MEMBER, locked=False)
    seq = await said(made, made.token)

    assert await edits(made, made.grace, seq) == (403, "not_author")
    assert await edits(made, made.token, seq) == (200, None)
