// 5 System: whether the service itself does its work, and everything that did not come in whole.
import { age } from "../detail.js";
import { byId, element, rebuild } from "../dom.js";
import { get, post } from "../http.js";
import { language, named, pick, t } from "../i18n.js";
import { address } from "../router.js";
import { words } from "../maintenance.js";
import { say } from "../say.js";
import { may, state } from "../state.js";
import { cell, percent, table } from "../tables.js";
import { stamp } from "../time.js";
import { place, priorityWord, stateWord, what } from "../words.js";
import { doubts } from "./site.js";

const AGAIN_S = 10;
const LAG_S = 15;
let root = null;
let seconds = 0;
let problem = "";
let openOnly = true;
// Each ledger: its list on the server, and what has been read of it.
const ledgers = {
  silent: { path: () => "/devices?silent=true&limit=100", items: null, next: "" },
  gaps: { path: () => `/gaps?limit=50&open_only=${openOnly}`, items: null, next: "" },
  quarantine: { path: () => "/quarantine?limit=50", items: null, next: "" },
  silenced: { path: () => "/silenced", items: null, next: "" },
  canary: { path: () => "/canary", items: null, next: "" },
  maintenance: { path: () => "/maintenance", items: null, next: "" },
};

export function mount(section) {
  root = section;
}

export function show() {
  refresh();
}

export function tick() {
  seconds += 1;
  if (seconds >= AGAIN_S) refresh();
}

// First pages anew; a list of which somebody has read on stays as it is.
async function refresh() {
  seconds = 0;
  const names = Object.keys(ledgers).filter((name) => !ledgers[name].read);
  try {
    const pages = await Promise.all(names.map((name) => get(ledgers[name].path())));
    names.forEach((name, i) => Object.assign(ledgers[name], { items: pages[i].items, next: pages[i].next }));
    problem = "";
  } catch (error) {
    problem = t("act.failed", { why: error.message });
  }
  draw();
}

async function readOn(name) {
  const ledger = ledgers[name];
  try {
    const page = await get(`${ledger.path()}&after=${encodeURIComponent(ledger.next)}`);
    Object.assign(ledger, { items: [...ledger.items, ...page.items], next: page.next, read: true });
  } catch (error) {
    problem = t("act.failed", { why: error.message });
  }
  draw();
}

export function draw() {
  if (!root) return;
  rebuild(root, language(), frame);
  byId("system-problem").hidden = !problem;
  byId("system-problem").textContent = problem;
  rebuild(byId("readers"), JSON.stringify([state.health, language()]), readers);
  for (const [name, rows] of Object.entries(ROWS)) {
    const { items, next } = ledgers[name];
    rebuild(byId(`ledger-${name}`), JSON.stringify([items, next, language(), state.me.rights]), () => list(name, items, next, rows));
  }
}

const panel = (name, ...more) => element("section", { class: `panel ${name}` },
  element("div", { class: "head" }, element("h3", { text: t(`system.${name}`) }), ...more),
  element("div", { id: name === "readers" ? name : `ledger-${name}`, class: "panel-body" }));

const frame = () => [
  element("div", { class: "head" }, element("h2", { text: t("page.system") }), element("p", { id: "system-problem", class: "row-note", role: "alert", hidden: true })),
  element("div", { class: "panels" },
    panel("readers"), panel("canary"), panel("silent"), panel("silenced"), panel("maintenance"),
    panel("gaps", element("label", { class: "check" },
      element("input", { type: "checkbox", id: "gaps-open", checked: openOnly, onchange: (event) => {
        openOnly = event.target.checked;
        ledgers.gaps.read = false;
        refresh();
      } }), element("span", { text: t("gap.open_only") }))),
    panel("quarantine")),
];

function readers() {
  const health = state.health;
  if (!health) return [element("p", { class: "hint", text: t("loading") })];
  const rows = Object.entries(health.readers).map(([name, reader]) => element("tr", { class: reader.lag_s > LAG_S ? "bad" : "" },
    cell(named("reader", name)), cell(String(reader.lag_frames)), cell(t("seconds", { n: reader.lag_s.toFixed(1) }))));
  const newest = health.newest_reading_time;
  return [
    element("p", { class: "strip quiet" }, element("span", { text: t("system.newest") }),
      element("b", { text: newest ? stamp(newest) : "–" }), newest && age(newest)),
    table({ id: "reader-table", label: t("system.readers"), columns: ["column.reader", "column.unread", "column.lag"], rows }),
  ];
}

