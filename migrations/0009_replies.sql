-- Which messages are replies to a message, so that they are found without a look at the whole log.

CREATE TABLE replies (
    room   INTEGER NOT NULL REFERENCES rooms (id),
    target INTEGER NOT NULL,            -- the message that is replied to
    seq    INTEGER NOT NULL,            -- the reply
    PRIMARY KEY (room, target, seq)
) STRICT, WITHOUT ROWID;
