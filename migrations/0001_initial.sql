-- The log, and the tables that are derived from it. Only chadchat/storage/apply/ writes them, and a replay of the log
-- gives all other tables again.

CREATE TABLE rooms (
    id      INTEGER PRIMARY KEY,
    code    TEXT    NOT NULL UNIQUE,
    epoch   TEXT    NOT NULL,           -- tells two rooms apart that had the same code; first half of a cursor
    title   TEXT    NOT NULL,
    head    INTEGER NOT NULL,           -- seq of the newest event
    last_at TEXT    NOT NULL            -- its time: a room's times never run backwards
) STRICT;

-- Clustered by room, so that a page of history is in a few adjacent pages of the file, however large the log is.
CREATE TABLE log (
    room  INTEGER NOT NULL REFERENCES rooms (id),
    seq   INTEGER NOT NULL,             -- 1, 2, 3 ... with no hole
    kind  TEXT    NOT NULL,
    at    TEXT    NOT NULL,
    event TEXT    NOT NULL,             -- JSON, see Event.stored
    PRIMARY KEY (room, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE members (
    room     INTEGER NOT NULL REFERENCES rooms (id),
    id       TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    skeleton TEXT    NOT NULL,          -- the name as people see it, for comparing
    token    TEXT,                      -- SHA-256 of the seat's token; null once the seat is given up
    owner    INTEGER NOT NULL,
    here     INTEGER NOT NULL,          -- between a join and a leave
    since    INTEGER NOT NULL,          -- seq of the latest join
    PRIMARY KEY (room, id)
) STRICT, WITHOUT ROWID;

-- A name and a token are unique among the seats of a room. The name of a seat that has ended is free again.
CREATE UNIQUE INDEX members_by_name ON members (room, skeleton) WHERE token IS NOT NULL;
CREATE UNIQUE INDEX members_by_token ON members (room, token) WHERE token IS NOT NULL;
CREATE INDEX members_here ON members (room, since) WHERE here = 1;

-- Idempotency keys, and the message that each has stored. They are kept for a day.
CREATE TABLE keys (
    room   INTEGER NOT NULL REFERENCES rooms (id),
    author TEXT    NOT NULL,            -- member id, or the skeleton of a name without a seat
    key    TEXT    NOT NULL,
    digest TEXT    NOT NULL,            -- SHA-256 of the text
    seq    INTEGER NOT NULL,
    at     TEXT    NOT NULL,
    PRIMARY KEY (room, author, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX keys_by_age ON keys (room, at);
