"""What people read of each kind of alarm, as data: Chinese and English side by side, with the same keys."""

from dataclasses import dataclass

from domain.alarm import AlarmKind
from domain.quantity import SPANS, Quantity


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words of one kind in one language.

    Attributes:
        what: is wrong, at level 1, 2, …
        limit: name of the limit crossed, at level 1, 2, …; "" where it has none.
        todo: first thing to do, one sentence or two.
    """

    what: tuple[str, ...]
    limit: tuple[str, ...]
    todo: str


ZH: dict[AlarmKind, Phrase] = {
    AlarmKind.GAS_LOW: Phrase(("可燃气体",), ("一级限",), "电话通知现场：禁火、勿动电器、开窗；派人检漏。"),
    AlarmKind.GAS_HIGH: Phrase(("可燃气体",), ("二级限",), "立即疏散并禁火；确认切断阀已关；通知抢修，必要时报 119。"),
    AlarmKind.GAS_RISING: Phrase(("可燃气体上升过快",), ("限值",), "浓度正快速上升：电话通知现场关阀、开窗、禁火。"),
    AlarmKind.GAS_DECLARED: Phrase(
        ("设备自报低限报警", "设备自报高限报警"), ("", ""), "按燃气报警处置；核对设备设定值。"
    ),
    AlarmKind.LINKAGE_FAILED: Phrase(
        ("联动失败：切断阀未关",), ("时限",), "高浓度而阀门未确认关闭：立即疏散，派人在上游手动关阀。"
    ),
    AlarmKind.PRESSURE_LOW: Phrase(
        ("压力低", "压力过低"), ("下限", "下下限"), "查上游调压与阀位；低压用户防熄火回火，必要时停气。"
    ),
    AlarmKind.PRESSURE_HIGH: Phrase(("压力高", "压力过高"), ("上限", "上上限"), "查调压器与放散；持续上升时切断上游。"),
    AlarmKind.DEVICE_SILENT: Phrase(("失联",), ("时限",), "查供电与通信；失联前测到燃气的，先派人到场。"),
    AlarmKind.DEVICE_FAULT: Phrase(("设备故障",), ("",), "该点视为无保护；派检修更换或校准。"),
    AlarmKind.SENSOR_STUCK: Phrase(("读数不变，传感器可能卡死",), ("",), "现场通气测试；无响应则更换。"),
    AlarmKind.PROTECTION_MISSING: Phrase(
        ("保护缺失", "长时间保护缺失"), ("时限", "时限"), "该点暂无燃气保护：核对作业票，用便携仪值守，尽快恢复。"
    ),
    AlarmKind.BATTERY_LOW: Phrase(("电池电量低",), ("下限",), "安排更换电池。"),
    AlarmKind.POWER_LOST: Phrase(("停电", "停电且切断阀未关"), ("", ""), "核实停电范围；阀门未关的，派人手动关闭。"),
    AlarmKind.CLOCK_WRONG: Phrase(
        ("时钟不准", "时钟严重不准"), ("", ""), "校准设备时钟；此间数据时间已修正：偏快以到达时间为准，偏慢加固定差。"
    ),
    AlarmKind.UNKNOWN_QUANTITY: Phrase(("上报了未知字段或量",), ("",), "核对固件版本与点表；原文在隔离区。"),
    AlarmKind.UNKNOWN_DEVICE: Phrase(("未登记设备",), ("",), "登记该设备，或查明来源并断开。"),
    AlarmKind.DATA_MISSING: Phrase(
        ("数据缺失", "数据大量缺失"), ("", "限值"), "检查通信链路、网关与消息代理；缺失序号见缺口台账。"
    ),
    AlarmKind.QUARANTINE_RATE: Phrase(
        ("报文频繁被拒",), ("限值",), "查看隔离区，核对固件版本与点表；修复后可重试解码。"
    ),
    AlarmKind.LOG_SPACE: Phrase(
        ("日志空间不足", "日志空间将尽"), ("限值", "限值"), "清理磁盘或扩容；写满后将停止接收。"
    ),
    AlarmKind.LOG_CORRUPT: Phrase(("日志记录损坏",), ("",), "检查磁盘；损坏的原文在隔离区。"),
    AlarmKind.READER_LAG: Phrase(
        ("写库滞后", "写库严重滞后", "报警处理滞后"),
        ("限值", "限值", "限值"),
        "检查数据库与主机负载；滞后期间报警会延迟。",
    ),
    AlarmKind.BROKER_DROPPED: Phrase(
        ("消息代理丢弃消息",), ("",), "数据可能缺失：检查消息代理的队列上限（max_queued_messages 0）；与缺口台账核对。"
    ),
    AlarmKind.SERIES_REFUSED: Phrase(
        ("时序库拒绝写入",), ("",), "核对时序库地址、库名与令牌；数据保留在日志中，改正后自动补写。"
    ),
    AlarmKind.DETECTOR_FAILED: Phrase(("检测算法异常，已重新启动",), ("",), "保存程序日志并通知维护人员。"),
    AlarmKind.BREAK_GLASS: Phrase(
        ("应急账户已登录",), ("",), "立即核实何人因何启用；非授权使用的，停用该账户并查审计记录；用后更换密码。"
    ),
    AlarmKind.MANHOLE_GAS: Phrase(
        ("井内气体上升", "井内气体上升，须查源", "井内气体高，有爆炸危险", "井内气体极高，随时可爆"),
        ("本底加限值",) * 4,
        "禁火，携仪器到井口复测乙烷与硫化氢；查周边管道，未排除前按漏气处置。",
    ),
    AlarmKind.GAS_EARLY: Phrase(
        ("可燃气体早期预警", "零点偏移已久"),
        ("平时基线", "平时基线"),
        "低于报警限但持续偏离平时：电话询问现场，查灶具与软管接头；偏移已久的，标定探测器。",
    ),
    AlarmKind.DEVICE_AGEING: Phrase(("设备健康度低",), ("下限",), "安排检修：标定、清洁或更换；到期探测器须更换。"),
    AlarmKind.VALVE_BYPASS: Phrase(
        ("阀已关但仍有气",), ("限值",), "查旁通与阀内漏：上游手动关阀，禁火，确认流量归零。"
    ),
    AlarmKind.TIGHTNESS_LOST: Phrase(("阀后管道泄漏",), ("限值",), "查软管、接头、灶前阀；复测合格前不得开阀。"),
    AlarmKind.PIPE_RUPTURE: Phrase(
        ("管网压力同时骤降，疑似管道破裂",),
        ("参考值下限",),
        "立即派抢修到所列管段；联系可能的施工方；准备关断上下游阀门并通知用户。",
    ),
    AlarmKind.PRESSURE_UNUSUAL: Phrase(
        ("压力异于常态",),
        ("常态界限",),
        "对照邻近测点与当日用气；查调压器、阀位与传感器，持续偏低时巡查漏气。",
    ),
    AlarmKind.PRESSURE_WAVE: Phrase(
        ("管内有降压波传来",), ("最小波幅",), "核对阀门操作与大用户启停；排除后派人到所列位置查管道破裂。"
    ),
    AlarmKind.UPKEEP_DUE: Phrase(
        ("安全装置维护不到位",), ("",), "恢复供电与声光，安排通气测试或阀门开关试验，并记录。"
    ),
    AlarmKind.CYLINDER_LOSS: Phrase(
        ("瓶装气停业时重量下降",), ("限值",), "可能漏气：通风、禁火，关瓶阀，查减压阀与软管；勿开关电器。"
    ),
    AlarmKind.CUTOFF_UNPROVEN: Phrase(
        ("阀已关而浓度不降",), ("应低于",), "可能阀未关严、另有气源或邻室窜气：保持疏散，上游手动关阀，查找气源。"
    ),
    AlarmKind.VALVE_CLOSE_FAILED: Phrase(
        ("关阀被拒绝", "关阀失败"), ("", ""), "远程关阀未成：立即派人在现场或上游手动关阀，人员撤离，禁火。"
    ),
    AlarmKind.ONCALL_GAP: Phrase(
        ("近期值班表有空缺", "24 小时内值班表有空缺"), ("", ""), "在值班页补上人员，或设替班。"
    ),
    AlarmKind.ESCALATION_FAULT: Phrase(
        ("应发的通知未发出",), ("",), "立即查看告警并人工通知值班人员；检查 watch 与 notify 进程及各通道。"
    ),
    AlarmKind.NOBODY_ON_CALL: Phrase(
        ("无人值班：告警升级时找不到人",), ("",), "立即人工联系值班人员；随后补全值班表。"
    ),
    AlarmKind.GAS_SEVERAL: Phrase(
        ("多点同时有燃气",), ("起报点数",), "气体正在扩散：立即疏散，禁火，从外围关阀；相邻建筑和井一并排查。"
    ),
    AlarmKind.DEVICES_AWAY: Phrase(
        ("多台设备同时失联",), ("起报台数",), "先查运营商、网关与供电；恢复前该片区无监测，加强电话巡查与人工巡检。"
    ),
    AlarmKind.POWER_CUT: Phrase(
        ("多处同时断电",), ("起报处数",), "询问供电部门停电范围与时间；复电前核实切断阀已关，复气由现场人工操作。"
    ),
    AlarmKind.REGULATOR_FAULT: Phrase(
        ("调压器异常", "调压器失效"),
        ("界限", "界限"),
        "派人到所列调压器：核对进出口压力与切断阀，必要时切换旁路；低压用户防熄火回火。",
    ),
    AlarmKind.NIGHT_FLOW: Phrase(
        ("夜间最小流量高于往常",), ("往常上限",), "核对新增夜间用户与区间阀门；排除后按漏气安排分段检漏。"
    ),
    AlarmKind.MASS_BALANCE: Phrase(
        ("进气多于出气",), ("查找下限",), "核对各流量计与区间阀门；排除后按漏气对该片管段分段检漏。"
    ),
}

EN: dict[AlarmKind, Phrase] = {
    AlarmKind.GAS_LOW: Phrase(
        ("combustible gas",),
        ("first limit",),
        "Call the site: no flames, touch no switch, open windows. Send somebody to find the leak.",
    ),
    AlarmKind.GAS_HIGH: Phrase(
        ("combustible gas",),
        ("second limit",),
        "Evacuate, no flames. Confirm a closed cut-off valve. Call the repair team, the fire brigade if needed.",
    ),
    AlarmKind.GAS_RISING: Phrase(
        ("combustible gas rises fast",),
        ("limit",),
        "The concentration is climbing: have the site close the valve, open windows and put out flames.",
    ),
    AlarmKind.GAS_DECLARED: Phrase(
        ("low alarm declared by the device", "high alarm declared by the device"),
        ("", ""),
        "Act as for gas. Compare the set-points of the device.",
    ),
    AlarmKind.LINKAGE_FAILED: Phrase(
        ("linkage failed: cut-off valve not closed",),
        ("time limit",),
        "High gas and no proof of a closed valve: evacuate, and close the supply upstream by hand.",
    ),
    AlarmKind.PRESSURE_LOW: Phrase(
        ("low pressure", "very low pressure"),
        ("low limit", "low-low limit"),
        "Check the regulator and the valves upstream. Flames may go out: stop the supply if need be.",
    ),
    AlarmKind.PRESSURE_HIGH: Phrase(
        ("high pressure", "very high pressure"),
        ("high limit", "high-high limit"),
        "Check regulator and relief. Shut off upstream if it goes on rising.",
    ),
    AlarmKind.DEVICE_SILENT: Phrase(
        ("silent",),
        ("time limit",),
        "Check power and radio. Where it saw gas before, send somebody first.",
    ),
    AlarmKind.DEVICE_FAULT: Phrase(
        ("device fault",), ("",), "Take the point for unprotected. Have it replaced or calibrated."
    ),
    AlarmKind.SENSOR_STUCK: Phrase(
        ("reading does not move, the sensor may be stuck",),
        ("",),
        "Test it with gas on site; replace it if it is mute.",
    ),
    AlarmKind.PROTECTION_MISSING: Phrase(
        ("protection missing", "protection missing for long"),
        ("time limit", "time limit"),
        "Nothing protects this point now: check the work permit, watch with a portable detector, restore it soon.",
    ),
    AlarmKind.BATTERY_LOW: Phrase(("battery low",), ("low limit",), "Plan a new battery."),
    AlarmKind.POWER_LOST: Phrase(
        ("power lost", "power lost and cut-off valve not closed"),
        ("", ""),
        "Find out how far the outage goes. Close an open valve by hand.",
    ),
    AlarmKind.CLOCK_WRONG: Phrase(
        ("clock is wrong", "clock is far off"),
        ("", ""),
        "Set the clock of the device. Until then its data are moved: fast to their arrival, slow by a fixed offset.",
    ),
    AlarmKind.UNKNOWN_QUANTITY: Phrase(
        ("sent an unknown field or quantity",), ("",), "Compare firmware and point list. The frame is in quarantine."
    ),
    AlarmKind.UNKNOWN_DEVICE: Phrase(
        ("device not registered",), ("",), "Register it, or find out what it is and cut it off."
    ),
    AlarmKind.DATA_MISSING: Phrase(
        ("messages missing", "many messages missing"),
        ("", "limit"),
        "Check link, gateway and broker. The gap ledger tells which numbers are missing.",
    ),
    AlarmKind.QUARANTINE_RATE: Phrase(
        ("many frames refused",),
        ("limit",),
        "Look into quarantine, compare firmware and point list; decode once more after the repair.",
    ),
    AlarmKind.LOG_SPACE: Phrase(
        ("log space is short", "log space is nearly gone"),
        ("limit", "limit"),
        "Free or add disk space. A full log takes no more messages.",
    ),
    AlarmKind.LOG_CORRUPT: Phrase(
        ("log record damaged",), ("",), "Check the disk. The damaged bytes are in quarantine."
    ),
    AlarmKind.READER_LAG: Phrase(
        ("storing lags behind", "storing lags far behind", "alarm processing lags behind"),
        ("limit", "limit", "limit"),
        "Check database and load of the host. Alarms come late until it has caught up.",
    ),
    AlarmKind.BREAK_GLASS: Phrase(
        ("login with an emergency account",),
        ("",),
        "Find out who used it and why. If nobody may have, disable it and read the audit. Change its password.",
    ),
    AlarmKind.BROKER_DROPPED: Phrase(
        ("the broker drops messages",),
        ("",),
        "Data may be missing: check the queue limits of the broker (max_queued_messages 0), and the gap ledger.",
    ),
    AlarmKind.SERIES_REFUSED: Phrase(
        ("the time series refuse to be written",),
        ("",),
        "Check address, bucket and token of the time series. The log keeps everything and it is stored afterwards.",
    ),
    AlarmKind.DETECTOR_FAILED: Phrase(
        ("detection algorithm failed and began anew",), ("",), "Keep the program's log and tell the maintainers."
    ),
    AlarmKind.MANHOLE_GAS: Phrase(
        (
            "gas rises in an underground space",
            "gas rises in an underground space: find its source",
            "much gas in an underground space: danger of explosion",
            "an underground space may explode at any time",
        ),
        ("background and rise",) * 4,
        "No flames; measure ethane and hydrogen sulphide; search the pipes named. It is a leak until ruled out.",
    ),
    AlarmKind.GAS_EARLY: Phrase(
        ("early warning of combustible gas", "zero shifted for long"),
        ("usual baseline", "usual baseline"),
        "Below the set-points, but not its usual air: call, check burners and hoses. If it lasts, calibrate.",
    ),
    AlarmKind.DEVICE_AGEING: Phrase(
        ("health of the device is low",),
        ("limit",),
        "Plan a visit: calibrate or clean it; an expired one must go.",
    ),
    AlarmKind.VALVE_BYPASS: Phrase(
        ("gas behind a closed valve",),
        ("limit",),
        "A by-pass or a leaking seat: close the supply upstream by hand, no flames, and see the flow stop.",
    ),
    AlarmKind.TIGHTNESS_LOST: Phrase(
        ("pipes behind the closed valve leak",),
        ("limit",),
        "Before opening find the leak: hoses, joints, taps. Keep the valve closed until a test is tight.",
    ),
    AlarmKind.PIPE_RUPTURE: Phrase(
        ("pressures fall together: a main may be broken",),
        ("lower edge of the usual",),
        "Send repair to the pipes named; ask who digs there; make ready to shut valves and tell customers.",
    ),
    AlarmKind.PRESSURE_UNUSUAL: Phrase(
        ("pressure is not the usual one",),
        ("edge of the usual",),
        "Compare the points around and the demand of the day; check regulator, valves, sensor; search for a leak.",
    ),
    AlarmKind.PRESSURE_WAVE: Phrase(
        ("a wave of falling pressure came through the pipes",),
        ("smallest wave",),
        "Ask who worked a valve or started a large burner; if nobody did, send somebody to the place named.",
    ),
    AlarmKind.UPKEEP_DUE: Phrase(
        ("safety device is not kept ready",),
        ("",),
        "Restore power and sounder; test it with gas, or move the valve on site.",
    ),
    AlarmKind.CYLINDER_LOSS: Phrase(
        ("a cylinder loses weight while closed",),
        ("limit",),
        "It may leak: air the room, no flames, touch no switch; close the cylinder, check regulator and hose.",
    ),
    AlarmKind.CUTOFF_UNPROVEN: Phrase(
        ("valve closed, and the gas does not fall",),
        ("level due by now",),
        "It does not seal, or gas comes from elsewhere: stay out, close the supply upstream by hand, find the source.",
    ),
    AlarmKind.VALVE_CLOSE_FAILED: Phrase(
        ("the valve refused to close", "the valve did not close"),
        ("", ""),
        "The close command did not work: send somebody to close it, or the supply upstream, by hand; keep people out.",
    ),
    AlarmKind.ONCALL_GAP: Phrase(
        ("nobody on duty for some time ahead", "nobody on duty for some time within 24 h"),
        ("", ""),
        "Fill the gap on the page On-call, or make an override.",
    ),
    AlarmKind.ESCALATION_FAULT: Phrase(
        ("somebody who had to be told was not",),
        ("",),
        "Look at the alarms and call by hand now. Check the roles watch and notify, and the channels.",
    ),
    AlarmKind.NOBODY_ON_CALL: Phrase(
        ("nobody on call: an alarm found nobody to tell",),
        ("",),
        "Reach somebody by hand now. Then complete the duty plan.",
    ),
    AlarmKind.GAS_SEVERAL: Phrase(
        ("gas at several points at once",),
        ("least number",),
        "It spreads: evacuate, no flames, close the supply from outside; look into neighbouring buildings and wells.",
    ),
    AlarmKind.DEVICES_AWAY: Phrase(
        ("many devices silent at once",),
        ("least number",),
        "Ask carrier, gateway and power first. Nobody watches this quarter now: call sites, send patrols.",
    ),
    AlarmKind.POWER_CUT: Phrase(
        ("power lost at several sites at once",),
        ("least number",),
        "Ask how far the outage goes and how long. See that cut-off valves are closed; only people on site open them.",
    ),
    AlarmKind.REGULATOR_FAULT: Phrase(
        ("a regulator does not hold", "a regulator fails"),
        ("bound", "bound"),
        "Go to the regulator named: compare inlet, outlet and slam-shut, change to its bypass. Flames may be out.",
    ),
    AlarmKind.NIGHT_FLOW: Phrase(
        ("least flow of the night above the usual",),
        ("edge of the usual",),
        "Ask for new customers at night and for opened valves; else search the part for a leak, section by section.",
    ),
    AlarmKind.MASS_BALANCE: Phrase(
        ("more gas comes in than leaves",),
        ("smallest sought",),
        "Compare the meters, ask for opened valves; else search the part for a leak, section by section.",
    ),
}

UNITS: dict[AlarmKind, str] = {
    AlarmKind.GAS_LOW: "%LEL",
    AlarmKind.GAS_HIGH: "%LEL",
    AlarmKind.GAS_RISING: "%LEL/min",
    AlarmKind.LINKAGE_FAILED: "s",
    AlarmKind.PRESSURE_LOW: "kPa",
    AlarmKind.PRESSURE_HIGH: "kPa",
    AlarmKind.DEVICE_SILENT: "s",
    AlarmKind.PROTECTION_MISSING: "s",
    AlarmKind.CLOCK_WRONG: "s",
    AlarmKind.DATA_MISSING: "%",
    AlarmKind.LOG_SPACE: "%",
    AlarmKind.READER_LAG: "s",
    AlarmKind.MANHOLE_GAS: "%LEL",
    AlarmKind.GAS_EARLY: "%LEL",
    AlarmKind.DEVICE_AGEING: "%",
    AlarmKind.TIGHTNESS_LOST: "dm³/h",
    AlarmKind.PIPE_RUPTURE: "kPa",
    AlarmKind.PRESSURE_UNUSUAL: "kPa",
    AlarmKind.PRESSURE_WAVE: "kPa",
    AlarmKind.CYLINDER_LOSS: "kg/h",
    AlarmKind.CUTOFF_UNPROVEN: "%LEL",
    AlarmKind.ONCALL_GAP: "h",
    AlarmKind.REGULATOR_FAULT: "kPa",
    AlarmKind.NIGHT_FLOW: "m³/h",
    AlarmKind.MASS_BALANCE: "m³/h",
}
"""Unit of value and limit, where the kind alone decides it."""

UNIT_BY_REASON: dict[str, str] = {quantity.value: SPANS[quantity].unit for quantity in Quantity}
"""Unit where the reason names the quantity that decided."""

WITHOUT_VALUE = frozenset(
    {
        AlarmKind.GAS_DECLARED,
        AlarmKind.POWER_LOST,
        AlarmKind.SERIES_REFUSED,
        AlarmKind.BREAK_GLASS,
        AlarmKind.NOBODY_ON_CALL,
        AlarmKind.ESCALATION_FAULT,
    }
)
"""Their value is a level or a switch: the words say it."""
