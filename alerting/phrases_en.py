"""What people read of each kind of alarm, as data: English; the other language has the same keys."""

from alerting.phrase import Phrase
from domain.alarm import AlarmKind

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
    AlarmKind.SLOW_LEAK: Phrase(
        ("pressures lie a little low for a day, as of a leak", "pressures lie a little low for a week, as of a leak"),
        ("usual", "usual"),
        "Walk the pipes named with a detector, the likeliest first; ask for new customers and moved regulators.",
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
        ("a part of the auditor has failed", "somebody who had to be told was not"),
        ("",),
        "Look at the alarms and call by hand now. Check the roles watch, notify and audit, and the channels.",
    ),
    AlarmKind.CANARY_LATE: Phrase(
        ("a test alarm came late", "test alarms do not come through"),
        ("limit",),
        "Alarms come late or not at all: look at the readings by hand now. Check broker, roles and database.",
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
    AlarmKind.HANDOVER_UNSIGNED: Phrase(
        ("hand-over not signed by both",),
        ("due within",),
        "Tell each other what stands: alarms, closed valves, permits. Then sign and counter-sign on page Hand-over.",
    ),
    AlarmKind.ROLE_SILENT: Phrase(
        ("a role says nothing", "a role that receives says nothing"),
        ("limit", "limit"),
        "Start the role anew and read its log. Until then transmitters over TCP are not heard, or the city not told.",
    ),
    AlarmKind.DEAD_MAN: Phrase(
        ("a watch outside sees nothing new of us",),
        ("",),
        "See whether readings and alarms of the console still move. Then look at role write, the series, ingest.",
    ),
}
