"""What `duixian deploy render` writes: valid by the schemas of Compose and Kubernetes, and closed to strangers by our own reading.

No image is built here. The Dockerfile is read line by line; Compose is held against the schema that check-jsonschema carries,
Kubernetes against those of kubernetes-validate.
"""

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from importlib.resources import files as carried
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from deployments.cluster import parts, render
from deployments.cluster.settings import is_private
from policies.finding import WrongPolicies
from support import tree

KUBERNETES = "1.34"
FILES = render.files()
COMPOSE: dict[str, Any] = yaml.safe_load(FILES["compose.yaml"])
KUBE: list[dict[str, Any]] = [one for one in yaml.safe_load_all(FILES["kubernetes.yaml"]) if one]


def of(kind: str) -> dict[str, dict[str, Any]]:
    """The manifests of a kind by name."""
    return {one["metadata"]["name"]: one for one in KUBE if one["kind"] == kind}


def pods() -> dict[str, dict[str, Any]]:
    """Every pod that the manifests make."""
    found = {}
    for one in KUBE:
        spec = one.get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        if "template" in spec:
            found[one["metadata"]["name"]] = spec["template"]
    return found


def test_the_compose_file_follows_its_schema() -> None:
    place = carried("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    schema = json.loads(place.read_text(encoding="utf-8"))
    checker = jsonschema.validators.validator_for(schema)(schema)
    assert [one.message for one in checker.iter_errors(COMPOSE)] == []
    assert [*checker.iter_errors({**COMPOSE, "services": {"x": {"imagee": "y"}}})], "the schema sees a wrong word"


@pytest.mark.parametrize("one", KUBE, ids=lambda one: f"{one['kind']}-{one['metadata']['name']}")
def test_every_manifest_follows_its_schema(one: dict[str, Any]) -> None:
    kubernetes_validate.validate(one, KUBERNETES, strict=True)


def test_the_schemas_see_a_wrong_word() -> None:
    wrong = {**of("Deployment")["worker"], "spec": {"replicaz": 3}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, KUBERNETES, strict=True)


def test_what_is_written_is_what_the_parts_say() -> None:
    assert set(COMPOSE["services"]) >= {"engine", "worker", "trigger", "backstop", "engine-db", "records-db"}
    assert COMPOSE["services"]["worker"]["deploy"]["replicas"] == of("Deployment")["worker"]["spec"]["replicas"] == 3
    for one in parts.PARTS:
        assert COMPOSE["services"][one.name]["command"] == list(one.command)
        assert pods()[one.name]["spec"]["containers"][0]["args"] == list(one.command)
    backstop = of("CronJob")["backstop"]["spec"]
    assert backstop["concurrencyPolicy"] == "Forbid" and backstop["schedule"] == "* * * * *"


def test_no_secret_stands_in_any_file() -> None:
    assert not of("Secret")
    secrets = {name: one["file"] for name, one in COMPOSE["secrets"].items()}
    assert all(file == f"./secrets/{name}" for name, file in secrets.items())
    for name, pod in pods().items():
        for container in pod["spec"]["containers"] + pod["spec"].get("initContainers", []):
            for variable in container.get("env", []):
                if re.search(r"SECRET|TOKEN|DATABASE_URL$", variable["name"]):
                    assert "secretKeyRef" in variable["valueFrom"], (name, variable["name"])
    for text in FILES.values():
        assert not re.search(r"://\w+:\w+@", text), "an address with a password"


def test_nothing_is_published_and_the_engine_is_reached_by_its_users_only() -> None:
    assert not [name for name, one in COMPOSE["services"].items() if one.get("ports")]
    assert {one["spec"]["type"] for one in of("Service").values()} == {"ClusterIP"}
    assert all(one["internal"] for name, one in COMPOSE["networks"].items() if name != "out")
    assert "out" not in COMPOSE["services"]["engine"]["networks"]
    ways = of("NetworkPolicy")
    assert ways["nobody-gets-in"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress"]}
    [way] = ways["engine-in"]["spec"]["ingress"]
    who = {one["podSelector"]["matchLabels"]["app.kubernetes.io/name"] for one in way["from"]}
    assert who == {"worker", "trigger", "setup"} and way["ports"][0]["port"] == 4200
    [way] = ways["engine-db-in"]["spec"]["ingress"]
    assert [one["podSelector"]["matchLabels"]["app.kubernetes.io/name"] for one in way["from"]] == ["engine"]
    assert not is_private("0.0.0.0") and "0.0.0.0" not in FILES["compose.yaml"] + FILES["kubernetes.yaml"]


def test_each_secret_is_given_to_those_who_need_it_only() -> None:
    assert COMPOSE["services"]["engine"]["secrets"] == ["engine-secret", "engine-database-url"]
    owner = [name for name, one in COMPOSE["services"].items() if parts.OWNER_URL in one.get("secrets", [])]
    assert owner == ["setup"], "nobody works as the owner"
    assert parts.DATABASE not in parts.WORKER.secrets + parts.TRIGGER.secrets


def test_whoever_works_on_the_records_has_their_key_and_the_channels() -> None:
    for name in ("worker", "trigger", "backstop"):
        service, pod = COMPOSE["services"][name], pods()[name]["spec"]
        assert service["environment"]["DUIXIAN_IDENTITY_KEY"] == "/run/secrets/identity-key"
        assert service["configs"][0]["target"] == "/var/lib/duixian/channels.toml"
        assert {"keys", "channels"} <= {one["name"] for one in pod["containers"][0]["volumeMounts"]}
    assert "identity-key" not in COMPOSE["services"]["engine"]["secrets"]
    assert "keys" not in {one["name"] for one in pods()["engine"]["spec"]["volumes"]}


def test_nothing_runs_as_root_or_writes_where_it_need_not() -> None:
    for name, pod in pods().items():
        safe = pod["spec"]["securityContext"]
        assert safe["runAsNonRoot"] and safe["runAsUser"] and safe["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in pod["spec"]["containers"] + pod["spec"].get("initContainers", []):
            own = container["securityContext"]
            assert own["readOnlyRootFilesystem"] and not own["allowPrivilegeEscalation"], name
            assert own["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["limits"]["memory"] and container["resources"]["requests"]["cpu"]
    ours = [one for one in COMPOSE["services"].values() if one["image"] == parts.IMAGE]
    assert len(ours) == 5 and all(one["read_only"] and one["cap_drop"] == ["ALL"] for one in ours)


def test_every_long_lived_process_is_probed() -> None:
    for one in parts.PARTS:
        container = pods()[one.name]["spec"]["containers"][0]
        assert container["livenessProbe"]["httpGet"] == {"path": one.health, "port": one.port}
        assert "test" in COMPOSE["services"][one.name]["healthcheck"]
    assert pods()["trigger"]["spec"]["containers"][0]["readinessProbe"]["httpGet"]["path"] == "/ready"


def test_every_reference_leads_somewhere() -> None:
    configs, claims = set(of("ConfigMap")), set(of("PersistentVolumeClaim"))
    for name, pod in pods().items():
        volumes = {one["name"]: one for one in pod["spec"]["volumes"]}
        for one in volumes.values():
            assert one.get("configMap", {}).get("name", "settings") in configs, name
            assert one.get("persistentVolumeClaim", {}).get("claimName", "evidence") in claims, name
        for container in pod["spec"]["containers"]:
            mounted = {one["name"] for one in container["volumeMounts"]}
            assert mounted <= {*volumes, "data"}, name
        assert pod["metadata"]["labels"]["app.kubernetes.io/name"]
    for name, one in COMPOSE["services"].items():
        assert set(one.get("secrets", [])) <= set(COMPOSE["secrets"]), name
        assert set(one["networks"]) <= set(COMPOSE["networks"]), name
        assert {volume.partition(":")[0] for volume in one["volumes"]} <= set(COMPOSE["volumes"]), name


def test_the_image_is_locked_unprivileged_and_names_no_place() -> None:
    text = FILES["Dockerfile"]
    joined = re.sub(r"\\\n\s*", "", text)
    lines = [line for line in joined.splitlines() if line and not line.startswith("#")]
    words = [line.split()[0] for line in lines]
    known = "ARG FROM ENV RUN WORKDIR COPY USER VOLUME EXPOSE HEALTHCHECK STOPSIGNAL ENTRYPOINT CMD".split()
    assert set(words) <= set(known)
    assert not re.search(r"://(?!127\.0\.0\.1)|index-url|trusted-host", text)
    assert "--require-hashes" in text and "--only-binary :all:" in text
    users = [line for line in lines if line.startswith("USER")]
    assert users == [f"USER {parts.USER}:{parts.USER}"]
    assert words.index("USER") < words.index("ENTRYPOINT") and "HEALTHCHECK" in words
    assert not [line for line in lines if line.startswith("ADD") or "sudo" in line or "chmod 777" in line]
    copied = {line.split()[1] for line in lines if line.startswith("COPY") and "--from" not in line}
    assert copied >= set(tree.PACKAGES) and all((tree.ROOT / name).exists() for name in copied)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Path]:
    """A folder with a policy in a file and one in a package, and nothing of them imported before and afterwards."""
    folder = tmp_path / "own"
    shutil.copytree(tree.ROOT / "docs" / "examples" / "policies", folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "inner").mkdir()
    (folder / "inner" / "__init__.py").write_text("from inner.text import POLICY\n")
    (folder / "inner" / "text.py").write_text(
        "from dataclasses import replace\nfrom policies.xiuzhou_2023 import POLICY as OLD\nPOLICY = replace(OLD, code='XZ2030')\n"
    )
    others = {name: sys.modules.pop(name) for name in ("xiuzhou_2026_example",) if name in sys.modules}
    before, path = set(sys.modules), list(sys.path)
    sys.path[:] = [one for one in path if Path(one) != tree.ROOT / "docs" / "examples" / "policies"]
    yield folder
    for name in set(sys.modules) - before:
        del sys.modules[name]
    sys.modules.update(others)
    sys.path[:] = path


def test_policies_of_ones_own_are_mounted_by_all_who_work_on_the_records_and_by_nobody_else(
    own: Path, tmp_path: Path
) -> None:
    from policies.finding import search

    files = render.files(str(own))
    names = {name.removeprefix("policies/") for name in files if name.startswith("policies/")}
    assert names == {"xiuzhou_2026_example.py", "inner/__init__.py", "inner/text.py"}
    before = os.umask(0o077)
    written = render.write(tmp_path / "out", files)
    os.umask(before)
    for one in (path for path in written if "policies" in path.parts):
        assert one.stat().st_mode & 0o777 == 0o644 and one.parent.stat().st_mode & 0o777 == 0o755, (
            "the image's user reads it"
        )
    compose = yaml.safe_load(files["compose.yaml"])
    mounted = {
        name for name, one in compose["services"].items() if "./policies:/etc/duixian/policies:ro" in one["volumes"]
    }
    assert mounted == {"worker", "trigger", "backstop", "setup"}
    assert {n for n, one in compose["services"].items() if "DUIXIAN_POLICIES" in one["environment"]} == mounted
    manifests = [one for one in yaml.safe_load_all(files["kubernetes.yaml"]) if one]
    for one in manifests:
        kubernetes_validate.validate(one, KUBERNETES, strict=True)
    [config] = [one for one in manifests if one["kind"] == "ConfigMap" and one["metadata"]["name"] == "policies"]
    assert all(re.fullmatch(r"[-._a-zA-Z0-9]+", key) for key in config["data"])
    using = set()
    for one in manifests:
        spec = one.get("spec", {})
        pod = spec.get("jobTemplate", {}).get("spec", spec).get("template", {}).get("spec", {})
        for volume in pod.get("volumes", ()):
            if volume["name"] == "policies":
                using.add(one["metadata"]["name"])
                placed = tmp_path / one["metadata"]["name"]
                for item in volume["configMap"]["items"]:
                    (placed / item["path"]).parent.mkdir(parents=True, exist_ok=True)
                    (placed / item["path"]).write_text(config["data"][item["key"]])
                for container in (*pod["containers"], *pod.get("initContainers", ())):
                    assert {"name": "DUIXIAN_POLICIES", "value": "/etc/duixian/policies"} in container["env"]
                    assert {"name": "policies", "mountPath": "/etc/duixian/policies", "readOnly": True} in container[
                        "volumeMounts"
                    ]
    assert {re.sub(r"-[0-9-]+$", "", name) for name in using} == {"worker", "trigger", "backstop", "setup"}
    assert {one.policy.code for one in search(str(own))} == {"XZ2026EX", "XZ2030"}
    assert {file.relative_to(placed).as_posix() for file in placed.rglob("*.py")} == names, (
        "the pods see the same files"
    )


def test_what_cannot_be_mounted_is_refused_with_its_place(own: Path) -> None:
    with pytest.raises(WrongPolicies, match="build it into the image"):
        render.files("json")
    with pytest.raises(WrongPolicies, match="no such folder"):
        render.files(str(own / "nowhere"))
    (own / "empty").mkdir()
    with pytest.raises(WrongPolicies, match="no policy here"):
        render.files(str(own / "empty"))
    with pytest.raises(WrongPolicies, match="two places"):
        render.files(f"{own}{os.pathsep}{own / 'xiuzhou_2026_example.py'}")
