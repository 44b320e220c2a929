-- The tools of owners: a room's rules, bans, mutes, knocks, links and new codes.

ALTER TABLE rooms ADD COLUMN slow INTEGER NOT NULL DEFAULT 0;       -- seconds between two posts of one author
ALTER TABLE rooms ADD COLUMN read_only INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rooms ADD COLUMN lock TEXT;                             -- null, 'passphrase' or 'approval'
ALTER TABLE rooms ADD COLUMN passphrase TEXT;                       -- argon2
ALTER TABLE rooms ADD COLUMN locked_at INTEGER NOT NULL DEFAULT 0;  -- seq of the event that set the lock
ALTER TABLE rooms ADD COLUMN loose_post_at TEXT;                    -- the last post without a seat, in slow mode

ALTER TABLE members ADD COLUMN muted_until TEXT;
ALTER TABLE members ADD COLUMN last_post_at TEXT;                   -- kept in slow mode only
ALTER TABLE members ADD COLUMN address TEXT;                        -- where the seat was taken from: a keyed hash

CREATE INDEX members_muted ON members (room, address) WHERE muted_until IS NOT NULL;

CREATE TABLE bans (
    room     INTEGER NOT NULL REFERENCES rooms (id),
    id       INTEGER NOT NULL,          -- seq of the ban
    name     TEXT    NOT NULL,
    skeleton TEXT,                      -- null where the name is everybody's
    address  TEXT,
    until    TEXT    NOT NULL,
    by       TEXT    NOT NULL,
    PRIMARY KEY (room, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE links (
    room  INTEGER NOT NULL REFERENCES rooms (id),
    id    INTEGER NOT NULL,             -- seq of the link
    kind  TEXT    NOT NULL,             -- 'read', 'post' or 'join'
    token TEXT    NOT NULL,             -- SHA-256 of the link's token
    by    TEXT    NOT NULL,
    at    TEXT    NOT NULL,
    PRIMARY KEY (room, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX links_by_token ON links (token);

CREATE TABLE knocks (
    room     INTEGER NOT NULL REFERENCES rooms (id),
    id       INTEGER NOT NULL,          -- seq of the knock
    name     TEXT    NOT NULL,
    skeleton TEXT    NOT NULL,
    token    TEXT    NOT NULL,          -- SHA-256 of what becomes the seat's token
    address  TEXT,
    at       TEXT    NOT NULL,
    state    TEXT    NOT NULL,          -- 'waiting', 'admitted' or 'denied'
    PRIMARY KEY (room, id)
) STRICT, WITHOUT ROWID;

-- Codes that rooms had before. They answer 410, and are not given to another room for a time.
CREATE TABLE old_codes (
    code TEXT    NOT NULL,
    room INTEGER NOT NULL REFERENCES rooms (id),
    at   TEXT    NOT NULL,
    PRIMARY KEY (code, room)
) STRICT, WITHOUT ROWID;
