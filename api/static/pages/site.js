// 3 Site: every device of one site with its values, their quality and age, and a trend of 24 h.
import { age } from "../detail.js";
import { byId, element, rebuild } from "../dom.js";
import { get } from "../http.js";
import * as maintenance from "../maintenance.js";
import { language, named, pick, t } from "../i18n.js";
import { address, stay } from "../router.js";
import { say } from "../say.js";
import { dayTrend } from "../selection.js";
import * as sites from "../sites.js";
import { changed, state } from "../state.js";
import { symbol } from "../symbols.js";
import { priorityWord, said, stateWord, what } from "../words.js";
import { cell, percent, table } from "../tables.js";

const AGAIN_S = 5;
const MEASURES = new Set(["gas_pct_lel", "pressure_kpa", "flow_m3h"]); // their trend is shown first
let shown = null; // { id, devices }
let open = ""; // device and quantity of the trend
let age_s = 0;

export function show(id) {
  const wanted = state.sites.has(id) ? id : state.site || state.alarms.get(state.selected)?.site || firstSite();
  if (wanted) choose(wanted);
}

const firstSite = () => [...state.sites.keys()].sort()[0] ?? "";

export async function choose(id) {
  if (id !== state.site) open = "";
  state.site = id;
  stay(id);
  changed();
  await load(id);
  const devices = shown?.id === id ? shown.devices : [];
  const device = devices.find((one) => MEASURES.has(one.quantity)) ?? devices[0];
  if (!open && device) trendOf(device, device.quantity);
}

export async function load(id) {
  age_s = 0;
  try {
    const [page, permits] = await Promise.all([get(`/devices?limit=500&site=${encodeURIComponent(id)}`), maintenance.permits()]);
    const devices = await Promise.all(page.items.map((device) => get(`/devices/${encodeURIComponent(device.id)}`)));
    if (id !== state.site) return;
    shown = { id, devices: devices.map((device) => ({ ...device, permit: permits.get(device.id) })) };
    changed();
  } catch (problem) {
    say(t("act.failed", { why: problem.message }), true);
  }
}

export function tick() {
  age_s += 1;
  if (state.site && age_s >= AGAIN_S) load(state.site);
}

function trendOf(device, quantity) {
  open = `${device.id} ${quantity}`;
  dayTrend(device.id, quantity, device.site);
  changed();
}

export function draw() {
  sites.draw(choose);
  const site = state.sites.get(state.site);
  const here = [...state.alarms.values()].filter((alarm) => alarm.site === state.site && !alarm.suppressed);
  const signature = JSON.stringify([site, shown, here, open, language(), state.me?.rights]);
  rebuild(byId("site"), signature, () => (site ? view(site, here) : [head(t("town.title")), hint("town.none")]));
}

const head = (text, ...more) => element("div", { class: "head" }, element("h2", { id: "site-title", text }), ...more);
const hint = (key) => element("p", { class: "hint", text: t(key) });

function view(site, here) {
  const name = pick({ zh: site.name, en: site.name_en });
  const where = `${named("site.type", site.type)} · ${site.district} · ${site.id}`;
  const devices = shown?.id === site.id ? shown.devices : null;
  return [
    head(name, element("span", { class: "note", text: where })),
    element("ul", { class: "standing" }, ...here.map(alarmLine)),
    devices ? table({ id: "devices", label: t("site.devices"), columns: COLUMNS, rows: devices.map(row) }) : hint("loading"),
  ];
}

const alarmLine = (alarm) => element("li", {}, symbol(alarm.priority, priorityWord(alarm.priority), { hollow: !alarm.active }),
  element("a", { href: address("alarm", alarm.id), text: `${what(alarm)} · ${stateWord(alarm)}` }));

const COLUMNS = ["column.device", "column.values", "column.newest", "column.state", "column.complete"];

// What is bad, old or unknown is marked by hatching, colour and a word.
export function doubts(device) {
  if (!device.heard) return t("device.never");
  if (!device.online) return t("device.offline");
  return device.stale ? t("device.stale") : "";
}

function row(device) {
  const doubt = doubts(device);
  return element("tr", { class: doubt ? "bad" : "" },
    cell(element("b", { text: device.id }), element("span", { class: "kind", text: t(`device.${device.kind}`) })),
    cell(...Object.entries(device.latest).map(([quantity, value]) => reading(device, quantity, value, doubt))),
    cell(device.newest_time ? age(device.newest_time) : "–"),
    cell(device.permit && element("span", { class: "kind", text: maintenance.words(device.permit) }), doubt || t("device.fine"),
      maintenance.KINDS.has(device.kind) && maintenance.button(device.id, device.permit, () => load(device.site))),
    cell(percent(device.completeness)));
}

function reading(device, quantity, value, doubt) {
  const odd = value.quality !== "good" ? named("quality", value.quality) : "";
  return element("span", { class: `reading ${odd || doubt ? "bad" : ""}` },
    element("button", {
      type: "button", text: named("quantity", quantity), "aria-pressed": String(open === `${device.id} ${quantity}`),
      onclick: () => trendOf(device, quantity),
    }),
    element("b", { class: "value", text: said(quantity, value.value) }),
    odd && element("i", { text: odd }));
}
