-- A name has two skeletons (chadchat/domain/lookalikes.py): of the name as written, in `skeleton`, and of its casefold.

ALTER TABLE members ADD COLUMN folded TEXT;     -- null where it is the skeleton, and for seats of before
ALTER TABLE bans ADD COLUMN folded TEXT;

CREATE INDEX members_by_folded ON members (room, folded) WHERE folded IS NOT NULL;
