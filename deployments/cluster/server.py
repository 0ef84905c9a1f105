"""The engine's server for several machines: on one private address, with a password, on a PostgreSQL of its own; or not at all."""

import os
from pathlib import Path

from casework.shared.home import Home
from deployments.cluster.cluster_settings import Cluster, faults, refuse, server_environment, use
from deployments.server import soon_again


def run(home: Home, cluster: Cluster) -> None:
    """Serves until told to stop; refuses unsafe settings before it opens a port."""
    refuse(faults(cluster, server=True))
    serve(home, cluster)


def serve(home: Home, cluster: Cluster) -> None:
    """Serves with these settings, once the engine is seen to have taken them."""
    home.engine.mkdir(parents=True, exist_ok=True)
    use(server_environment(cluster, Path(home.engine)))
    os.umask(0o077)

    import uvicorn
    from prefect.server.api.server import create_app
    from prefect.settings import get_current_settings

    understood = get_current_settings().server.api
    secret = understood.auth_string
    if secret is None or secret.get_secret_value() != cluster.secret or "*" in understood.cors_allowed_origins:
        refuse([("PREFECT_SERVER_API_AUTH_STRING", "引擎没有采用登录设置", "the engine did not take its password")])
    app = soon_again(create_app())
    settings = uvicorn.Config(
        app, host=cluster.bind, port=cluster.port, log_level="warning", timeout_graceful_shutdown=5
    )
    uvicorn.Server(settings).run()
