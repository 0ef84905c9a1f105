"""Policies of one's own in the cluster: copied beside the manifests and mounted read-only by everybody who works on the records."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deployments.cluster import parts
from policies.finding import PLACES, WrongPolicies, places, search

FOLDER, MOUNT = "policies", "/etc/duixian/policies"
_MOST = 900_000  # bytes: a ConfigMap holds a mebibyte


def carried(setting: str | None = None) -> dict[str, str]:
    """The files of the places named, by their path in the mounted folder; what cannot be carried is refused with its place."""
    found: dict[str, str] = {}
    for place in places(setting):
        if not Path(place).exists() and "/" in place:
            raise WrongPolicies(place, "没有这个文件夹或文件，请检查路径", "there is no such folder or file")
        if not Path(place).exists():
            zh, en = "是已安装的模块，不是文件夹或文件：请装进镜像", "an installed module: build it into the image"
            raise WrongPolicies(place, zh, en)
        for name, file in _files(Path(place)):
            if name in found:
                raise WrongPolicies(place, f"{name} 在两处都有，请改名", f"{name} is in two places: rename one")
            found[name] = file.read_text(encoding="utf-8")
    if sum(len(text.encode()) for text in found.values()) > _MOST:
        raise WrongPolicies(str(place), "超过 900 KB，请装进镜像", "more than 900 kB: build it into the image")
    [*search(setting)]  # what is mounted must be usable
    return found


def _files(place: Path) -> Iterator[tuple[str, Path]]:
    """The files of one place: of a folder of policies its contents, of a policy's own package or file itself."""
    if place.is_file() and place.name not in ("__init__.py", "policy.py"):
        yield place.name, place
        return
    place = place.parent if place.is_file() else place
    own = (place / "__init__.py").is_file() or (place / "policy.py").is_file()
    root = place.parent if own else place
    for file in sorted(place.rglob("*")):
        parts_ = file.relative_to(root).parts
        if file.is_file() and "__pycache__" not in parts_ and not any(one.startswith(".") for one in parts_):
            yield "/".join(parts_), file


def in_compose(document: dict[str, Any], found: Mapping[str, str]) -> dict[str, Any]:
    """The file with the folder mounted."""
    for service in document["services"].values() if found else ():
        if parts.IDENTITY in service["environment"]:
            service["environment"][PLACES] = MOUNT
            service["volumes"].append(f"./{FOLDER}:{MOUNT}:ro")
    return document


def in_kubernetes(documents: list[dict[str, Any]], found: Mapping[str, str]) -> list[dict[str, Any]]:
    """The manifests with a ConfigMap of the files, mounted at their paths."""
    if not found:
        return documents
    keys = {name: name.replace("/", "..") for name in found}
    items = [{"key": key, "path": name} for name, key in keys.items()]
    for pod in map(_pod, documents):
        mine = [one for one in (*pod.get("containers", ()), *pod.get("initContainers", ())) if _on_records(one)]
        for container in mine:
            container["env"].append({"name": PLACES, "value": MOUNT})
            container["volumeMounts"].append({"name": FOLDER, "mountPath": MOUNT, "readOnly": True})
        if mine:
            pod["volumes"].append({"name": FOLDER, "configMap": {"name": FOLDER, "items": items}})
    settings = next(one for one in documents if one["kind"] == "ConfigMap")
    labels = {**settings["metadata"]["labels"], "app.kubernetes.io/name": FOLDER}
    meta = {**settings["metadata"], "name": FOLDER, "labels": labels}
    data = {keys[name]: text for name, text in found.items()}
    at = documents.index(settings) + 1
    return [*documents[:at], {**settings, "metadata": meta, "data": data}, *documents[at:]]


def _pod(document: Mapping[str, Any]) -> dict[str, Any]:
    """The pod that a manifest makes, {} for none."""
    spec = document.get("spec", {})
    spec = spec.get("jobTemplate", {}).get("spec", spec)
    found: dict[str, Any] = spec.get("template", {}).get("spec", {})
    return found


def _on_records(container: Mapping[str, Any]) -> bool:
    return any(one["name"] == parts.IDENTITY for one in container.get("env", ()))
