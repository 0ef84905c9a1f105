"""The words a page of flows is written in, gathered for import: `from flows.kit import by_number, chain, flow, options, pay …`."""

from prefect import flow

from casework.shared.run_summary import RunSummary
from flows.chains import chain, chains
from flows.options import by_number, options
from tasks.announce import announce
from tasks.certify import certify
from tasks.compute import compute
from tasks.deliver import deliver
from tasks.pay import pay
from tasks.report import report
from tasks.submit import submit

__all__ = [
    "RunSummary",
    "announce",
    "by_number",
    "certify",
    "chain",
    "chains",
    "compute",
    "deliver",
    "flow",
    "options",
    "pay",
    "report",
    "submit",
]
