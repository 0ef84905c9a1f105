"""The parts as Kubernetes manifests: secrets by reference, every way in closed but those that are needed, nothing runs as root."""

from typing import Any

from deployments.cluster import parts
from deployments.cluster.parts import Database, Part
from deployments.cluster.settings import SECRET

SPACE = "duixian"
_LABEL = "app.kubernetes.io/name"
_SAFE = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
_POD_IP = {"valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}
Manifest = dict[str, Any]


def documents() -> list[Manifest]:
    """All of them, in the order in which they are applied."""
    made: list[Manifest] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {
            "name": SPACE, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}},
        _thing("v1", "ServiceAccount", SPACE, automountServiceAccountToken=False),
        _thing("v1", "ConfigMap", "settings", data=dict(parts.PLAIN)),
        _claim("evidence", 100, "ReadWriteMany"),
        _claim("engine-home", 1, "ReadWriteOnce"),
    ]  # fmt: skip
    for one in parts.DATABASES:
        made += [_thing("v1", "ConfigMap", f"{one.name}-roles", data={"roles.sh": one.script}), _stateful(one)]
        made.append(_service(one.name, parts.POSTGRES_PORT))
    made.append(_service(parts.ENGINE.name, parts.ENGINE_PORT))
    made += [_deployment(one) for one in parts.PARTS]
    return [*made, _setup(), _backstop(), _budget(), *_network()]


def _thing(version: str, kind: str, name: str, **more: Any) -> Manifest:
    labels = {_LABEL: name, "app.kubernetes.io/part-of": SPACE}
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name, "namespace": SPACE, "labels": labels},
        **more,
    }


def _claim(name: str, gigabytes: int, mode: str) -> Manifest:
    wanted = {"requests": {"storage": f"{gigabytes}Gi"}}
    return _thing("v1", "PersistentVolumeClaim", name, spec={"accessModes": [mode], "resources": wanted})


def _service(name: str, port: int) -> Manifest:
    spec = {"type": "ClusterIP", "selector": {_LABEL: name}, "ports": [{"port": port, "targetPort": port}]}
    return _thing("v1", "Service", name, spec=spec)


def _secret(name: str, secret: str) -> Manifest:
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": "value"}}}


def _container(one: Part) -> Manifest:
    probes = {"livenessProbe": {**_get(one.health, one.port), "periodSeconds": 15, "failureThreshold": 4}}
    probes["startupProbe"] = {**_get(one.health, one.port), "periodSeconds": 5, "failureThreshold": 36}
    if one.ready:
        probes["readinessProbe"] = {**_get(one.ready, one.port), "periodSeconds": 10}
    resources = {
        "requests": {"cpu": one.cpu, "memory": f"{one.memory // 2}Mi"},
        "limits": {"memory": f"{one.memory}Mi"},
    }
    made = _ours(one.name, list(one.command), one.secrets, engine=one is parts.ENGINE)
    made["env"].append({"name": one.bind, **_POD_IP})
    return {**made, "ports": [{"containerPort": one.port}], "resources": resources, **probes}


def _ours(name: str, command: list[str], secrets: tuple[str, ...], *, engine: bool = False) -> Manifest:
    """A container of our image."""
    mounts: list[Manifest] = [{"name": "home", "mountPath": parts.HOME}, {"name": "tmp", "mountPath": "/tmp"}]
    keys = [] if engine else [{"secretRef": {"name": parts.CHANNEL_KEYS, "optional": True}}]
    env = [_secret(one, parts.SECRETS[one]) for one in secrets]
    if not engine:
        env.append({"name": parts.IDENTITY, "value": f"/run/keys/{parts.IDENTITY_FILE}"})
        mounts.append({"name": "evidence", "mountPath": parts.EVIDENCE})
        mounts.append({"name": "keys", "mountPath": "/run/keys", "readOnly": True})
        channels = f"{parts.HOME}/{parts.CHANNELS}"
        mounts.append({"name": "channels", "mountPath": channels, "subPath": parts.CHANNELS, "readOnly": True})
    return {
        "name": name,
        "image": parts.IMAGE,
        "args": command,
        "envFrom": [{"configMapRef": {"name": "settings"}}, *keys],
        "env": env,
        "securityContext": _SAFE,
        "volumeMounts": mounts,
        "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "512Mi"}},
    }


