"""`python -m chadchat` is `chadchat`."""

from .cli import main

main()
