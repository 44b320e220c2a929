-- Pruning costs what goes: whose seat was given up is found without a look at all members.

CREATE INDEX members_gone ON members (room, muted_until) WHERE token IS NULL;
