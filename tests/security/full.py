"""`chadchat serve`, but it keeps no descriptor for itself, so that the kernel has none left in the end."""

from __future__ import annotations

from unittest.mock import patch

from chadchat.cli import main

if __name__ == "__main__":
    with patch("chadchat.server.descriptors.KEPT", 0):
        main()
