"""The portal's own process: `python -m web.portal_server` serves the installation that the environment names, with its workers."""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import uvicorn
from fastapi import FastAPI

from casework.parties import self_registration
from casework.privacy.log_masking import Mask, mask_records
from casework.shared.errors import Refused
from casework.shared.home import Home
from models.clock import real_now
from web.application import create_app
from web.portal_settings import WATCHED, WebSettings


def begin_log() -> None:
    """Lines on standard error with their instant (UTC), masked, where this process has no log yet; a worker has none."""
    if logging.getLogger().handlers:
        return
    mask_records(Mask.of_process())
    lines = logging.Formatter("%(asctime)s.%(msecs)03dZ %(levelname)-7s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
    lines.converter = time.gmtime
    handler = logging.StreamHandler()
    handler.setFormatter(lines)
    logging.getLogger().addHandler(handler)
    logging.getLogger("duixian").setLevel("INFO")


def application() -> FastAPI:
    """What each worker serves."""
    begin_log()
    home = Home.from_environment()
    store = home.store()
    self_registration.end_old(store, now=real_now())
    return create_app(home, store, WebSettings.from_environment())


def run(settings: WebSettings, factory: str | Callable[..., Any] = "web.portal_server:application") -> None:
    """Serves until it is told to stop."""
    uvicorn.run(
        factory,
        factory=True,
        host=settings.bind,
        port=settings.port,
        workers=settings.workers if isinstance(factory, str) else 1,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=settings.proxies or None,
        server_header=False,
        date_header=True,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=10,
        timeout_worker_healthcheck=60,  # on a busy machine a worker takes long to begin
        h11_max_incomplete_event_size=64 * 1024,
    )


def _end_with_parent() -> None:
    """Ends this process and its workers when standard input ends, as it does when the starting process is gone."""

    def watch() -> None:
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def main() -> int:
    """For a supervisor."""
    if os.environ.pop(WATCHED, ""):
        _end_with_parent()
    try:
        run(WebSettings.from_environment())
    except Refused as no:
        print(f"{no.zh}\n{no.en}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
