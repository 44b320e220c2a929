-- What a node keeps for itself, owners' links that end, and one namespace for the keys of seats and one for the rest.

CREATE TABLE node (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

ALTER TABLE links ADD COLUMN until TEXT;    -- null: until it is taken back

-- A name without a seat may read like a member's id. The message that a key stored says which of the two it was.
UPDATE keys SET author = CASE
    WHEN (SELECT json_extract(event, '$.member') FROM log WHERE log.room = keys.room AND log.seq = keys.seq) IS NULL
    THEN 'n:' ELSE 'm:' END || author;
