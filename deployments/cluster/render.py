"""Writes the cluster down: image, Compose file and Kubernetes manifests, all from the same parts."""

from collections.abc import Mapping
from pathlib import Path

import yaml
from jinja2 import Environment, StrictUndefined

from deployments.cluster import compose, kubernetes, own_policies, parts
from deployments.observe.endpoint import PORT

TEMPLATE = Path(__file__).parents[1] / "manifests" / "image.txt"
PACKAGES = ("policies", "models", "notifications", "casework", "tasks", "flows", "deployments", "cli")
_HEAD = "# Written by `duixian deploy render` from deployments/cluster/parts.py: change it there.\n"


def files(policies: str | None = None) -> dict[str, str]:
    """The name of each file with its text; with those of one's own policies (`policies` as DUIXIAN_POLICIES, which counts else)."""
    own = own_policies.carried(policies)
    manifests = own_policies.in_kubernetes(kubernetes.documents(), own)
    return {
        "Dockerfile": _image(),
        "compose.yaml": _HEAD + _yaml(own_policies.in_compose(compose.document(), own)),
        "kubernetes.yaml": _HEAD + "---\n".join(_yaml(one) for one in manifests),
        **{f"{own_policies.FOLDER}/{name}": text for name, text in own.items()},
    }


def write(folder: Path, texts: Mapping[str, str]) -> list[Path]:
    """Writes the files. Policies are no secret, and the image's user must read them: whatever the umask, everybody may."""
    written = []
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        if name.startswith(f"{own_policies.FOLDER}/"):
            path.chmod(0o644)
            for parent in (one for one in path.parents if one != folder and one.is_relative_to(folder)):
                parent.chmod(0o755)
        written.append(path)
    return written


def _image() -> str:
    text = TEMPLATE.read_text(encoding="utf-8")
    template = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False).from_string(text)
    return template.render(
        image=parts.IMAGE,
        packages=PACKAGES,
        user=parts.USER,
        home=parts.HOME,
        evidence=parts.EVIDENCE,
        port=PORT,
    )


class _Plain(yaml.SafeDumper):  # type: ignore[misc]  # the library has no types
    """No anchors, and scripts as blocks."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _block(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Plain.add_representer(str, _block)


def _yaml(document: object) -> str:
    written: str = yaml.dump(document, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120)
    return written
