// Which alarm or site is looked at, and the trend that belongs to it.
import * as alarms from "./alarms.js";
import { byId } from "./dom.js";
import { t } from "./i18n.js";
import { go, stay } from "./router.js";
import { changed, state } from "./state.js";
import { now } from "./time.js";
import * as trend from "./trend.js";

const BEFORE_MS = 15 * 60000;
const DAY_MS = 24 * 3600000;
let switching = 0;
let watch = () => {};

export function wire(watchDevice) {
  watch = watchDevice;
}

export function openTrend(device, quantity, site, from) {
  const known = state.sites.get(site);
  clearTimeout(switching);
  if (device) switching = setTimeout(() => watch(device), 300); // not for every row that the arrow keys pass
  trend.open(device, quantity, from, known && { zh: known.name, en: known.name_en }).catch((problem) => {
    byId("trend-value").textContent = t("act.failed", { why: problem.message });
  });
}

// An alarm that is no longer in the list has a trend, too: `alarm` is what the history told of it.
export function select(id, { focus = true, alarm = state.alarms.get(id) } = {}) {
  if (!alarm) return;
  state.selected = id;
  const from = Math.max((alarm.first_time ? Date.parse(alarm.first_time) : now()) - BEFORE_MS, now() - DAY_MS);
  openTrend(alarm.quantity && alarm.device, alarm.quantity, alarm.site, from);
  if (state.page === "alarm") stay(id);
  changed();
  if (!focus) return;
  alarms.draw();
  alarms.focusRow(id);
}

export const onList = () => state.page === "overview" || state.page === "alarm";

export function selectFirst() {
  const [first] = alarms.shown();
  if (first && onList()) select(first.id, { focus: false });
}

// Back from a page whose trend was another one.
export function again() {
  if (state.alarms.has(state.selected)) select(state.selected, { focus: false });
  else if (!state.selected) selectFirst();
}

export function move(step) {
  if (!onList()) return;
  const ids = alarms.walk();
  const at = ids.indexOf(state.selected);
  const next = ids[Math.min(ids.length - 1, Math.max(0, at < 0 ? 0 : at + step))];
  if (next) select(next);
}

// Space: from the list to the whole story and back.
export function toggleDetail() {
  if (state.page === "alarm") go("overview");
  else if (state.selected) go("alarm", state.selected);
}

export const dayTrend = (device, quantity, site) => openTrend(device, quantity, site, now() - DAY_MS);
