"""Carry: a restored backup takes over removals, edits, bans, mutes and revocations that were made after the backup.

Later differences that bind or protect people
become events of the restored log. They are marked `carried`, as the replaced log has checked their actors.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ..events import ADDRESS_KEY, SWEPT, Event, Note, now
from ..refusal import ChatError
from .apply import apply
from .apply.notes import keep_note
from .carried_edits import edits_since
from .events import EVENTS_OF, event_of
from .shared_past import shared_past

Row = dict[str, Any]
Acts = dict[tuple[str, Any], Event]
Part = tuple[str, Mapping[str, Any], Mapping[str, Any]]

_ROOM: Final = "SELECT * FROM rooms"  # the old one may have other columns
_ACTS: Final = f"""{EVENTS_OF} AND seq > ?
    AND kind IN ('remove', 'owner', 'mute', 'ban', 'kick', 'leave', 'unlink', 'room', 'move',
        'signout') ORDER BY seq
"""
_REMOVED: Final = """
    SELECT seq FROM log WHERE room = ? AND seq <= ? AND kind = 'message' AND instr(event, '"removed_by"')
    AND json_extract(event, '$.changes.removed_by') IS NOT NULL
"""
_MUTED: Final = "SELECT * FROM members WHERE room = ? AND muted_until > ? ORDER BY since, id"
_NOTES: Final = "SELECT name, value FROM node WHERE name IN (?, ?)"
_MESSAGE: Final = "SELECT 1 FROM log JOIN rooms ON id = room WHERE room = ? AND seq = ? AND seq >= tail"


@dataclass(slots=True)
class Carried:
    """How many events of each kind were carried over, and how many a rule refused. `unbound`: mutes of members who
    joined after the backup, of whom no address is known.
    """

    kinds: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    unbound: int = 0


def carry(old: sqlite3.Connection, new: sqlite3.Connection) -> Carried:
    """Append to the rooms of `new` the acts of `old` that bind or protect people, inside the caller's transaction.

    Raises sqlite3.Error, or for a damaged row ValueError, TypeError or LookupError.
    """
    carried = Carried()
    _keep_notes(old, new)
    for room in _rows(new, _ROOM + " WHERE closed IS NULL ORDER BY id"):
        for twin in _rows(old, _ROOM + " WHERE id = ?", room["id"]):
            shared = shared_past(old, twin, new, room)
            if shared:
                _Room(old, new, twin, room, shared, carried).carry()
    return carried


def _keep_notes(old: sqlite3.Connection, new: sqlite3.Connection) -> None:
    """Take over the key of the address hashes, without which bans of addresses have no effect, and the time of the
    newest sweep: a sweep believes the clock for a day after it only, and messages that were pruned since the backup,
    which may have words that were edited away, would be there again for hours.
    """
    kept, known = (dict(db.execute(_NOTES, (ADDRESS_KEY, SWEPT)).fetchall()) for db in (old, new))
    if ADDRESS_KEY in kept and ADDRESS_KEY not in known:
        keep_note(new, Note(ADDRESS_KEY, kept[ADDRESS_KEY]))
    if kept.get(SWEPT, "") > known.get(SWEPT, ""):
        keep_note(new, Note(SWEPT, kept[SWEPT]))


@dataclass(slots=True)
class _Room:
    old: sqlite3.Connection
    new: sqlite3.Connection
    twin: Row
    room: Row
    shared: int
    carried: Carried
    acts: Acts = field(default_factory=dict)
    code: str = ""

    def carry(self) -> None:
        self.code = self.room["code"]
        where = (self.twin["code"], self.twin["epoch"], self.twin["id"], self.shared)
        for row in self.old.execute(_ACTS, where):
            event = event_of(row)
            self.acts.update(_subjects(event))
        for edit in edits_since(self.old, self.twin, self.new, self.room, self.shared):
            self._store(edit)
        parts = [self._removals()]
        if not self.twin["closed"]:  # no seat, ban or link of a closed room means anything
            parts += [self._owners(), self._mutes(), self._bans(), self._seats(), self._links(), self._rules()]
        for part in (*parts, self._codes(), self._closing()):
            for kind, changes, detail in part:
                self._append(kind, changes, detail)

    def _removals(self) -> Iterator[Part]:
        there = {seq for (seq,) in self.new.execute(_REMOVED, (self.room["id"], self.shared)).fetchall()}
        for (seq,) in self.old.execute(_REMOVED, (self.twin["id"], self.shared)).fetchall():
            act = self.acts.get(("remove", seq))
            if act and seq not in there and self.new.execute(_MESSAGE, (self.room["id"], seq)).fetchone():
                yield "remove", act.changes, {}

    def _owners(self) -> Iterator[Part]:
        for member, twin in self._members("owner = 1 AND token IS NOT NULL"):
            if twin and not twin["owner"]:
                yield "owner", {"target": member["id"], "whom": member["name"], "owner": False}, {}

    def _mutes(self) -> Iterator[Part]:
        for member, twin in self._members("token IS NOT NULL"):
            until = twin and twin["muted_until"]
            if until and until > max(now(), member["muted_until"] or ""):
                yield "mute", {"target": member["id"], "whom": member["name"], "until": until}, {}
        # Of a member whom the backup does not know, the address stays muted, as it does after a seat has ended.
        for twin in _rows(self.old, _MUTED, self.twin["id"], now()):
            if self._name(twin["id"]) is not None:
                continue
            if twin["address"] is None:
                self.carried.unbound += 1
                continue
            detail = {name: twin[name] for name in ("address", "skeleton", "folded") if twin[name] is not None}
            yield "mute", {"target": twin["id"], "whom": twin["name"], "until": twin["muted_until"]}, detail

    def _bans(self) -> Iterator[Part]:
        looks = "skeleton IS :skeleton AND folded IS :folded AND address IS :address AND until >= :until"
        for ban in _rows(
            self.old, "SELECT * FROM bans WHERE room = ? AND until > ? ORDER BY id", self.twin["id"], now()
        ):
            where = {**ban, "room": self.room["id"]}
            if self.new.execute(f"SELECT 1 FROM bans WHERE room = :room AND {looks}", where).fetchone():  # noqa: S608
                continue
            act = self.acts.get(("ban", ban["id"]))
            target = act and act.changes["target"]
            changes = {"target": target if target and self._name(target) else None, "whom": ban["name"]}
            detail = {name: ban[name] for name in ("address", "skeleton", "folded") if ban[name] is not None}
            yield "ban", {**changes, "until": ban["until"]}, {**detail, "ban": ban["id"]}

    def _seats(self) -> Iterator[Part]:
        """End the seats and sign out the devices that had ended. A member who is not in the replaced database
        was deleted there, with the seat ended.
        """
        for member, twin in self._members("token IS NOT NULL"):
            ended = twin["token"] != member["token"] if twin else member["since"] <= self.shared
            if ended and ("kick", member["id"]) in self.acts:
                yield "kick", {"target": member["id"], "whom": member["name"]}, {}
            elif ended and twin and twin["token"] and ("signout", member["id"]) in self.acts:
                yield "signout", {}, {"token": twin["token"], "whose": member["id"]}
            elif ended:
                yield "leave", {}, {"gives_up_seat": True, "whose": member["id"]}

    def _links(self) -> Iterator[Part]:
        there = {id for (id,) in self.old.execute("SELECT id FROM links WHERE room = ?", (self.twin["id"],))}
        find = "SELECT id FROM links WHERE room = ? AND id <= ? AND coalesce(until, ?) >= ?"
        at = now()
        for (id,) in self.new.execute(find, (self.room["id"], self.shared, at, at)).fetchall():
            if id not in there:
                yield "unlink", {"target": id}, {}

    def _rules(self) -> Iterator[Part]:
        lock, passphrase = self.twin["lock"], self.twin["passphrase"]
        loosens = lock is None or (lock == "passphrase" and self.room["lock"] == "approval")
        if not loosens and (lock, passphrase) != (self.room["lock"], self.room["passphrase"]):
            yield "room", {"lock": lock}, {"passphrase": passphrase} if passphrase else {}
        if self.twin["read_only"] and not self.room["read_only"]:
            yield "room", {"read_only": True}, {}
        if not self.twin.get("typing", True) and self.room["typing"]:
            yield "room", {"typing": False}, {}
        if not self.twin.get("takes_files", True) and self.room["takes_files"]:
            yield "room", {"files": False}, {}

    def _codes(self) -> Iterator[Part]:
        find = "SELECT code FROM old_codes WHERE room = ? ORDER BY at, code"
        known = {self.room["code"], *(code for (code,) in self.new.execute(find, (self.room["id"],)))}
        codes = [code for (code,) in self.old.execute(find, (self.twin["id"],))] + [self.twin["code"]]
        for code in codes:
            if code not in known:
                yield "move", {}, {"from": self.code, "to": code}

    def _closing(self) -> Iterator[Part]:
        if self.twin["closed"]:
            yield "room", {"closed": True}, {}

    def _append(self, kind: str, changes: Mapping[str, Any], detail: Mapping[str, Any]) -> None:
        kept = {name: value for name, value in detail.items() if name not in ("ban", "whose")}
        name, member = self._actor(kind, changes, detail)
        self._store(Event(self.code, kind, now(), name, member, changes=changes, detail={**kept, "carried": True}))

    def _store(self, event: Event) -> None:
        self.new.execute("SAVEPOINT one")
        try:
            apply(self.new, event)
        except ChatError:
            self.new.execute("ROLLBACK TO one")
            self.carried.refused[event.kind] += 1
        else:
            self.carried.kinds[event.kind] += 1
            if event.kind == "move":
                self.code = event.detail["to"]
        self.new.execute("RELEASE one")

    def _actor(self, kind: str, changes: Mapping[str, Any], detail: Mapping[str, Any]) -> tuple[str | None, str | None]:
        if "whose" in detail:
            return self._name(detail["whose"]), detail["whose"]
        subject = detail.get("ban") or detail.get("to") or changes.get("target")
        act = self.acts.get((kind, subject or next(iter(changes), None)))
        if act is None or act.member is None or self._name(act.member) is None:
            return None, None
        return act.name, act.member

    def _name(self, member: str) -> str | None:
        row = self.new.execute(
            "SELECT name FROM members WHERE room = ? AND id = ?", (self.room["id"], member)
        ).fetchone()
        return row[0] if row else None

    def _members(self, which: str) -> Iterator[tuple[Row, Row | None]]:
        """The members of the backup, each with its row in the replaced database, if there is one."""
        for member in _rows(self.new, f"SELECT * FROM members WHERE room = ? AND {which}", self.room["id"]):  # noqa: S608
            find = "SELECT * FROM members WHERE room = ? AND id = ?"
            yield member, next(iter(_rows(self.old, find, self.twin["id"], member["id"])), None)


def _subjects(event: Event) -> Acts:
    """The event by kind and subject (a member, a message, a link, a setting or a code)."""
    if event.kind == "ban":
        return {("ban", event.seq): event}
    if event.kind == "room":
        return {("room", change): event for change in event.changes}
    if event.kind == "signout":
        return {("signout", event.member): event}
    subject = event.detail.get("to") if event.kind == "move" else event.changes.get("target")
    return {(event.kind, subject): event}


def _rows(db: sqlite3.Connection, sql: str, *values: Any) -> list[Row]:
    cursor = db.execute(sql, values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]
