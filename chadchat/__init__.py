"""chadchat: a self-hosted chat room for browsers, curl and anything that can read a stream."""

__version__ = "0.1.0"