def _get(path: str, port: int) -> Manifest:
    return {"httpGet": {"path": path, "port": port}, "timeoutSeconds": 5}


def _pod(containers: list[Manifest], *, engine: bool = False, **more: Any) -> Manifest:
    home: Manifest = {"persistentVolumeClaim": {"claimName": "engine-home"}} if engine else {"emptyDir": {}}
    volumes = [{"name": "home", **home}, {"name": "tmp", "emptyDir": {}}]
    if not engine:
        volumes.append({"name": "evidence", "persistentVolumeClaim": {"claimName": "evidence"}})
        one = {"key": "value", "path": parts.IDENTITY_FILE}
        volumes.append({"name": "keys", "secret": {"secretName": parts.IDENTITY_FILE, "items": [one]}})
        volumes.append({"name": "channels", "secret": {"secretName": "channels"}})
    return {
        "serviceAccountName": SPACE,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 60,
        "securityContext": _unprivileged(parts.USER),
        "containers": containers,
        "volumes": volumes,
        **more,
    }


def _unprivileged(user: int) -> Manifest:
    profile = {"type": "RuntimeDefault"}
    return {"runAsNonRoot": True, "runAsUser": user, "runAsGroup": user, "fsGroup": user, "seccompProfile": profile}


def _template(name: str, spec: Manifest) -> Manifest:
    return {"metadata": {"labels": {_LABEL: name, "app.kubernetes.io/part-of": SPACE}}, "spec": spec}


def _deployment(one: Part) -> Manifest:
    engine = one is parts.ENGINE
    spec = {
        "replicas": one.replicas,
        "selector": {"matchLabels": {_LABEL: one.name}},
        "strategy": {"type": "Recreate"} if engine else {"type": "RollingUpdate"},
        "template": _template(one.name, _pod([_container(one)], engine=engine)),
    }
    return _thing("apps/v1", "Deployment", one.name, spec=spec)


def _setup() -> Manifest:
    """Schema as the owner, then the deployments; a new one for each version."""
    first = _ours("init", ["init"], (SECRET,))
    first["env"].append(_secret(parts.RECORDS_URL, parts.OWNER_URL))
    then = _ours("deploy", ["deploy", "--yes"], parts.TRIGGER.secrets)
    pod = _pod([then], initContainers=[first], restartPolicy="OnFailure")
    name = "setup-" + parts.IMAGE.rpartition(":")[2].replace(".", "-")
    return _thing("batch/v1", "Job", name, spec={"backoffLimit": 20, "template": _template("setup", pod)})


def _backstop() -> Manifest:
    """The timer outside the engine."""
    pod = _pod([_ours("backstop", list(parts.BACKSTOP), parts.TRIGGER.secrets)], restartPolicy="Never")
    job = {"backoffLimit": 0, "activeDeadlineSeconds": 900, "template": _template("backstop", pod)}
    spec = {
        "schedule": "* * * * *",
        "concurrencyPolicy": "Forbid",
        "successfulJobsHistoryLimit": 1,
        "failedJobsHistoryLimit": 3,
        "jobTemplate": {"spec": job},
    }
    return _thing("batch/v1", "CronJob", "backstop", spec=spec)


def _budget() -> Manifest:
    spec = {"minAvailable": 1, "selector": {"matchLabels": {_LABEL: parts.WORKER.name}}}
    return _thing("policy/v1", "PodDisruptionBudget", parts.WORKER.name, spec=spec)


