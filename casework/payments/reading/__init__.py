"""Reads what the bank or the treasury says of orders: pain.002, CSV and XLSX, each into the same typed lines.

The columns of a CSV or XLSX list (in any order; further columns are ignored; either name does):

| column     | English    | holds |
|------------|------------|-------|
| 指令编号   | order_no   | the order's number, which is also the EndToEndId of the pain.001 file |
| 结果       | outcome    | 成功 / 失败 / 退汇 / 已受理 / 处理中, or settled / failed / returned / acknowledged / pending |
| 金额       | amount     | yuan with at most two decimals |
| 收款账号   | account    | as text: a number loses digits and is refused |
| 原因       | reason     | optional; a code or the bank's words |
"""

from casework.payments.reading.result_files import ResultFile, read, shared_key
from casework.payments.reading.result_line import Unreadable

__all__ = ["ResultFile", "Unreadable", "read", "shared_key"]
