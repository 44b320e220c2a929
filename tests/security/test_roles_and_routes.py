"""The answer of each route to each role, in an open room and in a locked one.

The routes are read from the app, so that a new route fails here until it has a row.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from quart import Quart
from quart.testing import QuartClient

from chadchat.domain.permissions import Role

OUTSIDE: Final = [Role.OUTSIDER, Role.READ_LINK, Role.POST_LINK, Role.JOIN_LINK, Role.BANNED]
SEATED: Final = [Role.MUTED, Role.MEMBER, Role.OWNER]
ROLES: Final = [*OUTSIDE, *SEATED]
Statuses = dict[Role, int]


def row(*statuses: int) -> Statuses:
    """The statuses for all roles, in the order of ROLES."""
    return dict(zip(ROLES, statuses, strict=True))


def everyone(status: int) -> tuple[Statuses, Statuses]:
    return row(*[status] * 8), row(*[status] * 8)


# Each: in an open room, and in one that is locked with a passphrase.
READ = row(200, 200, 403, 200, 403, 200, 200, 200), row(404, 200, 403, 403, 404, 200, 200, 200)


def manage(status: int = 200) -> tuple[Statuses, Statuses]:
    return row(401, 403, 403, 403, 403, 403, 403, status), row(404, 403, 403, 403, 404, 403, 403, status)


def seats(muted: int, member: int, owner: int) -> tuple[Statuses, Statuses]:
    return (
        row(401, 403, 403, 403, 403, muted, member, owner),
        row(404, 403, 403, 403, 404, muted, member, owner),
    )


POST = row(201, 403, 201, 201, 403, 403, 201, 201), row(404, 403, 201, 403, 404, 403, 201, 201)
ATTACH = row(401, 403, 201, 403, 403, 403, 201, 201), row(404, 403, 201, 403, 404, 403, 201, 201)
# With the token of a link that joins in the address, which counts, whatever else the caller has.
BY_A_LINK = row(201, 201, 201, 201, 403, 403, 201, 201), row(403, 403, 403, 403, 404, 403, 403, 403)
JOIN = row(201, 201, 403, 201, 403, 303, 303, 303), row(404, 404, 403, 201, 404, 303, 303, 303)
# Strangers at a locked door are told that somebody may open, as anywhere; a link that reads tells it is another lock.
KNOCK = JOIN[0], JOIN[1] | {Role.OUTSIDER: 202, Role.BANNED: 202}

# (method, route): (what is sent, the answers). In this order: what ends something comes after what needs it.
DELETE = {"_method": "delete"}
TABLE: Final[dict[tuple[str, str], tuple[dict[str, str], tuple[Statuses, Statuses]]]] = {
    ("GET", "/"): ({}, everyone(200)),
    ("GET", "/help"): ({}, everyone(200)),
    ("GET", "/healthz"): ({}, everyone(200)),
    ("GET", "/readyz"): ({}, everyone(200)),
    ("GET", "/metrics"): ({}, everyone(404)),  # for the machine itself, and these callers come from the network
    ("GET", "/robots.txt"): ({}, everyone(200)),
    ("GET", "/.well-known/security.txt"): ({}, everyone(404)),  # the operator has named nobody
    ("GET", "/static/<path:filename>"): ({}, everyone(200)),
    ("GET", "/rooms/mine"): ({}, everyone(200)),
    ("POST", "/rooms"): ({"name": "Ada"}, everyone(201)),
    ("GET", "/<code:code>"): ({}, READ),
    ("GET", "/<code:code>/<int:seq>"): ({}, READ),
    ("GET", "/<code:code>/<int:seq>/replies"): ({}, READ),
    ("GET", "/<code:code>/<int:seq>/reply"): ({}, READ),
    ("GET", "/<code:code>/<int:seq>/answer"): ({}, READ),
    ("POST", "/<code:code>/<int:seq>/answer"): ({"text": "yes"}, seats(403, 201, 201)),
    ("GET", "/<code:code>/<int:seq>/edit"): ({}, seats(403, 403, 403)),
    ("GET", "/<code:code>/search"): ({}, READ),
    ("GET", "/<code:code>/people"): ({}, READ),
    ("GET", "/<code:code>/people/<member>"): ({}, READ),
    ("GET", "/<code:code>.<any(jsonl,md,txt,html,zip):kind>"): ({}, READ),
    ("GET", "/<code:code>/qr.svg"): ({}, READ),
    ("GET", "/<code:code>/rules"): ({}, READ),
    ("GET", "/<code:code>/sse"): ({}, READ),
    ("GET", "/<code:code>/json"): ({}, READ),
    ("GET", "/<code:code>/raw"): ({}, READ),
    ("GET", "/<code:code>/settings"): ({}, manage()),
    ("GET", "/<code:code>/owners"): ({}, manage()),
    ("GET", "/<code:code>/bans"): ({}, manage()),
    ("GET", "/<code:code>/mutes"): ({}, manage()),
    ("GET", "/<code:code>/links"): ({}, manage()),
    ("GET", "/<code:code>/knocks"): ({}, manage()),
    ("GET", "/<code:code>/knocks/<int:id>"): ({}, everyone(404)),  # one's own, and nobody here has knocked
    ("GET", "/<code:code>/links/<token>"): ({}, everyone(303)),  # the token is the permission
    ("GET", "/<code:code>/leave"): ({}, seats(200, 200, 200)),
    ("POST", "/<code:code>/typing"): ({}, seats(403, 204, 204)),
    ("GET", "/<code:code>/devices"): ({}, seats(200, 200, 200)),
    ("POST", "/<code:code>/transfer"): ({}, seats(201, 201, 201)),
    ("GET", "/<code:code>/transfer/<token>"): ({}, everyone(404)),  # the token is the permission, and this is another's
    ("POST", "/<code:code>/transfer/<token>"): ({}, everyone(404)),
    ("POST", "/<code:code>"): ({"text": "tea?"}, POST),
    ("PUT", "/<code:code>"): ({"text": "tea!"}, POST),
    ("PUT", "/<code:code>/<file:name>"): ({"text": "yes"}, ATTACH),
    ("GET", "/<code:code>/files/<id>/<file:name>"): ({}, READ),
    ("PUT", "/<code:code>/<int:seq>"): ({"text": "yes"}, POST),
    ("POST", "/<code:code>/links/<token>"): ({"text": "tea?"}, BY_A_LINK),
    ("PUT", "/<code:code>/links/<token>"): ({"text": "tea!"}, BY_A_LINK),
    ("POST", "/"): ({"name": "{name}", "code": "{code}", "join": "1"}, JOIN),
    ("POST", "/<code:code>/join"): ({"name": "{other}"}, KNOCK),
    ("POST", "/<code:code>/settings"): ({"title": "Tea"}, manage()),
    ("PATCH", "/<code:code>/settings"): ({"title": "Teas"}, manage()),
    ("POST", "/<code:code>/owners"): ({"member": "{third}"}, manage(201)),
    ("POST", "/<code:code>/owners/<member>"): (DELETE, manage()),
    ("DELETE", "/<code:code>/owners/<member>"): ({}, manage()),
    ("POST", "/<code:code>/mutes"): ({"member": "{third}"}, manage(201)),
    ("POST", "/<code:code>/mutes/<member>"): (DELETE, manage()),
    ("DELETE", "/<code:code>/mutes/<member>"): ({}, manage(404)),
    ("POST", "/<code:code>/people/<member>"): (DELETE, manage()),
    ("DELETE", "/<code:code>/people/<member>"): ({}, manage(404)),
    ("POST", "/<code:code>/bans"): ({"member": "{third}"}, manage(201)),
    ("POST", "/<code:code>/bans/<int:id>"): (DELETE, manage()),
    ("DELETE", "/<code:code>/bans/<int:id>"): ({}, manage(404)),
    ("POST", "/<code:code>/links"): ({"kind": "read"}, manage(201)),
    ("POST", "/<code:code>/links/<int:id>"): (DELETE, manage()),
    ("DELETE", "/<code:code>/links/<int:id>"): ({}, manage(404)),
    ("POST", "/<code:code>/knocks/<int:id>"): ({}, manage(404)),
    ("DELETE", "/<code:code>/knocks/<int:id>"): ({}, manage(404)),
    ("GET", "/<code:code>/<int:seq>/reactions"): ({}, READ),
    ("POST", "/<code:code>/<int:seq>/reactions"): ({"emoji": "\N{THUMBS UP SIGN}"}, seats(403, 200, 200)),
    ("PUT", "/<code:code>/<int:seq>/reactions/<emoji>"): ({}, seats(403, 200, 200)),
    ("DELETE", "/<code:code>/<int:seq>/reactions/<emoji>"): ({}, seats(403, 200, 200)),
    ("POST", "/<code:code>/<int:seq>"): (DELETE, seats(403, 403, 200)),  # what Grace said
    ("PATCH", "/<code:code>/<int:seq>"): ({"text": "milk"}, seats(403, 403, 404)),
    ("DELETE", "/<code:code>/<int:seq>"): ({}, seats(403, 403, 404)),
    ("POST", "/<code:code>/code"): ({}, manage(201)),
    ("GET", "/<code:code>/close"): ({}, manage()),
    ("POST", "/<code:code>/close"): ({}, manage()),
    ("DELETE", "/<code:code>"): ({}, manage(410)),
    ("POST", "/<code:code>/devices"): (DELETE, seats(200, 200, 410)),
    ("DELETE", "/<code:code>/devices"): ({}, seats(200, 200, 410)),
    ("POST", "/<code:code>/leave"): ({}, seats(200, 200, 410)),  # the owner has just closed the room
}


@dataclass
class World:
    """A room of Grace's with one caller in a role, from an address of their own, and others to act upon."""

    client: QuartClient
    code: str
    grace: str
    token: str | None = None
    parts: dict[str, Any] = field(default_factory=dict)

    async def call(self, method: str, path: str, token: str | None, address: str, **fields: str) -> Any:
        headers = {"Accept": "*/*"} | ({"Authorization": f"Bearer {token}"} if token else {})
        scope = {"client": (address, 1)}
        form: Any = {"form": fields} if fields else {}
        return await self.client.open(path, method=method, headers=headers, scope_base=scope, **form)

    async def by_grace(self, method: str, path: str, **fields: str) -> dict[str, Any]:
        answer = await self.call(method, f"/{self.code}{path}", self.grace, "192.0.2.1", **fields)
        assert answer.status_code < 300, await answer.get_data(as_text=True)
        found: dict[str, Any] = await answer.get_json()
        return found

    async def join(self, name: str, address: str) -> dict[str, str]:
        answer = await self.call("POST", f"/{self.code}/join", None, address, name=name)
        assert answer.status_code == 201
        seat: dict[str, str] = await answer.get_json()
        return seat


