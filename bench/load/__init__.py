"""The load generator: one process on a core of its own, standard library only."""
