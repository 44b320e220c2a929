-- Whether readers of a room are told who is typing.

ALTER TABLE rooms ADD COLUMN typing INTEGER NOT NULL DEFAULT 1;
