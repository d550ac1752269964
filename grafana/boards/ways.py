"""Where values lead: to the dashboard of a device, and to the console."""

UID_SITE = "gas-l3-site"
UID_DISTRICT = "gas-l2-district"
CONSOLE = ("值班台：站点与告警 Console: site and its alarms", "${console_url}/#site/${__field.labels.site}")
DEVICE = (
    "设备 Device",
    f"/d/{UID_SITE}?var-site=${{__field.labels.site}}&var-device=${{__field.labels.device}}&${{__url_time_range}}",
)
DISTRICT = ("区县 District", f"/d/{UID_DISTRICT}?var-district=${{__field.labels.district}}&${{__url_time_range}}")
ALARM = ("值班台：告警 Console: the alarm", "${console_url}/#alarm/${__value.text}")
ROW = {
    "device": (
        "设备 Device",
        f"/d/{UID_SITE}?var-site=${{__data.fields.site}}&var-device=${{__value.text}}&${{__url_time_range}}",
    ),
    "site": ("值班台：站点与告警 Console: site and its alarms", "${console_url}/#site/${__value.text}"),
}
"""By column of a table."""
ALARMS = {"alarm_id": ALARM, **ROW}
