-- The seat of a token, where its room is not known: `GET /rooms/mine` of a program.

CREATE INDEX members_by_seat ON members (token) WHERE token IS NOT NULL;
CREATE INDEX tokens_by_token ON tokens (token);
