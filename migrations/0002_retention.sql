-- Retention and closing: what a room keeps, where its log now begins, and what its tables were just before that.

ALTER TABLE rooms ADD COLUMN tail INTEGER NOT NULL DEFAULT 1;   -- seq of the oldest event that is kept
ALTER TABLE rooms ADD COLUMN keep_days INTEGER;                 -- null: as the server's settings say; 0: for ever
ALTER TABLE rooms ADD COLUMN keep_events INTEGER;               -- null: as the server's settings say; 0: all of them
ALTER TABLE rooms ADD COLUMN closed TEXT;                       -- when; null while the room is open

-- From here a log that was pruned is replayed.
CREATE TABLE bases (
    room  INTEGER PRIMARY KEY REFERENCES rooms (id),
    seq   INTEGER NOT NULL,             -- the last event that was pruned
    state TEXT    NOT NULL              -- JSON: the room's rows just after it, by table
) STRICT;
