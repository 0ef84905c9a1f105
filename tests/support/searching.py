"""How random searches run here: the same steps from the same seed wherever they are started, and a failure shown within a minute.

Hypothesis draws some of its values from the constants of all local modules that happen to be loaded, so that a run depends on what
else was collected; and it shrinks a failure for five minutes. Both stand in names of its own that are looked for here, so that
another release that lacks them is noticed at once.
"""

from hypothesis.internal.conjecture import engine, providers

SHRINK_SECONDS = 20  # then the smallest case so far is shown; it is run a few times more on the way


def pin() -> None:
    """Makes every search of this process so."""
    for module, name in ((engine, "MAX_SHRINKING_SECONDS"), (providers, "_get_local_constants")):
        if not hasattr(module, name):
            raise RuntimeError(
                f"this release of Hypothesis has no {module.__name__}.{name}: look at tests/support/searching.py"
            )
    engine.MAX_SHRINKING_SECONDS = SHRINK_SECONDS
    nothing = providers._local_constants
    providers._get_local_constants = lambda: nothing
