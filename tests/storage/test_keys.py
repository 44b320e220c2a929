"""Keys: what a room keeps of its idempotency keys makes no act dearer."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from chadchat.events import Event
from chadchat.storage.apply import apply
from chadchat.storage.db import FILE, connect_writer
from chadchat.storage.migrate import migrate

NOON = "2026-11-22T12:00:00.000Z"


def act(kind: str, seq: int, key: str) -> Event:
    detail = {"key": key, "digest": "d", "hours": 24}
    changes = {"target": seq, "whom": "Ada", "posted": NOON}
    return Event("KQZF", kind, NOON, "Ada", "ada", text=key, html=key, changes=changes, detail=detail)


def test_an_edit_and_a_removal_find_the_keys_of_a_message_by_an_index(tmp_path: Path) -> None:
    with closing(connect_writer(tmp_path / FILE)) as db:
        migrate(db)
        apply(db, Event(room="KQZF", kind="room", at=NOON, title="", detail={"epoch": "aaaa"}))
        seat = {"token": "t", "skeleton": "ada", "address": "a", "owner": True}
        apply(db, Event("KQZF", "join", NOON, "Ada", "ada", detail=seat))
        said = apply(
            db, Event("KQZF", "message", NOON, "Ada", "ada", "tea?", detail={"key": "k1", "digest": "d"})
        ).event
        asked = list[str]()
        db.set_trace_callback(asked.append)
        for event in (act("edit", said.seq, "k2"), act("edit", said.seq, "k3"), act("remove", said.seq, "k4")):
            apply(db, event)
        db.set_trace_callback(None)

        found = [sql for sql in asked if "keys" in sql and not sql.startswith("INSERT")]
        plans = [str(step[-1]) for sql in found for step in db.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()]

    assert len([sql for sql in found if sql.startswith("UPDATE keys")]) == 5
    assert [plan for plan in plans if "SCAN" in plan or plan.endswith("(room=?)")] == []
