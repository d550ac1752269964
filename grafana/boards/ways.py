"""Where values lead: to the dashboard of a device, and to the console. What is put into an address is escaped."""

UID_SITE = "gas-l3-site"
UID_DISTRICT = "gas-l2-district"
_ESCAPED = "percentencode"
"""Grafana's own default leaves ``&``, ``#`` and ``+`` as they are."""
_TIME = "${__url_time_range}"


def _label(name: str) -> str:
    return f"${{__field.labels.{name}:{_ESCAPED}}}"


_VALUE, _SITE_OF_ROW = f"${{__value.raw:{_ESCAPED}}}", f"${{__data.fields.site:{_ESCAPED}}}"
_OF_SITE = "值班台：站点与告警 Console: site and its alarms"

CONSOLE = (_OF_SITE, f"${{console_url}}/#site/{_label('site')}")
OVERVIEW = ("值班台：告警 Console: the alarms", "${console_url}/#overview")
ALARM = ("值班台：告警 Console: the alarm", f"${{console_url}}/#alarm/{_VALUE}")
DEVICE = ("设备 Device", f"/d/{UID_SITE}?var-site={_label('site')}&var-device={_label('device')}&{_TIME}")
DISTRICT = ("区县 District", f"/d/{UID_DISTRICT}?var-district={_label('district')}&{_TIME}")
DISTRICTS = ("区县 Districts", f"/d/{UID_DISTRICT}?{_TIME}")
ROW = {
    "device": ("设备 Device", f"/d/{UID_SITE}?var-site={_SITE_OF_ROW}&var-device={_VALUE}&{_TIME}"),
    "site": (_OF_SITE, f"${{console_url}}/#site/{_VALUE}"),
}
"""By column of a table."""
ALARMS = {"alarm_id": ALARM, **ROW}
