"""`chadchat serve` with another time-out for peers that acknowledge nothing: CHADCHAT_STUCK, in milliseconds."""

from __future__ import annotations

import os
from unittest.mock import patch

from chadchat.cli import main

if __name__ == "__main__":
    with patch("chadchat.server.sockets.STUCK", int(os.environ.pop("CHADCHAT_STUCK"))):
        main()
