"""To those who run the system: something is wrong with it, and that it is over. No case and no person is named to a group."""

from notifications.wording.wording_parts import MessageText, Wording

_GONE_ON = "案件不受影响：到期事项由每分钟的巡检继续推进。"
_GONE_ON_EN = "No case is lost: the sweep of each minute moves on what is due."

WORDINGS = {
    "run_failed": Wording(
        MessageText(
            title="流程运行失败",
            officer=f"流程 {{job}} 的运行失败（{{at}}）。{_GONE_ON}",
            officer_do="请查看日志和流程引擎界面中的该次运行；同一流程恢复前不再重复提醒。",
            group="流程 {job} 的运行失败。",
        ),
        MessageText(
            title="A flow run failed",
            officer=f"A run of {{job}} failed ({{at}}). {_GONE_ON_EN}",
            officer_do="Look at the log and at that run in the engine; you are told once until it works again.",
            group="A run of {job} failed.",
        ),
    ),
    "run_crashed": Wording(
        MessageText(
            title="流程运行中断",
            officer=f"流程 {{job}} 的运行中断（{{at}}）：执行它的进程已经不在。{_GONE_ON}",
            officer_do="请查看是否有进程被终止、内存不足或机器重启。",
            group="流程 {job} 的运行中断。",
        ),
        MessageText(
            title="A flow run crashed",
            officer=f"A run of {{job}} was cut off ({{at}}): the process that ran it is gone. {_GONE_ON_EN}",
            officer_do="Look for a killed process, too little memory, or a restart of the machine.",
            group="A run of {job} was cut off.",
        ),
    ),
    "run_killed": Wording(
        MessageText(
            title="流程运行被反复中断",
            officer="流程 {job} 连续 {of} 次被中断，没有推进任何一件；其到期的 {count} 件（最早到期的是 {case}）已暂缓，"
            "一分钟后、此后每小时再试。",
            officer_do="请查看执行器的日志和内存；如与个别案件有关，请由负责人先暂停该案（duixian act 编号 hold），"
            "其余随即继续。",
            group="流程 {job} 的运行被反复中断。",
        ),
        MessageText(
            title="Runs of a flow are killed again and again",
            officer="Runs of {job} were killed {of:time|times} in a row and moved nothing; its {count:due case is|due cases are}"
            " put off (the first is {case}): tried again in a minute, later every hour.",
            officer_do="Look at the workers' log and memory. Where it is one case, have the head put it on hold"
            " (duixian act NO hold); the others go on then.",
            group="Runs of {job} are killed again and again.",
        ),
    ),
    "runs_late": Wording(
        MessageText(
            title="流程运行未按时开始",
            officer="有 {count} 次流程运行已到时间而未开始，最久的已迟 {minutes}。",
            officer_do="请检查执行流程的进程（work pool 与 worker）是否在运行：duixian doctor。",
            group="有 {count} 次流程运行未按时开始。",
        ),
        MessageText(
            title="Flow runs are late",
            officer="{count:flow run is due and has|flow runs are due and have} not begun, the oldest for {minutes}.",
            officer_do="See whether the processes that run flows (work pool, workers) are up: duixian doctor.",
            group="{count:flow run has|flow runs have} not begun in time.",
        ),
    ),
    "work_late": Wording(
        MessageText(
            title="系统办理积压",
            officer="有 {count} 件应由系统自动办理的事项未推进，最久的已到期 {minutes}。",
            officer_do="请检查 duixian serve 是否在运行，必要时运行 duixian advance。",
            group="有 {count} 件自动事项未推进。",
        ),
        MessageText(
            title="Automatic work is late",
            officer="{count:case waits|cases wait} for the system, the oldest for {minutes}.",
            officer_do="See whether duixian serve runs; duixian advance moves on by hand.",
            group="{count:case waits|cases wait} for the system.",
        ),
    ),
    "sweep_silent": Wording(
        MessageText(
            title="巡检停止",
            officer="已有 {minutes}没有完成一次巡检。",
            officer_do="请检查 duixian serve 与定时任务是否在运行；案件没有丢失，恢复后继续。",
            group="已有 {minutes}没有完成一次巡检。",
        ),
        MessageText(
            title="The sweep is silent",
            officer="No sweep has finished for {minutes}.",
            officer_do="See whether duixian serve and the system's timer run; no case is lost, they go on then.",
            group="No sweep has finished for {minutes}.",
        ),
    ),
    "cases_failing": Wording(
        MessageText(
            title="案件处理出错",
            officer="有 {count} 件案件系统处理出错，已作标记，每小时重试。",
            officer_do="请在“案件”页勾选“只看有问题的”查看，日志中有每一件的原因。",
            group="有 {count} 件案件系统处理出错。",
        ),
        MessageText(
            title="Cases fail",
            officer="{count:case|cases} could not be processed; what is flagged is tried again every hour.",
            officer_do="Tick “with a problem only” on the page Cases; the log has the reason of each.",
            group="{count:case|cases} could not be processed.",
        ),
    ),
    "engine_away": Wording(
        MessageText(
            title="流程引擎无应答",
            officer="流程引擎已有 {minutes}没有应答；案件照常推进，只是没有运行记录。",
            officer_do="请查看流程引擎的日志：duixian doctor 会指出位置。",
            group="流程引擎已有 {minutes}没有应答。",
        ),
        MessageText(
            title="The engine does not answer",
            officer="The engine has not answered for {minutes}; cases move on, without a record of runs.",
            officer_do="Look at the engine's log: duixian doctor says where it is.",
            group="The engine has not answered for {minutes}.",
        ),
    ),
    "outbox_late": Wording(
        MessageText(
            title="消息发送积压",
            officer="有 {count} 条消息到时间而未发出，最久的已等 {minutes}。",
            officer_do="请检查各发送渠道：duixian channels test。",
            group="有 {count} 条消息到时间而未发出。",
        ),
        MessageText(
            title="Messages are late",
            officer="{count:message is|messages are} due and not sent, the oldest for {minutes}.",
            officer_do="Try the channels: duixian channels test.",
            group="{count:message is|messages are} due and not sent.",
        ),
    ),
    "delivery_failing": Wording(
        MessageText(
            title="消息寄送出错",
            officer="寄送消息的程序出错（{fault}，{at}）。消息都还在，系统将拉长间隔继续重试；案件不受影响。",
            officer_do="请查看服务日志中的错误；恢复前不再重复提醒，待发消息见 duixian messages list。",
            group="寄送消息的程序出错。",
        ),
        MessageText(
            title="Sending messages fails",
            officer="What sends the messages broke ({fault}, {at}). No message is lost; it is tried again after pauses that"
            " grow. No case is touched.",
            officer_do="See the fault in the service's log; you are told once until it works again."
            " What waits: duixian messages list.",
            group="What sends the messages broke.",
        ),
    ),
    "messages_lost": Wording(
        MessageText(
            title="消息大量未送达",
            officer="近 30 天 {of} 条消息中有 {count} 条没有送达任何人。",
            officer_do="请用 duixian messages dead 查看原因，补齐联系方式后重发。",
            group="近 30 天有 {count} 条消息未送达。",
        ),
        MessageText(
            title="Many messages reached nobody",
            officer="{count} of {of:message|messages} of the last 30 days reached nobody.",
            officer_do="See why with duixian messages dead, complete the addresses, and send them again.",
            group="{count:message|messages} of the last 30 days reached nobody.",
        ),
    ),
    "verify_broken": Wording(
        MessageText(
            title="数据核验不通过",
            officer="数据核验发现 {count} 项不变量不成立：{checks}。",
            officer_do="请立即运行 duixian verify 查看第一条有问题的记录，查明前暂停签发拨付。",
            group="数据核验发现 {count} 项不变量不成立。",
        ),
        MessageText(
            title="Verification failed",
            officer="{count:invariant does|invariants do} not hold: {checks}.",
            officer_do="Run duixian verify now: it names the first bad row. Release no payment until it is understood.",
            group="{count:invariant does|invariants do} not hold.",
        ),
    ),
    "disk_low": Wording(
        MessageText(
            title="磁盘空间不足",
            officer="系统所在磁盘只剩 {free} MB。",
            officer_do="请清理或扩容；写满后将无法办理。",
            group="系统所在磁盘空间不足。",
        ),
        MessageText(
            title="The disk is filling up",
            officer="Only {free} MB are left where the system is.",
            officer_do="Make room: nothing can be written when it is full.",
            group="The system's disk is filling up.",
        ),
    ),
    "alarm_over": Wording(
        MessageText(title="告警解除", officer="此前报告的情况已恢复：{kind}。", group="此前报告的情况已恢复：{kind}。"),
        MessageText(
            title="All clear", officer="What was reported before is over: {kind}.", group="This is over: {kind}."
        ),
    ),
}

SAMPLES = {
    "job": "m04_new_products",
    "at": "2023-09-04 12:00",
    "count": 3,
    "minutes": 12,
    "checks": "I18-chain",
    "free": 150,
    "kind": "流程运行失败 A flow run failed（m04_new_products）",
}
