"""Says whose retention is over, and finishes anonymisations that were cut off. It anonymises nobody: two people do."""

from datetime import date

from casework.applications.evidence_vault import Vault
from casework.privacy.retention import SETTING, clear, due, subjects, unfinished
from casework.shared.home import Home
from casework.shared.notify_once import Note, operators, tell
from casework.shared.run_summary import RunSummary
from models.store import Store


def ended(store: Store, day: date) -> RunSummary:
    """Tells the administrators how many natural persons are past their retention; once for each set of them."""
    outcome = RunSummary()
    with store.read() as work:
        cut_off, late = unfinished(work), due(store, work, day)
        unset = any(SETTING in subject.basis for subject in subjects(store, work))
        recipients = operators(work)
    vault = Vault(Home.current().evidence)
    for path in cut_off:
        clear(store, vault, path)
        outcome.moved.append((str(path), "个人信息已清除"))
    newest = max((subject.due_on for subject in late if subject.due_on), default=day)
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
