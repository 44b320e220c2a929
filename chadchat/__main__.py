"""Runs the command line: `python -m chadchat` does the same as `chadchat`."""

from .cli import main

main()
