"""The benchmark: chadchat and its peers under one load, in one run, on one machine."""
