"""The parts of a cluster, said once: Compose and Kubernetes are two ways to write them down."""

from dataclasses import dataclass
from importlib import metadata

from deployments.cluster.settings import BIND, DATABASE, SECRET, URL
from deployments.observe.endpoint import PORT as OBSERVE_PORT

IMAGE = f"duixian:{metadata.version('duixian')}"
POSTGRES = "postgres:17-bookworm"
ENGINE_PORT, POSTGRES_PORT = 4200, 5432
USER, POSTGRES_USER = 10001, 999
HOME, EVIDENCE = "/var/lib/duixian", "/var/lib/duixian/evidence"
RECORDS_URL, OBSERVE_TOKEN, OBSERVE_BIND = "DUIXIAN_DATABASE_URL", "DUIXIAN_OBSERVE_TOKEN", "DUIXIAN_OBSERVE_BIND"
# Secrets by name; what they hold is made by an administrator and stands in no file of ours.
SECRETS = {
    RECORDS_URL: "records-url",
    SECRET: "engine-secret",
    DATABASE: "engine-database-url",
    OBSERVE_TOKEN: "observe-token",
}
OWNER_URL = "records-owner-url"
# Files of whoever works on the records: the key that opens sealed names, and the channels; and the channels' own keys.
IDENTITY, IDENTITY_FILE = "DUIXIAN_IDENTITY_KEY", "identity-key"
CHANNELS, CHANNEL_KEYS = "channels.toml", "channel-keys"
PLAIN = {
    "DUIXIAN_HOME": HOME,
    "DUIXIAN_LANG": "zh",
    URL: f"http://engine:{ENGINE_PORT}/api",
    "DUIXIAN_OBSERVE_PORT": str(OBSERVE_PORT),
}


@dataclass(frozen=True, kw_only=True)
class Part:
    """A process of ours. `reaches` are the databases and the engine that it talks to; `out` that it may send messages."""

    name: str
    command: tuple[str, ...]
    replicas: int = 1
    secrets: tuple[str, ...]
    reaches: tuple[str, ...]
    bind: str = OBSERVE_BIND
    port: int = OBSERVE_PORT
    health: str = "/health"
    ready: str = ""
    memory: int  # MiB
    cpu: str
    out: bool = True


@dataclass(frozen=True, kw_only=True)
class Database:
    """A PostgreSQL with the roles that its script makes, each with a password from a secret of its own."""

    name: str
    script: str
    passwords: tuple[str, ...]
    gigabytes: int


_SHARED = (RECORDS_URL, SECRET, OBSERVE_TOKEN)
_REACHES = ("engine", "records-db")
ENGINE = Part(
    name="engine", command=("engine",), secrets=(SECRET, DATABASE), reaches=("engine-db",), bind=BIND, port=ENGINE_PORT,
    health="/api/health", ready="/api/ready", memory=1024, cpu="500m", out=False,
)  # fmt: skip
WORKER = Part(
    name="worker", command=("worker",), replicas=3, secrets=_SHARED, reaches=_REACHES, memory=1024, cpu="500m"
)
TRIGGER = Part(
    name="trigger", command=("trigger",), secrets=_SHARED, reaches=_REACHES, ready="/ready", memory=512, cpu="100m"
)
PARTS = (ENGINE, WORKER, TRIGGER)
BACKSTOP = ("jobs", "watch")  # each minute, as the units under deployments/systemd do

_OPEN = "set -eu\npsql -v ON_ERROR_STOP=1 -U postgres"
ENGINE_DB = Database(
    name="engine-db",
    passwords=("engine-db-admin", "engine-db-engine"),
    gigabytes=10,
    script=f"""{_OPEN} -v engine="$(cat /run/secrets/engine-db-engine)" <<'SQL'
CREATE ROLE engine LOGIN PASSWORD :'engine';
CREATE DATABASE engine OWNER engine;
REVOKE ALL ON DATABASE engine FROM PUBLIC;
SQL
""",
)
RECORDS_DB = Database(
    name="records-db",
    passwords=("records-db-admin", "records-db-owner", "records-db-service"),
    gigabytes=50,
    script=f"""{_OPEN} -v owner="$(cat /run/secrets/records-db-owner)" \\
  -v service="$(cat /run/secrets/records-db-service)" <<'SQL'
CREATE ROLE duixian_owner NOLOGIN;
CREATE ROLE duixian_app NOLOGIN;
CREATE ROLE duixian_auditor NOLOGIN;
CREATE ROLE duixian_upgrade LOGIN PASSWORD :'owner' IN ROLE duixian_owner;
ALTER ROLE duixian_upgrade SET role = 'duixian_owner';
CREATE ROLE duixian_service LOGIN PASSWORD :'service' IN ROLE duixian_app;
CREATE DATABASE duixian OWNER duixian_owner;
REVOKE ALL ON DATABASE duixian FROM PUBLIC;
GRANT CONNECT ON DATABASE duixian TO duixian_owner, duixian_app, duixian_auditor;
\\connect duixian
ALTER SCHEMA public OWNER TO duixian_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
SQL
""",
)
DATABASES = (ENGINE_DB, RECORDS_DB)


def users_of(name: str) -> list[str]:
    """The parts that talk to a database or to the engine."""
    found = [one.name for one in PARTS if name in one.reaches]
    return found + (["backstop"] if name == "records-db" else []) + (["setup"] if name in _REACHES else [])
