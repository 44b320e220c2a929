"""Pictures: decodes what people upload in a process of its own, and writes it anew as WebP.

`reencoder` is what the server uses. It has a `process`, at the other end of which `worker` runs; `wire` is the protocol
between the two. The worker forks for each picture: there `limits` hold, and `still` or `animation` re-encodes it.
"""
