"""The handling of one request: its checks, body, caller and limits, and the format and headers of its answer."""
