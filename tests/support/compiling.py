"""Each test opens engines of its own, and SQLAlchemy compiles every statement anew for each: a fifth of a test's own time.

What a statement compiles to hangs on the dialect as it found its database, not on the engine. So engines of the same driver,
server and schema take over the first one's compiled statements; connections and pools stay each engine's own. The cache stands in
a name of SQLAlchemy's own that is looked for, so that another release that lacks it is noticed at once.
"""

from typing import Any

from sqlalchemy import Connection, Engine, event

STATE = ("default_schema_name", "default_isolation_level", "server_version_info")
ROOM = 4_000  # statements: a whole run's, where an engine of its own keeps 500
_first: dict[tuple[Any, ...], tuple[Any, Any]] = {}


def pin() -> None:
    """Makes every engine of this process so, from its first connection on."""
    event.listen(Engine, "engine_connect", _share)


def _share(connection: Connection) -> None:
    engine: Any = connection.engine
    if engine.dialect.is_async:
        return
    if not hasattr(engine, "_compiled_cache"):
        raise RuntimeError(
            "this release of SQLAlchemy has no Engine._compiled_cache: look at tests/support/compiling.py"
        )
    key = (type(engine.dialect), *(getattr(engine.dialect, name, None) for name in STATE))
    dialect, cache = _first.setdefault(key, (engine.dialect, engine._compiled_cache))
    cache.capacity = ROOM
    if engine.dialect is not dialect:
        engine.dialect, engine._compiled_cache = dialect, cache
        connection.dialect = dialect
