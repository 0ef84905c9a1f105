"""AN EXAMPLE THAT NO GOVERNMENT ISSUED: Xiuzhou's plan of 2023 as if it had been renewed for 2026-07-01 to 2027-06-30.

示例，任何政府均未发布：以 2023 年实施方案续期一年为假设，供试用和测试。
Point DUIXIAN_POLICIES at this folder to use it. For a real renewal copy the file, take the title, the term and the changes from the
document that was issued, and give it another code.
"""

from datetime import date

import policies
from policies.kit import Text

POLICY = policies.get("XZ2023").renewed(
    code="XZ2026EX",
    title=Text(
        "（示例，任何政府均未发布）秀洲区关于支持传统特色产业高质量发展的实施方案（2026 年续期）",
        "(EXAMPLE, issued by no government) Xiuzhou District: plan for its traditional industries, renewed for 2026",
    ),
    opens=date(2026, 7, 1),
    closes=date(2027, 6, 30),
    changes={},
)
