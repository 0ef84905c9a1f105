"""The documents hold: every link leads somewhere, every command is described, every decision record is dated."""

import re
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from support import tree

PAGES = [path for path in tree.files() if path.suffix == ".md"]
COMMANDS = Path("docs/commands.md")
DECISIONS = Path("docs/decisions")  # each speaks of the day on which it was written
FOLDERS = sorted({path.parts[0] for path in tree.files() if len(path.parts) > 1})
# Files of a reader's own, and of the policies that examples speak of.
EXAMPLES = {
    "__init__.py", "_helper.py", "_m14b_2.py", "lakeshore/__init__.py", "my_policy.py", "my_policy/__init__.py", "page.py",
    "xiuzhou_2023/mNN_slug.py",
}  # fmt: skip
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")


def prose(path: Path) -> str:
    """A page without its code, where brackets are no links."""
    return re.sub(r"```.*?```|`[^`\n]*`", "", tree.text(path), flags=re.DOTALL)


def anchors(path: Path) -> set[str]:
    """The addresses of a page's headings, as the usual hosts make them."""
    headings = re.findall(r"^#+ (.+)$", tree.text(path), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def dead(page: Path) -> Iterator[str]:
    """The links of a page that lead nowhere."""
    for match in LINK.finditer(prose(page)):
        target, _, anchor = (match[1] or match[2]).partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        aim = (tree.ROOT / page.parent / target).resolve() if target else tree.ROOT / page
        if not aim.exists() or (anchor and aim.suffix == ".md" and anchor not in anchors(aim.relative_to(tree.ROOT))):
            yield match[0]


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_link_leads_somewhere_from(page: Path) -> None:
    assert not list(dead(page))


def commands() -> Iterator[tuple[str, Any]]:
    """Every command of the command line with its full name, groups included."""
    if Path("cli/app.py") not in tree.files():
        return
    import typer

    from cli.app import app

    def walk(name: str, command: Any) -> Iterator[tuple[str, Any]]:
        yield name, command
        for word, below in getattr(command, "commands", {}).items():
            yield from walk(f"{name} {word}", below)

    yield from walk("duixian", typer.main.get_command(app))


def test_every_command_is_in_the_documents() -> None:
    documented = tree.text(COMMANDS)
    assert not [name for name, command in commands() if not command.hidden and f"`{name}" not in documented]


def test_every_command_and_every_option_has_help() -> None:
    silent = [name for name, command in commands() if not (command.help or "").strip()]
    silent += [
        f"{name} {parameter.opts[0]}"
        for name, command in commands()
        for parameter in command.params
        if parameter.param_type_name == "option" and not (parameter.help or "").strip()
    ]
    assert not silent


def test_the_documents_name_no_command_that_is_gone() -> None:
    known = {name for name, _ in commands()}
    gone = [
        (str(page), words)
        for page in PAGES
        for words in re.findall(r"(?:^|`|\$ )duixian ([a-z][a-z-]*)", tree.text(page), flags=re.MULTILINE)
        if known and f"duixian {words}" not in known
    ]
    assert not gone


def test_every_make_target_of_the_documents_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", tree.text(Path("Makefile")), flags=re.MULTILINE))
    named = {
        (str(page), word)
        for page in PAGES
        for word in re.findall(r"(?:`|^)make ([a-z-]+)", tree.text(page), re.MULTILINE)
    }
    assert not [pair for pair in sorted(named) if pair[1] not in targets]


def test_every_decision_is_numbered_dated_and_listed() -> None:
    folder = Path("docs/decisions")
    records = sorted(path for path in PAGES if path.parent == folder and path.name[0].isdigit())
    listed = tree.text(folder / "README.md")
    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    faults = [
        str(path)
        for path in records
        if not re.search(r"^Date: \d{4}-\d{2}-\d{2}$", tree.text(path), re.MULTILINE) or f"({path.name})" not in listed
    ]
    assert not faults


def paths(page: Path) -> Iterator[str]:
    """What a page names between backticks that looks like a file or folder of this repository."""
    for name in re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", tree.text(page), flags=re.DOTALL)):
        source = name.endswith((".py", ".md")) and re.fullmatch(r"[\w./*-]+", name)
        if source or re.fullmatch(rf"(?:{'|'.join(FOLDERS)})/[\w./*-]*", name):
            yield name


def names_nothing(page: Path, name: str) -> bool:
    """Whether no file is called so: from the root or below the page's own folder, for pages of docs anywhere."""
    start = "" if page.parts[0] == "docs" else f"{page.parent}/".removeprefix("./")
    name = name.rstrip("/")
    places = {str(place) for path in tree.files() for place in (path, *path.parents)}
    return not any(fnmatch(at, name) or (at.startswith(start) and fnmatch(f"/{at}", f"*/{name}")) for at in places)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.parent != DECISIONS and page.name != "CHANGELOG.md"], ids=str
)
def test_every_file_and_folder_that_is_named_is_there_in(page: Path) -> None:
    assert not [name for name in paths(page) if name not in EXAMPLES and names_nothing(page, name)]


def test_a_name_of_an_old_place_is_found() -> None:
    page = Path("models/README.md")
    assert [names_nothing(page, name) for name in ("work.py", "models/work.py", "unit_of_work.py", "migrations/")] == [
        True, True, False, False,
    ]  # fmt: skip


def layers_of_casework() -> list[str]:
    contracts = tomllib.loads(tree.text(Path("pyproject.toml")))["tool"]["importlinter"]["contracts"]
    return list(next(contract["layers"] for contract in contracts if contract.get("containers") == ["casework"]))


def test_casework_lists_its_subjects_in_the_order_of_their_layers() -> None:
    rows = re.findall(r"^\| (`.*?`) \|", tree.text(Path("casework/README.md")), flags=re.MULTILINE)
    listed = [name.rstrip("/").removesuffix(".py") for row in rows for name in re.findall(r"`([\w/.]+)`", row)]
    assert listed == layers_of_casework()


def test_the_picture_of_casework_shows_its_subjects_in_the_order_of_their_layers() -> None:
    picture = next(
        each_word
        for each_word in tree.text(Path("docs/architecture.md")).split("```")
        if " command_handler " in each_word
    )
    words = [word for line in picture.splitlines() for word in re.split(r"  +", line.strip())]
    assert [word for word in words if word in layers_of_casework()] == layers_of_casework()


@pytest.mark.parametrize("folder", ["casework", "flows", "tasks", "demo", "deployments", "notifications"])
def test_a_folders_page_names_every_file_and_folder_in_it(folder: str) -> None:
    named = set(re.findall(r"`([\w.]+)/?`", tree.text(Path(folder, "README.md"))))
    there = {path.parts[1] for path in tree.sources(folder)} - {"__init__.py"}
    assert there - named == set()
