-- The files of messages whose bytes live in the folder `files`, and those whose bytes are to go.

CREATE TABLE files (
    room INTEGER NOT NULL REFERENCES rooms (id),
    seq  INTEGER NOT NULL,              -- the message
    id   TEXT    NOT NULL,              -- the name of the bytes in the folder
    size INTEGER NOT NULL,              -- bytes on the disk
    kind TEXT    NOT NULL,              -- 'file', or 'picture' that was encoded anew
    at   TEXT    NOT NULL,
    PRIMARY KEY (room, seq)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX files_by_id ON files (id);

-- Filled by the event that removes a message, and emptied a day later: a server that was killed meanwhile finds here
-- what it had not deleted yet.
CREATE TABLE gone_files (
    id TEXT PRIMARY KEY,
    at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
