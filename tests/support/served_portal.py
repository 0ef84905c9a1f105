"""A portal on a port of its own, for a real browser."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from support.portal import Portal


@contextmanager
def serving(portal: Portal) -> Iterator[str]:
    """Its address, until the end of the block."""
    server = uvicorn.Server(uvicorn.Config(portal.app, host="127.0.0.1", port=0, log_level="error"))
    listening = server.config.bind_socket()
    port = int(listening.getsockname()[1])
    object.__setattr__(portal.app.state.settings, "port", port)
    running = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    running.start()
    while not server.started:  # it listens from then on
        assert running.is_alive(), "the portal did not come up"
        time.sleep(0.01)
    try:
        yield f"http://localhost:{port}"
    finally:
        server.should_exit = True
        running.join(30)
