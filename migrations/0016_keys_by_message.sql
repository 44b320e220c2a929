-- The keys of a message: an edit and a removal take their digests away, without a look at all keys of the room.

CREATE INDEX keys_by_message ON keys (room, seq);
