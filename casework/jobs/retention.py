"""Says whose retention is over, and finishes anonymisations that were cut off. It anonymises nobody: two people do."""

from datetime import date

from casework.evidence import Vault
from casework.home import Home
from casework.jobs.telling import Note, operators, tell
from casework.outcome import Outcome
from casework.retention import SETTING, clear, due, subjects, unfinished
from models.store import Store


def ended(store: Store, day: date) -> Outcome:
    """Tells the administrators how many natural persons are past their retention; once for each set of them."""
    outcome = Outcome()
    with store.read() as work:
        cut_off, late = unfinished(work), due(store, work, day)
        unset = any(SETTING in one.basis for one in subjects(store, work))
        recipients = operators(work)
    vault = Vault(Home.current().evidence)
    for one in cut_off:
        clear(store, vault, one)
        outcome.moved.append((str(one), "个人信息已清除"))
    newest = max((one.due_on for one in late if one.due_on), default=day)
    content = {"day": day.isoformat(), "count": len(late)}
    notes = [
        Note(kind="retention_due", subject="retention", due=newest.isoformat(), stage="due", to=to, content=content)
        for to in recipients
    ]
    if late:
        tell(store, notes)
        outcome.waiting.append(("retention", f"{len(late)} 名自然人已过保存期限，待提议匿名化"))
    if unset:
        outcome.waiting.append((SETTING, "未设定保存期限，不作匿名化"))
    return outcome
