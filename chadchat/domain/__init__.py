"""The domain: one noun a file (rooms, members, messages ...) with its rules and its queries."""
