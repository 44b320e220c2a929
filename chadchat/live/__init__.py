"""Live delivery: the feeds that carry committed events to open streams, and the leases that say who is here."""
