"""What people read of each kind of alarm, as data: Chinese; the other language has the same keys."""

from alerting.phrase import Phrase
from domain.alarm import AlarmKind

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
    AlarmKind.SLOW_LEAK: Phrase(
        ("压力一日偏低，疑似漏气", "压力一周偏低，疑似漏气"),
        ("往常", "往常"),
        "持检漏仪沿所列管段排查，可能性大的先查；核对新增用户与调压器调整。",
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
        ("审计员的一部分已停", "应发的通知未发出"),
        ("",),
        "立即查看告警并人工通知值班人员；检查 watch、notify 与 audit 进程及各通道。",
    ),
    AlarmKind.CANARY_LATE: Phrase(
        ("自检告警迟到", "自检告警未到"),
        ("时限",),
        "告警链路变慢或中断：立即人工查看现场数据；检查代理、ingest、watch、notify 与数据库。",
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
    AlarmKind.HANDOVER_UNSIGNED: Phrase(
        ("交接班未双签",), ("时限",), "在交接班页由交班人签字、接班人复签；先口头交清在处告警、阀门与作业票。"
    ),
    AlarmKind.ROLE_SILENT: Phrase(
        ("进程无响应", "接收进程无响应"),
        ("时限", "时限"),
        "重新启动该进程并查看其日志；其间 TCP 传输装置的报文收不到，或城市平台收不到上报。",
    ),
    AlarmKind.DEAD_MAN: Phrase(
        ("外部看护报告平台无新数据",),
        ("",),
        "看值班台读数和告警是否仍在更新；再查写入角色、时序库与采集；若值班台也停了，转人工巡查。",
    ),
}
