"""Duty plans of a small town, for every test that needs one."""

from alerting.plan import Plan, read_plan

TEXT = """\
[media.siren]
channels = ["relay"]
[media.im]
channels = ["chat"]
address = "im"
[media.sms]
channels = ["sms_a", "sms_b"]
address = "phone"
receipt_s = 60
[media.voice]
channels = ["voice_a", "voice_b"]
address = "phone"
receipt_s = 45
[[person]]
id = "yang"
name = "杨"
name_en = "Yang"
addresses = { phone = "1", im = "y" }
[[person]]
id = "bai"
name = "白"
name_en = "Bai"
addresses = { phone = "2", im = "b" }
important = ["voice", "sms"]
usual = ["sms"]
[[person]]
id = "zhao"
name = "赵"
name_en = "Zhao"
addresses = { phone = "3" }
[[person]]
id = "wang"
name = "王"
name_en = "Wang"
addresses = { phone = "4" }
[[team]]
id = "duty"
[[team]]
id = "street"
townships = ["D"]
cover = "duty"
[[rotation]]
team = "duty"
role = "first"
people = ["yang", "bai"]
begins = 1970-01-01
turn_days = 1
handover = "08:00"
[[rotation]]
team = "duty"
role = "second"
people = ["bai", "yang"]
begins = 1970-01-01
turn_days = 1
[[rotation]]
team = "duty"
role = "leader"
people = ["zhao"]
begins = 1970-01-01
[[contact]]
role = "owner"
person = "wang"
sites = ["S1"]
"""
CHANNELS = ("relay", "chat", "sms_a", "sms_b", "voice_a", "voice_b")


def plan(more: str = "", *, without: str = "") -> Plan:
    """The plan of the town, with further lines, or without some."""
    assert without in TEXT
    return read_plan(TEXT.replace(without, "") + more)
