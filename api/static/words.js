// How an alarm reads. Its sentence, with value and limit, comes from the server in both languages.
import { named, pick, t } from "./i18n.js";
import { minute, stamp } from "./time.js";

export const needsAnswer = (alarm) => !alarm.acknowledged && !alarm.suppressed;
export const mayReset = (alarm) => alarm.state.letter === "F";

export const place = (alarm) => pick(alarm.site_name) || alarm.device;
// A number and its unit stay on one line.
export const what = (alarm) => pick(alarm.what).replace(/(\d) (?=[^\s\d<>=])/g, "$1\u00a0");
export const priorityWord = (priority) => t(`priority.${priority}`);

export const kindWord = (kind) => named("kind", kind);

export function number(value) {
  return value === null || value === undefined ? "–" : String(Math.round(value * 100) / 100);
}

const SWITCHED = { valve_open: "valve", fan_on: "fan", power_ok: "power" };

// A value as it reads: what is open or shut says so.
export function said(quantity, value) {
  const kind = SWITCHED[quantity];
  if (!kind || value === null || value === undefined) return number(value);
  return t(`position.${kind}.${value === 1 ? "1" : value === 0 ? "0" : "moving"}`);
}

const until = (time) => (time ? stamp(time).slice(0, -3) : "–"); // no seconds

export function stateWord(alarm) {
  const who = { name: alarm.acknowledged_by ?? "", time: alarm.acknowledged_time ? minute(alarm.acknowledged_time) : "" };
  switch (alarm.state.letter) {
    case "C": return t("state.C", who);
    case "G": return t("state.G", { time: until(alarm.shelved_until) });
    case "I": return t("state.I", { permit: alarm.permit_no ?? "–", time: until(alarm.out_of_service_until) });
    default: return t(`state.${alarm.state.letter}`);
  }
}

// Unanswered first, then the worst priority, then the oldest.
export function byUrgency(a, b) {
  return needsAnswer(b) - needsAnswer(a) || a.priority - b.priority
    || (a.raised_time ?? "").localeCompare(b.raised_time ?? "") || a.id.localeCompare(b.id);
}
