"""The portal over a small season that was stopped in its middle, and whoever may sign in there."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from casework.shared.home import Home
from demo import mid_season
from demo.portal_accounts import PASSWORD, accounts_of
from demo.run import rehearse
from models.store import Store
from support.portal import Portal, Visitor


@contextmanager
def rehearsed_in(folder: Path) -> Iterator[Portal]:
    """Plays the season in a folder."""
    home = Home.at(folder / "demo")
    done = rehearse(home, folder / "out", seed=1, small=True, engine=False, progress=lambda *_: None, copies=True)
    assert done.stopped is not None and mid_season.fill(done.stopped)
    store = Store.open(done.stopped.home.database_url)
    try:
        yield Portal(store, done.stopped.home.directory)
    finally:
        store.close()


def visitors(portal: Portal) -> Iterator[tuple[str, Visitor]]:
    """Each account that the rehearsal offers, signed in."""
    for account in accounts_of(portal.home):
        visitor = portal.visitor()
        assert visitor.sign_in(account.login, PASSWORD).status == 200, account.login
        yield account.login, visitor
