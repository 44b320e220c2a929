"""`chadchat serve` without reserved file descriptors, so that the process can run out of them."""

from __future__ import annotations

from unittest.mock import patch

from chadchat.cli import main

if __name__ == "__main__":
    with patch("chadchat.server.descriptors.KEPT", 0):
        main()
