-- Retention and closing: how much a room keeps, the start of its log, and its tables as they were just before it.

ALTER TABLE rooms ADD COLUMN tail INTEGER NOT NULL DEFAULT 1;   -- seq of the oldest event that is kept
ALTER TABLE rooms ADD COLUMN keep_days INTEGER;                 -- null: as the server's settings say; 0: for ever
ALTER TABLE rooms ADD COLUMN keep_events INTEGER;               -- null: as the server's settings say; 0: all of them
ALTER TABLE rooms ADD COLUMN closed TEXT;                       -- when; null while the room is open

-- The state from which the replay of a pruned log starts.
CREATE TABLE bases (
    room  INTEGER PRIMARY KEY REFERENCES rooms (id),
    seq   INTEGER NOT NULL,             -- the last event that was pruned
    state TEXT    NOT NULL              -- JSON: the room's rows just after it, by table
) STRICT;
