-- Values that a node keeps for itself, links that expire, and separate namespaces for the idempotency keys of seats and
-- of names without a seat.

CREATE TABLE node (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

ALTER TABLE links ADD COLUMN until TEXT;    -- null: until it is taken back

-- `author` is a member's id or a name without a seat, and a name may be spelled like an id. The stored message tells
-- which of the two it is.
UPDATE keys SET author = CASE
    WHEN (SELECT json_extract(event, '$.member') FROM log WHERE log.room = keys.room AND log.seq = keys.seq) IS NULL
    THEN 'n:' ELSE 'm:' END || author;
