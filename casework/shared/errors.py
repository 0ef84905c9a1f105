"""What can go wrong, classed by who must act. A lawful no is none of these: it is data (see policies.awards).

Problem
├── Refused        the person: a guard or a rule of procedure says no; nothing was written; says what to do
├── NeedsOfficer   an officer: something is missing (a parameter, money in the fund); the case waits
├── Retryable      the engine: a lock, a race, a network; the same call may succeed in a moment
└── Broken         the operator: stored data contradict each other; loud, never swallowed
"""


class Problem(Exception):
    """Anything a caller of casework may meet; `zh` and `en` are for people, `code` for programs."""

    def __init__(self, code: str, zh: str, en: str = "", *, field: str = "") -> None:
        super().__init__(zh)
        self.code, self.zh, self.en, self.field = code, zh, en or zh, field

    def words(self, language: str = "zh") -> str:
        """The message in a language."""
        return self.en if language == "en" else self.zh


class Refused(Problem):
    """Nothing was written; the message names the field, where there is one, and the way out."""


class NeedsOfficer(Problem):
    """The case waits for an officer, who is told."""


class Retryable(Problem):
    """Nothing was written; the same call again may succeed."""


class Broken(Problem):
    """Stored data contradict each other."""
