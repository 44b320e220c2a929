-- How long messages of a room can be edited: hours, 0 for never; null: as the server is set.
ALTER TABLE rooms ADD COLUMN edits INTEGER;