def _stateful(one: Database) -> Manifest:
    keys = [{"secret": {"name": name, "items": [{"key": "value", "path": name}]}} for name in one.passwords]
    container = {
        "name": "postgres",
        "image": parts.POSTGRES,
        "env": [
            {"name": "POSTGRES_PASSWORD_FILE", "value": f"/run/secrets/{one.passwords[0]}"},
            {"name": "POSTGRES_INITDB_ARGS", "value": "--encoding=UTF8"},
            {"name": "PGDATA", "value": "/var/lib/postgresql/data/pgdata"},
        ],
        "ports": [{"containerPort": parts.POSTGRES_PORT}],
        "readinessProbe": {"exec": {"command": ["pg_isready", "-U", "postgres"]}, "periodSeconds": 5},
        "resources": {"requests": {"cpu": "500m", "memory": "512Mi"}, "limits": {"memory": "2Gi"}},
        "securityContext": _SAFE,
        "volumeMounts": [
            {"name": "data", "mountPath": "/var/lib/postgresql/data"},
            {"name": "run", "mountPath": "/var/run/postgresql"},
            {"name": "tmp", "mountPath": "/tmp"},
            {"name": "roles", "mountPath": "/docker-entrypoint-initdb.d", "readOnly": True},
            {"name": "secrets", "mountPath": "/run/secrets", "readOnly": True},
        ],
    }
    pod = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": _unprivileged(parts.POSTGRES_USER),
        "containers": [container],
        "volumes": [
            {"name": "run", "emptyDir": {}},
            {"name": "tmp", "emptyDir": {}},
            {"name": "roles", "configMap": {"name": f"{one.name}-roles"}},
            {"name": "secrets", "projected": {"defaultMode": 0o440, "sources": keys}},
        ],
    }
    room = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": f"{one.gigabytes}Gi"}},
    }
    spec = {
        "serviceName": one.name,
        "replicas": 1,
        "selector": {"matchLabels": {_LABEL: one.name}},
        "template": _template(one.name, pod),
        "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": room}],
    }
    return _thing("apps/v1", "StatefulSet", one.name, spec=spec)


def _network() -> list[Manifest]:
    """Nobody gets in; then each way in that is needed, for those who need it. The engine and the databases get nowhere else."""
    everybody: Manifest = {"podSelector": {}, "policyTypes": ["Ingress"]}
    made = [_thing("networking.k8s.io/v1", "NetworkPolicy", "nobody-gets-in", spec=everybody)]
    ports = {parts.ENGINE.name: parts.ENGINE_PORT, **{one.name: parts.POSTGRES_PORT for one in parts.DATABASES}}
    for name, port in ports.items():
        who = [{"podSelector": {"matchLabels": {_LABEL: user}}} for user in parts.users_of(name)]
        made.append(_way_in(name, who, port))
    watchers = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    made += [_way_in(one.name, [watchers], one.port) for one in parts.PARTS if one is not parts.ENGINE]
    dns = {"ports": [{"protocol": kind, "port": 53} for kind in ("UDP", "TCP")]}
    to = {"to": [{"podSelector": {"matchLabels": {_LABEL: "engine-db"}}}], "ports": [{"port": parts.POSTGRES_PORT}]}
    for name, ways in ((parts.ENGINE.name, [dns, to]), ("engine-db", [dns]), ("records-db", [dns])):
        spec = {"podSelector": {"matchLabels": {_LABEL: name}}, "policyTypes": ["Egress"], "egress": ways}
        made.append(_thing("networking.k8s.io/v1", "NetworkPolicy", f"{name}-out", spec=spec))
    return made


def _way_in(name: str, who: list[Manifest], port: int) -> Manifest:
    way = [{"from": who, "ports": [{"protocol": "TCP", "port": port}]}]
    spec = {"podSelector": {"matchLabels": {_LABEL: name}}, "policyTypes": ["Ingress"], "ingress": way}
    return _thing("networking.k8s.io/v1", "NetworkPolicy", f"{name}-in", spec=spec)
