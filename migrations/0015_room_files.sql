-- Whether files may be sent into a room. (A column may not have the name of a table, see storage/apply/bases.py.)

ALTER TABLE rooms ADD COLUMN takes_files INTEGER NOT NULL DEFAULT 1;
