"""The files under deployments/manifests: valid by the schemas of Compose and Kubernetes, closed to strangers by our own reading,
and in agreement with the program that they start.

No image is built here. The Dockerfile is read line by line; Compose is held against the schema that check-jsonschema carries,
Kubernetes against those of kubernetes-validate.
"""

import json
import re
import sys
from importlib import metadata
from importlib.resources import files as carried
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml
from typer.testing import CliRunner

from cli.app import FLAT, app
from deployments.cluster.cluster_settings import DATABASE, SECRET, Cluster, faults, is_private
from deployments.cluster.roles import logins
from deployments.observe.endpoint import PORT
from policies.finding import PLACES, search
from support import tree
from support.passing_modules import forget_passing
from web.portal_settings import WebSettings

KUBERNETES = "1.34"
FOLDER = tree.ROOT / "deployments" / "manifests"
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.rglob("*")) if path.is_file()}
COMPOSE: dict[str, Any] = yaml.safe_load(TEXTS["compose.yaml"])
KUSTOMIZATION: dict[str, Any] = yaml.safe_load(TEXTS["kustomization.yaml"])
KUBE: list[dict[str, Any]] = [
    document for name in KUSTOMIZATION["resources"] for document in yaml.safe_load_all((FOLDER / name).read_text())
]
IMAGE = f"duixian:{metadata.version('duixian')}"
NAME = "app.kubernetes.io/name"
LONG_LIVED = {
    "engine": ("/api/health", 4200), "worker": ("/health", PORT), "trigger": ("/health", PORT),
    "portal": ("/static/portal.css", WebSettings().port),
}  # fmt: skip
COMMANDS = {"portal": "web"}  # what a process runs where it is called otherwise
BOUND = {
    "DUIXIAN_ENGINE_BIND",
    "DUIXIAN_OBSERVE_BIND",
    "DUIXIAN_WEB_BIND",
    "POD_IP",
}  # a pod's address is told by Kubernetes
ON_RECORDS = {"worker", "trigger", "backstop", "setup"}
HANDLING_CASES = {*ON_RECORDS, "portal"}
SETTINGS = dict(line.split("=", 1) for line in TEXTS["settings.env"].splitlines() if line and not line.startswith("#"))


def of(kind: str) -> dict[str, dict[str, Any]]:
    """The manifests of a kind by name."""
    return {document["metadata"]["name"]: document for document in KUBE if document["kind"] == kind}


def pods() -> dict[str, dict[str, Any]]:
    """Every pod that the manifests make."""
    found = {}
    for document in KUBE:
        spec = document.get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        if "template" in spec:
            found[document["metadata"]["name"]] = spec["template"]
    return found


def containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    """Its containers, those that run before the others too."""
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def with_defaults(text: str) -> str:
    """What Compose makes of ${NAME:-default} where nothing is set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


def test_the_compose_file_follows_its_schema() -> None:
    place = carried("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    schema = json.loads(place.read_text(encoding="utf-8"))
    checker = jsonschema.validators.validator_for(schema)(schema)
    assert [fault.message for fault in checker.iter_errors(COMPOSE)] == []
    assert [*checker.iter_errors({**COMPOSE, "services": {"x": {"imagee": "y"}}})], "the schema sees a wrong word"


@pytest.mark.parametrize("manifest", KUBE, ids=lambda manifest: f"{manifest['kind']}-{manifest['metadata']['name']}")
def test_every_manifest_follows_its_schema(manifest: dict[str, Any]) -> None:
    kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


def test_the_schemas_see_a_wrong_word() -> None:
    wrong = {**of("Deployment")["worker"], "spec": {"replicaz": 3}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, KUBERNETES, strict=True)


def test_the_processes_are_those_of_the_program_and_the_same_in_both() -> None:
    processes = {*FLAT["deploy"], "portal"} - {"deploy"}
    assert processes == set(LONG_LIVED) == set(of("Deployment"))
    assert set(COMPOSE["services"]) == {*processes, "backstop", "setup", "engine-db", "records-db"}
    for name in processes:
        service, [container] = COMPOSE["services"][name], containers(pods()[name])
        assert service["command"] == container["args"] == [COMMANDS.get(name, name)]
        assert int(with_defaults(str(service["deploy"]["replicas"]))) == of("Deployment")[name]["spec"]["replicas"]
        limit = service["deploy"]["resources"]["limits"]["memory"]
        assert f"{limit}i" == container["resources"]["limits"]["memory"]
        given = {variable["name"] for variable in container["env"]} - BOUND
        assert given == {variable.removesuffix("_FILE") for variable in service["environment"]} - BOUND
    assert COMPOSE["services"]["worker"]["deploy"]["replicas"] == "${DUIXIAN_WORKERS:-3}"
    backstop = of("CronJob")["backstop"]["spec"]
    assert backstop["concurrencyPolicy"] == "Forbid" and backstop["schedule"] == "* * * * *"


def test_every_command_in_the_files_is_one_of_the_program() -> None:
    typed = [container["args"] for pod in pods().values() for container in containers(pod) if "args" in container]
    for service in COMPOSE["services"].values():
        for words in service.get("entrypoint", ())[2:]:
            typed += [command.split() for command in re.findall(r"duixian ([a-z -]+[a-z])", words)]
    assert {tuple(words) for words in typed} == {
        ("engine",), ("worker",), ("trigger",), ("web",), ("jobs", "watch"), ("init",), ("deploy", "--yes"),
    }  # fmt: skip
    for words in typed:
        known = CliRunner().invoke(app, [word for word in words if not word.startswith("-")] + ["--help"])
        assert known.exit_code == 0 and all(word in known.output for word in words if word.startswith("-")), words


def test_every_variable_in_the_files_is_read_by_the_program_and_the_settings_make_a_cluster() -> None:
    sources = "\n".join(tree.text(path) for path in tree.sources(*tree.PACKAGES))
    given = {name.removesuffix("_FILE") for service in COMPOSE["services"].values() for name in service["environment"]}
    for pod in pods().values():
        given |= {variable["name"] for container in containers(pod) for variable in container["env"]}
    for name in {*given, *SETTINGS}:
        assert not name.startswith("DUIXIAN_") or f'"{name}"' in sources or f'"{name}_FILE"' in sources, name
    assert SETTINGS["DUIXIAN_OBSERVE_PORT"] == str(PORT) and SETTINGS[PLACES] == ""
    cluster = Cluster.from_environment(
        {**SETTINGS, SECRET: "operator:0123456789abcdef", DATABASE: "postgresql://e@d/e"}
    )
    assert cluster is not None and (cluster.host, cluster.port) == ("engine", LONG_LIVED["engine"][1])
    assert {variable for variable, _, _ in faults(cluster, server=True)} <= {"DUIXIAN_ENGINE_URL"}, "no such host here"


def test_what_an_operator_sets_has_a_default_and_one_place() -> None:
    example = dict(line.split("=", 1) for line in TEXTS["environment.example"].splitlines() if not line.startswith("#"))
    assert dict(re.findall(r"\$\{(\w+):-([^}]*)\}", TEXTS["compose.yaml"])) == example
    assert "${" not in with_defaults(TEXTS["compose.yaml"]) and example["DUIXIAN_IMAGE"] == IMAGE
    tags = {image["name"]: f"{image['newName']}:{image['newTag']}" for image in KUSTOMIZATION["images"]}
    assert tags == {"duixian": IMAGE, "postgres": example["POSTGRES_IMAGE"]}
    assert {container["image"] for pod in pods().values() for container in containers(pod)} == set(tags.values())
    counts = {replica["name"]: replica["count"] for replica in KUSTOMIZATION["replicas"]}
    assert (
        counts
        == {"worker": of("Deployment")["worker"]["spec"]["replicas"]}
        == {"worker": int(example["DUIXIAN_WORKERS"])}
    )
    listed = {f"kubernetes/{path.name}" for path in (FOLDER / "kubernetes").iterdir()}
    assert set(KUSTOMIZATION["resources"]) == listed


def test_no_secret_stands_in_any_file() -> None:
    assert not of("Secret")
    secrets = {name: secret["file"] for name, secret in COMPOSE["secrets"].items()}
    assert all(file == f"secrets/{name}" for name, file in secrets.items())
    for name, pod in pods().items():
        for container in containers(pod):
            for variable in container["env"]:
                if re.search(r"SECRET|TOKEN|DATABASE_URL$", variable["name"]):
                    assert "secretKeyRef" in variable["valueFrom"], (name, variable["name"])
    for text in TEXTS.values():
        assert not re.search(r"://\w+:\w+@", text), "an address with a password"


def test_nothing_is_published_and_the_engine_is_reached_by_its_users_only() -> None:
    assert not [name for name, service in COMPOSE["services"].items() if service.get("ports")]
    assert {service["spec"]["type"] for service in of("Service").values()} == {"ClusterIP"}
    assert all(network["internal"] for name, network in COMPOSE["networks"].items() if name != "out")
    assert "out" not in COMPOSE["services"]["engine"]["networks"]
    ways = of("NetworkPolicy")
    assert ways["nobody-gets-in"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress"]}
    users = {
        "engine": ({"worker", "trigger", "setup"}, 4200), "engine-db": ({"engine"}, 5432), "records-db": (HANDLING_CASES, 5432),
    }  # fmt: skip
    for name, (who, port) in users.items():
        [way] = ways[f"{name}-in"]["spec"]["ingress"]
        assert {user["podSelector"]["matchLabels"][NAME] for user in way["from"]} == who
        assert way["ports"] == [{"protocol": "TCP", "port": port}]
        if name != "engine":
            there = {user for user, service in COMPOSE["services"].items() if name in service["networks"]}
            assert there - {name} == who
    for name in ("engine", "engine-db", "records-db", "portal"):
        assert ways[f"{name}-out"]["spec"]["policyTypes"] == ["Egress"]
    assert not is_private("0.0.0.0") and not [name for name, text in TEXTS.items() if "0.0.0.0" in text]


def test_each_secret_is_given_to_those_who_need_it_only() -> None:
    assert COMPOSE["services"]["engine"]["secrets"] == ["engine-secret", "engine-database-url"]
    owner = [name for name, service in COMPOSE["services"].items() if "records-owner-url" in service["secrets"]]
    assert owner == ["setup"], "nobody works as the owner"
    for name in ("worker", "trigger", "backstop"):
        [container] = containers(pods()[name])
        assert DATABASE not in {variable["name"] for variable in container["env"]}
        assert set(COMPOSE["services"][name]["secrets"]) == {
            "records-url",
            "engine-secret",
            "observe-token",
            "identity-key",
        }
    [portal] = containers(pods()["portal"])
    assert COMPOSE["services"]["portal"]["secrets"] == ["records-service-url", "identity-key"]
    assert not re.search(r"ENGINE|'secretRef'", str(portal)), "nothing of the engine, no channel's keys"
    assert not [variable for variable in COMPOSE["services"]["portal"]["environment"] if "ENGINE" in variable]
    [url] = [variable for variable in portal["env"] if variable["name"] == "DUIXIAN_DATABASE_URL"]
    assert url["valueFrom"]["secretKeyRef"]["name"] == "records-service-url", "people's acts, not the runs' role"
    for database, passwords in {
        name: COMPOSE["services"][name]["secrets"] for name in ("engine-db", "records-db")
    }.items():
        [keys] = [volume["projected"] for volume in pods()[database]["spec"]["volumes"] if volume["name"] == "secrets"]
        assert [source["secret"]["name"] for source in keys["sources"]] == passwords
        assert set(re.findall(r"/run/secrets/([\w-]+)", TEXTS[f"{database}.sh"])) == set(passwords[1:])


def test_the_script_of_the_business_database_makes_the_roles_that_the_program_grants_to() -> None:
    script = TEXTS["records-db.sh"]
    for statement in logins().splitlines():
        if "reader" not in statement:  # the auditor's is made where there is an auditor
            assert re.search(
                re.escape(statement.removesuffix(";")).replace(r"LOGIN\ ", r"LOGIN (PASSWORD :'\w+' )?"), script
            )
    assert "REVOKE ALL ON DATABASE duixian FROM PUBLIC" in script


def test_whoever_works_on_the_records_has_their_key_and_the_channels() -> None:
    for name in ON_RECORDS:
        service, pod = COMPOSE["services"][name], pods()[name]["spec"]
        assert service["environment"]["DUIXIAN_IDENTITY_KEY"] == "/run/secrets/identity-key"
        assert service["configs"][0]["target"] == "/var/lib/duixian/channels.toml"
        assert {"keys", "channels"} <= {mount["name"] for mount in pod["containers"][0]["volumeMounts"]}
    assert "identity-key" not in COMPOSE["services"]["engine"]["secrets"]
    assert "keys" not in {volume["name"] for volume in pods()["engine"]["spec"]["volumes"]}


def test_policies_of_ones_own_are_mounted_by_all_who_work_on_the_records_and_by_nobody_else(tmp_path: Path) -> None:
    place = "/etc/duixian/policies"
    assert place in TEXTS["settings.env"], "the place that is to be named"
    services = COMPOSE["services"]
    assert {name for name in services if f"./policies:{place}:ro" in services[name]["volumes"]} == HANDLING_CASES
    mount = {"name": "policies", "mountPath": place, "readOnly": True}
    mounting = {
        name for name, pod in pods().items() if all(mount in container["volumeMounts"] for container in containers(pod))
    }
    assert mounting == HANDLING_CASES
    [generated] = [entry for entry in KUSTOMIZATION["configMapGenerator"] if entry["name"] == "policies"]
    example = tree.ROOT / "docs" / "examples" / "policies" / "xiuzhou_2026_example.py"
    for file in [*(FOLDER / name for name in generated["files"]), example]:
        (tmp_path / file.name).write_bytes(file.read_bytes())
    path, modules = list(sys.path), set(sys.modules)
    try:
        assert {found.policy.code for found in search(str(tmp_path))} == {"XZ2026EX"}, (
            "what lies beside it is no policy"
        )
    finally:  # what was imported from this folder stands in nobody's way afterwards
        sys.path[:] = path
        forget_passing(modules)


def test_nothing_runs_as_root_or_writes_where_it_need_not() -> None:
    for name, pod in pods().items():
        safe = pod["spec"]["securityContext"]
        assert safe["runAsNonRoot"] and safe["runAsUser"] and safe["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in containers(pod):
            own = container["securityContext"]
            assert own["readOnlyRootFilesystem"] and not own["allowPrivilegeEscalation"], name
            assert own["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["limits"]["memory"] and container["resources"]["requests"]["cpu"]
    ours = [service for service in COMPOSE["services"].values() if with_defaults(service["image"]) == IMAGE]
    assert len(ours) == 6 and all(service["read_only"] and service["cap_drop"] == ["ALL"] for service in ours)


def test_every_long_lived_process_is_probed() -> None:
    for name, (path, port) in LONG_LIVED.items():
        [container] = containers(pods()[name])
        assert (
            container["livenessProbe"]["httpGet"]
            == container["startupProbe"]["httpGet"]
            == {"path": path, "port": port, **hosted(name)}
        )
        assert container["ports"] == [{"containerPort": port}]
        assert f":{port}{path}'" in COMPOSE["services"][name]["healthcheck"]["test"][-1]
    [trigger], [engine] = containers(pods()["trigger"]), containers(pods()["engine"])
    assert trigger["readinessProbe"]["httpGet"]["path"] == "/ready"
    assert engine["readinessProbe"]["httpGet"]["path"] == "/api/ready"
    assert containers(pods()["portal"])[0]["readinessProbe"]["httpGet"]["path"] == "/sign-in"


def hosted(name: str) -> dict[str, Any]:
    """What a probe says beside its path: the portal answers to the hosts that it knows only."""
    if name != "portal":
        return {}
    host = f"localhost:{WebSettings().port}"
    assert host in WebSettings(address="https://portal.example.gov.cn").hosts
    assert f"'Host': '{host}'" in COMPOSE["services"][name]["healthcheck"]["test"][-1]
    return {"httpHeaders": [{"name": "Host", "value": host}]}


def test_the_portal_listens_on_one_address_of_the_network_that_its_proxy_joins() -> None:
    portal = COMPOSE["services"]["portal"]
    bound = WebSettings.from_environment({"DUIXIAN_WEB_BIND": portal["environment"]["DUIXIAN_WEB_BIND"]})
    assert portal["networks"]["front"] == {"aliases": [bound.bind]} and bound.port == LONG_LIVED["portal"][1]
    assert {name for name, service in COMPOSE["services"].items() if "front" in service["networks"]} == {"portal"}
    [container] = containers(pods()["portal"])
    given = {variable["name"]: variable.get("value") for variable in container["env"]}
    assert given["DUIXIAN_WEB_BIND"] == f"$(POD_IP):{bound.port}"
    assert list(given).index("POD_IP") < list(given).index("DUIXIAN_WEB_BIND"), "a variable is known to later ones only"
    [way] = of("NetworkPolicy")["portal-in"]["spec"]["ingress"]
    assert [source for source in way["from"] if "podSelector" in source] == []
    assert of("Service")["portal"]["spec"]["ports"] == [{"port": bound.port, "targetPort": bound.port}]


def test_every_reference_leads_somewhere() -> None:
    generators = {entry["name"]: entry for entry in KUSTOMIZATION["configMapGenerator"]}
    for entry in generators.values():
        for file in [*entry.get("files", []), *entry.get("envs", [])]:
            assert (FOLDER / file.rpartition("=")[2]).is_file()
    claims, used = set(of("PersistentVolumeClaim")), set()
    for name, pod in pods().items():
        volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
        for volume in volumes.values():
            used.add(volume.get("configMap", {}).get("name", "settings"))
            assert volume.get("persistentVolumeClaim", {}).get("claimName", "evidence") in claims, name
        for container in containers(pod):
            assert {mount["name"] for mount in container["volumeMounts"]} <= {*volumes, "data"}, name
        assert pod["metadata"]["labels"][NAME]
    assert used == set(generators)
    for name, service in COMPOSE["services"].items():
        assert set(service["secrets"]) <= set(COMPOSE["secrets"]), name
        assert {config["source"] for config in service.get("configs", [])} <= set(COMPOSE["configs"]), name
        assert set(service["networks"]) <= set(COMPOSE["networks"]), name
        named = {volume.partition(":")[0] for volume in service["volumes"]} - {"./policies"}
        assert named <= set(COMPOSE["volumes"]), name
        files = [file for file in service.get("env_file", ()) if isinstance(file, str)]
        assert all((FOLDER / file).is_file() for file in files), name
    scripts = {config["file"] for config in COMPOSE["configs"].values()} - {"channels.toml"}
    assert all((FOLDER / file).is_file() for file in scripts)


def test_the_image_is_locked_unprivileged_and_names_no_place() -> None:
    text = TEXTS["Dockerfile"]
    joined = re.sub(r"\\\n\s*", "", text)
    lines = [line for line in joined.splitlines() if line and not line.startswith("#")]
    words = [line.split()[0] for line in lines]
    known = "ARG FROM ENV RUN WORKDIR COPY USER VOLUME EXPOSE HEALTHCHECK STOPSIGNAL ENTRYPOINT CMD".split()
    assert set(words) <= set(known)
    assert not re.search(r"://(?!127\.0\.0\.1)|index-url|trusted-host", text)
    assert "--require-hashes" in text and "--only-binary :all:" in text
    users = [line for line in lines if line.startswith("USER")]
    assert users == ["USER 10001:10001"] and pods()["worker"]["spec"]["securityContext"]["runAsUser"] == 10001
    assert f"EXPOSE {PORT}" in lines and f"DUIXIAN_HOME={SETTINGS['DUIXIAN_HOME']}" in text and IMAGE in text
    assert words.index("USER") < words.index("ENTRYPOINT") and "HEALTHCHECK" in words
    assert not [line for line in lines if line.startswith("ADD") or "sudo" in line or "chmod 777" in line]
    copied = {line.split()[1] for line in lines if line.startswith("COPY") and "--from" not in line}
    assert copied >= set(tree.PACKAGES) and all((tree.ROOT / name).exists() for name in copied)
