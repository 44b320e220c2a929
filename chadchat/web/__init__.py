"""One request: what it brings, in which format it is answered, and what every request has to pass."""
