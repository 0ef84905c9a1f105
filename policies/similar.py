"""Whether two names in their normal form may mean the same thing: one leaves something out, or has its parts in another order."""

import re

_SHORTEST = 4  # letters below which a part says too little
_TELLING = 4  # digits that tell something by themselves: a year, a number


def alike(one: str, other: str) -> bool:
    """A question for a person, never an answer. Figures that contradict each other are two things."""
    if one == other:
        return False
    if sorted(one.replace("-", "")) == sorted(other.replace("-", "")):
        return sorted(_figures(one)) == sorted(_figures(other))
    short, long = sorted((one, other), key=lambda text: len(_letters(text)))
    if not (_within(_figures(short), _figures(long)) or _within(_figures(long), _figures(short))):
        return False
    told = any(len(figure) >= _TELLING and figure in _figures(long) for figure in _figures(short))
    enough = len(_letters(short)) >= _SHORTEST and 2 * len(_letters(short)) >= len(_letters(long))
    return (told or enough) and _leaves_out(_letters(short), _letters(long))


def _figures(text: str) -> list[str]:
    return re.findall(r"\d+", text)


def _letters(text: str) -> str:
    return re.sub(r"[\d-]", "", text)


def _within(some: list[str], all_: list[str]) -> bool:
    left = list(all_)
    for one in some:
        if one not in left:
            return False
        left.remove(one)
    return True


def _leaves_out(short: str, long: str) -> bool:
    """Whether the short text is the long one with some signs left out, in their order."""
    rest = iter(long)
    return all(sign in rest for sign in short)
