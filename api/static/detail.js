// What stands beside the selected alarm: what, where, since when, what to do, linkage, journal.
import { button } from "./alarms.js";
import { byId, element, rebuild } from "./dom.js";
import { get } from "./http.js";
import { has, language, pick, t } from "./i18n.js";
import { changed, note, state } from "./state.js";
import { symbol } from "./symbols.js";
import { ago, stamp } from "./time.js";
import { number, place, priorityWord, stateWord, what } from "./words.js";

const NUMBERED = new Set(["raise", "worsen"]);
let loaded = null;
let site = null;

export async function load(id) {
  try {
    loaded = await get(`/alarms/${id}`);
  } catch (problem) {
    note(id, t("act.failed", { why: problem.message }));
  }
  changed();
}

export async function loadSite(id) {
  const page = await get(`/devices?limit=500&site=${encodeURIComponent(id)}`);
  const devices = await Promise.all(page.items.map((device) => get(`/devices/${encodeURIComponent(device.id)}`)));
  site = { id, devices };
  changed();
}

export function draw(openTrend) {
  const pane = byId("detail");
  pane.hidden = !state.detailOpen;
  document.body.classList.toggle("no-detail", !state.detailOpen);
  const alarm = loaded?.id === state.selected && { ...loaded, ...state.alarms.get(loaded.id) };
  const signature = JSON.stringify([state.site, state.site ? site : alarm, language(), state.me.rights]);
  rebuild(pane, signature, () => (state.site ? siteView(openTrend) : alarm ? alarmView(alarm) : nothing()));
}

const head = (text, ...more) =>
  element("div", { class: "head" }, element("h2", { id: "detail-title", text }), ...more);

const nothing = () => [head(t("detail.title")), element("p", { class: "hint", text: t("detail.none") })];

function alarmView(alarm) {
  const mark = symbol(alarm.priority, priorityWord(alarm.priority), { hollow: !alarm.active });
  return [
    head(place(alarm), alarm.drill && element("b", { class: "drill-mark", text: t("drill") })),
    element("div", { class: "verdict" }, mark,
      element("div", {},
        element("p", { class: "word", text: priorityWord(alarm.priority) }),
        element("p", { class: "said value", text: what(alarm) })),
      button(alarm)),
    element("div", { class: "todo" }, element("h3", { text: t("detail.todo") }),
      element("p", { text: pick(alarm.what_to_do) })),
    facts(alarm),
    element("h3", { text: t("detail.journal") }),
    element("ol", { class: "journal" }, ...[...alarm.journal].reverse().map(line)),
  ];
}

function facts(alarm) {
  const pairs = [
    [t("detail.state"), stateWord(alarm)],
    [t("detail.since"), alarm.first_time ? stamp(alarm.first_time) : "–", alarm.first_time],
    [t("detail.device"), alarm.device],
    ...alarm.linkage.valves.map((valve) => [t("detail.valve"), `${valve.device} ${position(valve, "valve")}`]),
    ...alarm.linkage.fans.map((fan) => [t("detail.fan"), `${fan.device} ${position(fan, "fan")}`]),
    [t("detail.occurrence"), String(alarm.occurrence)],
  ];
  return element("dl", { class: "pairs" },
    ...pairs.flatMap(([name, value, since]) => [
      element("dt", { text: name }),
      element("dd", {}, element("span", { class: "value", text: value }), since && age(since)),
    ]));
}

const age = (time) => element("span", { class: "age", "data-ago": time, text: ago(time) });

function position(linked, what) {
  if (!linked.online) return t("position.offline");
  if (linked.position === null) return t("position.unknown");
  return t(`position.${what}.${linked.position === 1 ? "1" : linked.position === 0 ? "0" : "moving"}`);
}

function line(entry) {
  const event = has(`event.${entry.event}`) ? t(`event.${entry.event}`) : entry.event;
  const value = NUMBERED.has(entry.event) && entry.value !== null ? number(entry.value) : "";
  const text = [event, entry.user, entry.note, value].filter(Boolean).join(" · ");
  return element("li", {}, element("time", { text: entry.time ? stamp(entry.time) : "–", datetime: entry.time }),
    symbol(entry.priority, priorityWord(entry.priority), { quiet: true, hollow: entry.after === "A" }),
    element("span", { text }));
}

function siteView(openTrend) {
  const known = state.sites.get(state.site);
  const title = pick({ zh: known.name, en: known.name_en });
  if (!site || site.id !== state.site) return [head(title), element("p", { class: "hint", text: t("loading") })];
  return [head(title), element("ul", { class: "devices" }, ...site.devices.map((device) => deviceRow(device, openTrend)))];
}

function deviceRow(device, openTrend) {
  const newest = device.latest[device.quantity];
  const bad = !device.online || device.stale || (newest && newest.quality !== "good");
  const value = newest ? `${number(newest.value)} ${newest.unit}` : "–";
  const mark = !device.online ? "device.offline" : device.stale ? "device.stale" : "";
  return element("li", { class: bad ? "bad" : "" },
    element("button", { type: "button", onclick: () => openTrend(device.id, device.quantity) },
      element("span", { class: "name", text: device.id }),
      element("span", { class: "kind", text: t(`device.${device.kind}`) }),
      element("b", { class: "value", text: value }),
      element("span", { class: "since" }, mark && element("span", { text: t(mark) }),
        device.newest_time ? age(device.newest_time) : element("span", { text: t("device.never") }))));
}
