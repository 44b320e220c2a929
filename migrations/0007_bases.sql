-- Pruning costs what goes: whose seat was given up is found without a look at all members.

CREATE INDEX members_gone ON members (room, muted_until) WHERE token IS NULL;

-- Seats that nobody uses end.

ALTER TABLE members ADD COLUMN used_at TEXT;    -- the day of the last use is right; null for seats of before, until used

CREATE INDEX members_unused ON members (used_at) WHERE token IS NOT NULL AND owner = 0 AND here = 0;
