"""`health`, `metrics`: what operators and probes ask, without a running service."""

from __future__ import annotations

from cli import home, output
from cli.errors import BROKEN
from cli.house import Json, command, group
from cli.language import t
from cli.terms import sign

app = group("监测", "Watching")


@command(
    app,
    "health",
    "系统是否就绪：巡检、待办、消息、数据库、磁盘、未解除的告警",
    "Whether the system is ready, and why not",
)
def health(json: Json = False) -> None:
    from casework.operations.alarms import lasting, title
    from deployments.observe.health import examine

    store = home.opened()
    found = examine(home.home())
    alarms = [title(name) for name in lasting(store)]
    if json:
        output.print_json({"demo": store.demo, **found.json(), "alarms": alarms})
    else:
        rows = [
            (
                "✓" if shown_sign.ok else "!" if shown_sign.informs else "✗",
                sign(shown_sign.id),
                t(shown_sign.zh, shown_sign.en),
            )
            for shown_sign in found.signs
        ]
        output.table(("", t("检查", "sign"), t("结果", "finding")), rows)
        for alarm in alarms:
            output.line(t(f"未解除的告警：{alarm}", f"alarm: {alarm}"))
        output.line(t("就绪", "ready") if found.ready else t("未就绪", "not ready"))
        output.demo_mark(store.demo)
    if not found.ready:
        raise SystemExit(BROKEN)


@command(app, "metrics", "以 Prometheus 格式输出监测指标（与 serve 的 /metrics 相同）", "Metrics in Prometheus' format")
def metrics(json: Json = False) -> None:
    from prometheus_client.parser import text_string_to_metric_families

    from deployments.observe.metrics import exposition
    from deployments.observe.reading import read

    home.opened()
    text = exposition(read(home.home())).decode()
    if not json:
        print(text, end="")
        return
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    output.print_json([{"name": sample.name, "labels": sample.labels, "value": sample.value} for sample in samples])
