-- The tokens of a seat besides its current one (`members.token`): of its other devices, of a link that brings it to one
-- of them, and of what it had before, so that whoever still holds such a token is told how the seat ended.

CREATE TABLE tokens (
    room   INTEGER NOT NULL REFERENCES rooms (id),
    token  TEXT    NOT NULL,            -- SHA-256
    member TEXT    NOT NULL,
    since  INTEGER NOT NULL,            -- seq of the event that made the row, or ended it
    until  TEXT,                        -- of a link that was not used yet: when it expires; null for all others
    ended  TEXT,                        -- the kind of the event that ended it; null while it opens the seat
    PRIMARY KEY (room, token)
) STRICT, WITHOUT ROWID;

CREATE INDEX tokens_by_member ON tokens (room, member, since);
