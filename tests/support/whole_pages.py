"""What every page of the portal holds (printed documents are none), and a reader who follows every link."""

from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

from fastapi.routing import APIRoute
from starlette.routing import Match

from support.portal import Portal, Shown, Visitor
from web import pages

LANGUAGES = {"zh": "zh-CN", "en": "en"}


def faults_of(shown: Shown, language: str) -> Iterator[str]:
    """What is wrong with a page: its headings, title, language, labels, tokens of forms, and what its policy of content forbids."""
    tree = shown.tree
    if not tree.xpath("//link[@rel='stylesheet']"):
        return  # a document: a letter, a notice's list
    if tree.get("lang") != LANGUAGES[language]:
        yield f"its language is {tree.get('lang')}"
    if len(tree.xpath("//h1")) != 1 or not tree.findtext(".//title"):
        yield "it has no title, or not one first heading"
    if tree.xpath("//*[@style] | //style | //script[not(@src)] | //*[@onclick or @onload or @onerror]"):
        yield "style or script stand in it"
    for link in tree.xpath("//@src | //link/@href"):
        if not link.startswith(("/static/", "/desk/", "/my/", "data:")):
            yield f"it loads {link}"
    ids = Counter(tree.xpath("//@id"))
    yield from (f"two elements are called {name}" for name, count in ids.items() if count > 1)
    for form in tree.xpath("//form[translate(@method, 'POST', 'post') = 'post']"):
        if not form.xpath(".//input[@name='_token']"):
            yield f"the form {form.get('action')} has no token"
    named = set(tree.xpath("//label/@for"))
    for field in tree.xpath("//main//input[not(@type='hidden' or @type='submit')] | //main//select | //main//textarea"):
        if field.get("id") not in named and not field.get("aria-label") and not field.xpath("ancestor::label"):
            yield f"the field {field.get('name')} has no label"
    for link in tree.xpath("//main//a/@href | //main//form/@action"):
        if link.startswith(("http:", "//", "javascript:")):
            yield f"it leads to {link}"
    yield from (
        f"{link} leads nowhere in the page"
        for link in tree.xpath("//a/@href[starts-with(., '#')]")
        if link[1:] not in ids
    )


def drawn(portal: Portal) -> set[str]:
    """The names of the templates that are rendered from now on."""
    names: set[str] = set()
    environment: Any = portal.app.state.templates
    get = environment.get_template

    def get_and_note(name: str, *more: Any) -> Any:
        names.add(name)
        return get(name, *more)

    environment.get_template = get_and_note
    return names


def followed(visitor: Visitor, *, from_: str = "/", most: int) -> Iterator[Shown]:
    """Every page that links lead to, but of each kind of address no more than so many."""
    waiting, met, seen = [from_], {from_}, Counter[str]()
    while waiting:
        at = waiting.pop(0)
        kind = kind_of(at)
        seen[kind] += 1
        if seen[kind] > most:
            continue
        shown = visitor.get(at)
        yield shown
        for link in shown.tree.xpath("//a/@href"):
            parts = urlsplit(urljoin(shown.url, link))
            address = parts.path + (f"?{parts.query}" if parts.query else "")
            ours = parts.netloc == urlsplit(shown.url).netloc and not address.startswith(("/static/", "/language/"))
            if ours and address not in met:
                met.add(address)
                waiting.append(address)


def kind_of(address: str) -> str:
    """The route that answers, so that a thousand cases are one kind."""
    asked = {"type": "http", "method": "GET", "path": urlsplit(address).path, "root_path": ""}
    found = (route for router in pages.routers() for route in router.routes if isinstance(route, APIRoute))
    return next(route.path for route in found if route.matches(asked)[0] is Match.FULL)
