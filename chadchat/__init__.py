"""chadchat: a self-hosted chat room for browsers, curl and any program that can read a stream."""

__version__ = "0.1.0"
