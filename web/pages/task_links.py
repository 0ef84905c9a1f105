"""Links in messages: whoever asks without a session learns nothing, whoever it was sent to is led to the task.

Mail scanners ask for these addresses too: they write nothing, not even that a session was used (`web.visit`).
"""

from fastapi import APIRouter
from starlette.responses import Response

from casework.views.message_tasks import MessageTask, message_task
from web.visit import TASK_LINKS, Visitor

router = APIRouter()


@router.api_route(TASK_LINKS + "{token}", methods=["GET", "HEAD"])
def task_link(visit: Visitor, token: str) -> Response:
    """One page for every token where nobody is signed in; the token is not even looked up then."""
    answer = _answer(visit, token)
    answer.headers["referrer-policy"] = "no-referrer"
    answer.headers["x-robots-tag"] = "noindex"
    return answer


def _answer(visit: Visitor, token: str) -> Response:
    if visit.session is None:
        return visit.page("task/enter.html", token=token)
    task = message_task(visit.store, token, visit.reader)
    if task is None:
        return visit.page("task/not_yours.html", status=404)
    if task.done is not None:
        return visit.page("task/done.html", task=task, case_page=_case_page(task))
    if task.paying:
        return visit.go("/pay")
    return visit.go(f"{_case_page(task)}/do/{task.action}" if task.action else _case_page(task))


def _case_page(task: MessageTask) -> str:
    return f"/my/cases/{task.case}" if task.applicant else f"/desk/cases/{task.case}"
