-- Pruning costs what goes: whose seat was given up is found without a look at all members.

CREATE INDEX members_gone ON members (room, muted_until) WHERE token IS NULL;

-- Seats that nobody uses end.

ALTER TABLE members ADD COLUMN used_at TEXT;    -- the day of the last use is right; null for seats of before, until used

CREATE INDEX members_unused ON members (used_at) WHERE token IS NOT NULL AND owner = 0 AND here = 0;

-- What a room holds, so that nobody has to add it up.

ALTER TABLE rooms ADD COLUMN size INTEGER NOT NULL DEFAULT 0;   -- bytes of its events in `log`

UPDATE rooms SET size = (SELECT coalesce(sum(length(CAST(event AS BLOB))), 0) FROM log WHERE room = rooms.id);