// ---------------------------------------------------------------- the ledgers
const siteName = (id) => pick(state.sites.has(id) && { zh: state.sites.get(id).name, en: state.sites.get(id).name_en }) || id || "–";
const siteLink = (id) => (state.sites.has(id) ? element("a", { href: address("site", id), text: siteName(id) }) : "–");

const ROWS = {
  silent: {
    columns: ["column.device", "column.site", "column.state", "column.newest"],
    row: (device) => [cell(device.id), cell(siteLink(device.site)), cell(doubts(device)),
      cell(device.newest_time ? age(device.newest_time) : t("device.never"))],
  },
  silenced: {
    columns: ["column.priority", "column.site", "column.alarm", "column.state"],
    row: (alarm) => [cell(priorityWord(alarm.priority)), cell(place(alarm)),
      cell(element("a", { href: address("alarm", alarm.id), text: what(alarm) })), cell(stateWord(alarm))],
  },
  canary: {
    columns: ["column.arrived", "column.took"],
    row: (bird) => [cell(stamp(bird.arrived), age(bird.arrived)), cell(t("seconds", { n: bird.took_s.toFixed(2) }))],
  },
  maintenance: {
    columns: ["column.device", "column.site", "column.permit", "column.measure"],
    row: (permit) => [cell(permit.device), cell(siteLink(permit.site)), cell(words(permit)), cell(permit.measure)],
  },
  gaps: {
    columns: ["column.device", "column.missing", "column.opened", "column.closed", "column.reason", "column.complete"],
    row: (gap) => [cell(gap.device), cell(span(gap)), cell(gap.opened ? stamp(gap.opened) : "–"),
      cell(gap.closed ? stamp(gap.closed) : t("gap.open")), cell(named("gap.reason", gap.reason)), cell(percent(gap.completeness))],
  },
  quarantine: {
    columns: ["column.received", "column.device", "column.part", "column.reason", "column.raw", "column.retry"],
    row: (entry) => [cell(entry.received ? stamp(entry.received) : "–"), cell(entry.device ?? "–"), cell(entry.part),
      cell(named("refusal", entry.reason), element("span", { class: "kind", text: entry.detail })), cell(raw(entry)), cell(retryCell(entry))],
  },
};

const span = (gap) => `${gap.from_seq}–${gap.to_seq} (${gap.to_seq - gap.from_seq + 1}) · ${gap.boot_id}`;

function list(name, items, next, { columns, row }) {
  if (!items) return [element("p", { class: "hint", text: t("loading") })];
  const rows = items.map((item) => element("tr", {}, ...row(item)));
  return [
    table({ id: `${name}-table`, label: t(`system.${name}`), columns, rows }),
    next && element("p", { class: "buttons" }, element("button", { type: "button", text: t("more"), onclick: () => readOn(name) })),
  ];
}

// What came, byte for byte: as text where it is text, else in hexadecimal.
function raw(entry) {
  const bytes = Uint8Array.from(atob(entry.payload), (letter) => letter.codePointAt(0));
  let text = "";
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    text = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  }
  return element("details", { class: "raw" }, element("summary", { text: t("raw", { n: bytes.length }) }),
    element("p", { text: entry.topic }), element("pre", { text }));
}

function retryCell(entry) {
  if (entry.retried_position !== null) return t("retry.done", { position: entry.retried_position });
  if (!may("retry")) return "–";
  return element("button", { type: "button", text: t("retry"), onclick: (event) => retry(event.target, entry) });
}

async function retry(button, entry) {
  button.disabled = true; // once
  try {
    const { position } = await post(`/quarantine/${entry.id}/retry`);
    say(t("retry.done", { position }));
    ledgers.quarantine.read = false;
  } catch (error) {
    button.disabled = false;
    problem = t("act.failed", { why: error.message });
    return draw();
  }
  return refresh();
}
