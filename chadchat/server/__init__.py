"""Below ASGI: sockets, connections and the bytes of an answer. Knows nothing of chat."""
