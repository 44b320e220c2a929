-- A name has two looks (lookalikes.py): as written, in `skeleton`, and in small letters.

ALTER TABLE members ADD COLUMN folded TEXT;     -- null where it is the skeleton, and for seats of before
ALTER TABLE bans ADD COLUMN folded TEXT;

CREATE INDEX members_by_folded ON members (room, folded) WHERE folded IS NOT NULL;
