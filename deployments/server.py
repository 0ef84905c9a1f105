"""The engine's server as a child process: `python -m deployments.server FOLDER PORT`; ends when its parent does.

It binds the port itself (so no other process can take it in between), says which on its output, and watches its input: the
parent's end closes it, however the parent died, so that no server is ever left over.
"""

import os
import signal
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from deployments.settings import LOOPBACK, EngineFiles, server_environment

COME_AGAIN = b"0.2"  # seconds
Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def bind(wanted: int) -> socket.socket:
    """A listening socket on loopback: the wanted port, or any free one where it is taken."""
    for port in (wanted, 0):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError:
            listener.close()
            continue
        return listener
    raise OSError("no free port on loopback")


def end_with_parent() -> None:
    """Waits for the end of the parent, then for a clean stop, then goes without."""
    os.read(sys.stdin.fileno(), 1)
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(10)
    os._exit(1)


def soon_again(app: Application) -> Application:
    """The application, whose 503 ("database is locked", for milliseconds) says when to come again.

    Without that word the engine's client waits two seconds and more; measured: one run in fifteen, 2.4-3.3 s each.
    """

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == HTTPStatus.SERVICE_UNAVAILABLE:
                message = {**message, "headers": [*message.get("headers", ()), (b"retry-after", COME_AGAIN)]}
            await send(message)

        await app(scope, receive, sending)

    return answering


def main(folder: str, wanted: str) -> None:
    """Serves until told to stop."""
    listener = bind(int(wanted))
    port = int(listener.getsockname()[1])
    for name in [name for name in os.environ if name.startswith("PREFECT_")]:
        del os.environ[name]
    os.environ.update(server_environment(EngineFiles(folder=Path(folder)), port))
    print(port, flush=True)
    threading.Thread(target=end_with_parent, daemon=True).start()

    import uvicorn
    from prefect.server.api.server import create_app

    from deployments.observe.logs import Log

    Log(form="console", level="WARNING").start()

    app = soon_again(create_app())
    uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=3)).run(sockets=[listener])


if __name__ == "__main__":
    main(*sys.argv[1:])