CALLER, THIRD = "192.0.2.2", "192.0.2.3"


async def world(app: Quart, role: Role, locked: bool) -> World:
    client: Any = app.test_client(use_cookies=False)
    opened = await (await client.post("/rooms", json={"name": "Grace"}, headers={"Accept": "*/*"})).get_json()
    made = World(client, opened["code"], opened["token"])
    third = await made.join("Third", THIRD)
    said = await made.by_grace("POST", "", text="hello")
    asked = await made.by_grace("POST", "?choices=yes,no", text="tea?")
    answered = await made.by_grace("POST", "?choices=yes,no", text="milk?")
    given = await made.call("POST", f"/{made.code}/{answered['seq']}/answer", third["token"], THIRD, text="no")
    assert given.status_code == 201
    sent = await made.by_grace("PUT", "/log.txt", line="of a file")
    join = await made.by_grace("POST", "/links", kind="join")
    made.parts = {"code": made.code, "third": third["member"], "seq": said["seq"], "token": join["token"]}
    made.parts["file"] = sent["file"]["id"]
    made.parts |= {"POST answer": asked["seq"], "GET answer": answered["seq"]}
    made.parts |= {"name": "Ada", "other": "Ada too"}
    if role in SEATED or role is Role.BANNED:
        seat = await made.join("Ada", CALLER)
        made.token = None if role is Role.BANNED else seat["token"]
        if role in (Role.BANNED, Role.MUTED):
            await made.by_grace("POST", "/bans" if role is Role.BANNED else "/mutes", member=seat["member"])
        if role is Role.OWNER:
            await made.by_grace("POST", "/owners", member=seat["member"])
        if role is Role.BANNED:
            made.parts["name"] = "Somebody else"
        made.parts["other"] = "Ada" if role in SEATED else "Yet another"
    elif role is not Role.OUTSIDER:
        link = await made.by_grace("POST", "/links", kind=role.removeprefix("link:"))
        made.token = link["token"]
    if locked:
        await made.by_grace("POST", "/settings", lock="passphrase", passphrase="correct horse")
    return made


