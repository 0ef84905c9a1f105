"""The parts as a Compose file: private networks, secrets as files, nothing published to the world."""

from typing import Any

from deployments.cluster import parts
from deployments.cluster.parts import Database, Part

_PROBE = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=5)"
_ALIAS = "engine-api"
_HARD = {
    "init": True,
    "read_only": True,
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
    "restart": "unless-stopped",
}


def document() -> dict[str, Any]:
    """The whole file."""
    services = {one.name: _service(one) for one in parts.PARTS}
    services |= {"backstop": _backstop(), "setup": _setup()}
    services |= {one.name: _database(one) for one in parts.DATABASES}
    named = [*parts.SECRETS.values(), parts.OWNER_URL, parts.IDENTITY_FILE]
    secrets = [*named, *(name for one in parts.DATABASES for name in one.passwords)]
    return {
        "name": "duixian",
        "services": services,
        "networks": {"engine-db": _PRIVATE, "engine": _PRIVATE, "records-db": _PRIVATE, "out": {}},
        "volumes": {name: {} for name in ("engine-home", "evidence", *(f"{one.name}-data" for one in parts.DATABASES))},
        "secrets": {name: {"file": f"./secrets/{name}"} for name in secrets},
        "configs": {
            "channels": {"file": f"./{parts.CHANNELS}"},
            **{f"{one.name}-roles": {"content": one.script.replace("$", "$$")} for one in parts.DATABASES},
        },
    }


_PRIVATE = {"internal": True}


def _service(one: Part) -> dict[str, Any]:
    host = _ALIAS if one is parts.ENGINE else "127.0.0.1"
    test = ["CMD", "python", "-c", _PROBE, f"http://{host}:{one.port}{one.health}"]
    made: dict[str, Any] = {
        **_ours(one.secrets, one.reaches, out=one.out),
        "command": list(one.command),
        "healthcheck": {"test": test, "interval": "15s", "timeout": "10s", "retries": 4, "start_period": "60s"},
        "deploy": {"replicas": one.replicas, "resources": {"limits": {"memory": f"{one.memory}M"}}},
        "stop_grace_period": "60s",
    }
    if one is parts.ENGINE:
        # A name that means its address on that one network only; the others are seen from inside their container only.
        made["environment"][one.bind] = _ALIAS
        made["networks"] = {"engine-db": {}, "engine": {"aliases": [_ALIAS]}}
        made["volumes"] = [f"engine-home:{parts.HOME}"]
    return made


def _ours(secrets: tuple[str, ...], reaches: tuple[str, ...], *, out: bool) -> dict[str, Any]:
    """What all our processes share."""
    files = {f"{name}_FILE": f"/run/secrets/{parts.SECRETS[name]}" for name in secrets}
    databases = {one.name for one in parts.DATABASES}
    waits = {name: {"condition": "service_healthy"} for name in reaches if name in databases}
    made: dict[str, Any] = {
        **_HARD,
        "image": parts.IMAGE,
        "environment": {**parts.PLAIN, **files},
        "secrets": [parts.SECRETS[name] for name in secrets],
        "networks": [*reaches, *(["out"] if out else [])],
        "tmpfs": ["/tmp"],
        "volumes": [],
        "depends_on": waits,
    }
    return _on_records(made) if "records-db" in reaches else made


def _on_records(made: dict[str, Any]) -> dict[str, Any]:
    """With what everybody needs who works on the records."""
    made["environment"][parts.IDENTITY] = f"/run/secrets/{parts.IDENTITY_FILE}"
    made["secrets"].append(parts.IDENTITY_FILE)
    made["env_file"] = [{"path": f"./secrets/{parts.CHANNEL_KEYS}.env", "required": False}]
    made["configs"] = [{"source": "channels", "target": f"{parts.HOME}/{parts.CHANNELS}"}]
    made["tmpfs"].append(f"{parts.HOME}:uid={parts.USER},mode=0700")
    made["volumes"].append(f"evidence:{parts.EVIDENCE}")
    return made


def _backstop() -> dict[str, Any]:
    """The timer outside the engine."""
    every = f"while sleep 60; do duixian {' '.join(parts.BACKSTOP)} || true; done"
    made = _ours(parts.TRIGGER.secrets, parts.TRIGGER.reaches, out=True)
    return {**made, "entrypoint": ["sh", "-c", every], "healthcheck": {"disable": True}}


def _setup() -> dict[str, Any]:
    """Schema as the owner, then the deployments; run by hand: `docker compose run --rm setup`."""
    made = _ours(parts.TRIGGER.secrets, parts.TRIGGER.reaches, out=False)
    made["environment"][f"{parts.RECORDS_URL}_FILE"] = f"/run/secrets/{parts.OWNER_URL}"
    made["secrets"] = [*made["secrets"], parts.OWNER_URL]
    run = "duixian init && duixian deploy --yes"
    return {**made, "restart": "no", "profiles": ["setup"], "entrypoint": ["sh", "-c", run]}


def _database(one: Database) -> dict[str, Any]:
    admin = one.passwords[0]
    return {
        "image": parts.POSTGRES,
        "restart": "unless-stopped",
        "environment": {"POSTGRES_PASSWORD_FILE": f"/run/secrets/{admin}", "POSTGRES_INITDB_ARGS": "--encoding=UTF8"},
        "secrets": list(one.passwords),
        "configs": [{"source": f"{one.name}-roles", "target": "/docker-entrypoint-initdb.d/roles.sh"}],
        "volumes": [f"{one.name}-data:/var/lib/postgresql/data"],
        "networks": [one.name],
        "shm_size": "256m",
        "healthcheck": {
            "test": ["CMD", "pg_isready", "-U", "postgres"], "interval": "5s", "timeout": "5s", "retries": 20,
        },
    }  # fmt: skip
