"""Every class of our own that a page names has a rule in the style sheet, and every rule is of a class that a page names."""

import re
from pathlib import Path

import web

WEB = Path(web.__file__).parent
SOURCE = WEB.parent / "scripts" / "portal_style" / "_portal.scss"
CLASS = re.compile(r"(?<![\w-])dx-[a-z0-9_-]+")
FIRST_HALF = re.compile(r"--$|_$")  # the rest is put in when the page is drawn: `dx-light--{{ colour }}`


def named() -> dict[str, str]:
    """The classes that templates, pages and scripts name, each with a file that does."""
    files = [*WEB.rglob("*.html"), *WEB.rglob("*.py"), *(WEB / "static").glob("*.js")]
    return {found: path.name for path in sorted(files) for found in CLASS.findall(path.read_text("utf-8"))}


def ruled(sheet: Path) -> set[str]:
    """The classes that a sheet has rules for."""
    return {found.removeprefix(".") for found in re.findall(r"\.dx-[a-z0-9_-]+", sheet.read_text("utf-8"))}


def test_each_class_that_a_page_names_has_a_rule() -> None:
    rules = ruled(WEB / "static" / "portal.css")
    for name, file in named().items():
        if FIRST_HALF.search(name):
            assert any(rule.startswith(name) for rule in rules), f"{name}… of {file} has no rule"
        else:
            assert name in rules, f"{name} of {file} has no rule"


def test_each_rule_is_of_a_class_that_a_page_names() -> None:
    whole = {name for name in named() if not FIRST_HALF.search(name)}
    halves = tuple(set(named()) - whole)
    unused = {rule for rule in ruled(SOURCE) if rule not in whole and not rule.startswith(halves)}
    assert not unused, "no page names them"


def test_the_built_sheet_has_the_rules_of_its_source() -> None:
    assert ruled(WEB / "static" / "portal.css") == ruled(SOURCE), "run scripts/assets"


def test_rows_of_a_summary_are_drawn_in_one_place() -> None:
    by_hand = {path.name for path in WEB.rglob("*.html") if "govuk-summary-list__row" in path.read_text("utf-8")}
    assert by_hand == {"macros.html", "parts.html"}, "parts: answers that can be changed have a third column"
