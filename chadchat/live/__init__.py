"""Live delivery: feeds that write committed events to open streams, and leases that track the members who are here."""