def address_of(route: str, parts: dict[str, Any], method: str = "GET") -> str:
    if route.endswith("/answer"):
        route = route.replace("<int:seq>", str(parts[f"{method} answer"]))
    values = {
        "<code:code>": parts["code"],
        "<int:seq>": parts["seq"],
        "<int:id>": parts.get("id", 1),
        "<member>": parts["third"],
        "<token>": parts["token"],
        "<file:name>": "log.txt",
        "<id>": parts["file"],
        "<emoji>": "\N{THUMBS UP SIGN}",
        "<path:filename>": "icon.svg",
        "<any(jsonl,md,txt,html,zip):kind>": "jsonl",
    }
    for part, value in values.items():
        route = route.replace(part, str(value))
    route += "?q=hello" if route.endswith("/search") else ""
    return f"{route}?poll=1" if route.endswith(("/sse", "/json", "/raw")) else route


async def test_every_route_has_a_row(app: Quart) -> None:
    routes = {(method, str(rule)) for rule in app.url_map.iter_rules() for method in (rule.methods or ())}
    assert {route for route in routes if route[0] not in ("HEAD", "OPTIONS")} == set(TABLE)


@pytest.mark.parametrize("locked", [False, True], ids=["open", "locked"])
@pytest.mark.parametrize("role", ROLES)
async def test_every_role_gets_the_answer_it_should_at_every_route(app: Quart, role: Role, locked: bool) -> None:
    caller = await world(app, role, locked)
    wrong = {}
    for (method, route), (sent, expected) in TABLE.items():
        path = address_of(route, caller.parts, method)
        fields = {name: value.format(**caller.parts) for name, value in sent.items()}
        answer = await caller.call(method, path, caller.token, CALLER, **fields)
        if answer.status_code != expected[locked][role]:
            wrong[method, route] = answer.status_code, expected[locked][role], await answer.get_data(as_text=True)
        elif answer.status_code == 201 and route.endswith(("/bans", "/links")):
            caller.parts["id"] = (await answer.get_json())["id"]
        elif answer.status_code == 200 and route.endswith("/devices") and method != "GET":
            caller.token = (await answer.get_json())["token"]
        elif answer.status_code == 201 and route.endswith("/code"):
            caller.parts["code"] = (await answer.get_json())["code"]

    assert wrong == {}


# Where a stranger who brings the name of a member hears that it is taken: in an open room only.
TAKEN: Final = {("POST", "/"), ("POST", "/<code:code>"), ("POST", "/<code:code>/join"),
                ("POST", "/<code:code>/links/<token>")}  # fmt: skip


@pytest.mark.parametrize("locked", [False, True], ids=["open", "locked"])
async def test_a_stranger_with_a_members_name_gets_the_answer_of_a_stranger(app: Quart, locked: bool) -> None:
    caller = await world(app, Role.OUTSIDER, locked)
    caller.parts |= {"name": "Third", "other": "Third"}
    wrong = {}
    for (method, route), (sent, expected) in TABLE.items():
        fields = {name: value.format(**caller.parts) for name, value in sent.items()}
        if method in ("POST", "PATCH"):
            fields.setdefault("name", "Third")
        answer = await caller.call(method, address_of(route, caller.parts, method), None, CALLER, **fields)
        wanted = 409 if (method, route) in TAKEN and not locked else expected[locked][Role.OUTSIDER]
        if answer.status_code != wanted:
            wrong[method, route] = answer.status_code, wanted, await answer.get_data(as_text=True)

    assert wrong == {}
