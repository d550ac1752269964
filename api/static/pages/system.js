// 5 System: whether the service itself does its work, and everything that did not come in whole.
import { age } from "../detail.js";
import { element } from "../dom.js";
import { fetched, hint, panel } from "../fetched.js";
import { get } from "../http.js";
import { named, pick, t } from "../i18n.js";
import { address } from "../router.js";
import { may, state } from "../state.js";
import { cell, percent, table } from "../tables.js";
import { stamp } from "../time.js";
import { doubts } from "./site.js";

const LAG_S = 15;
let openOnly = true;
const PATHS = {
  canary: () => "/canary",
  silent: () => "/devices?silent=true&limit=100",
  gaps: () => `/gaps?limit=50&open_only=${openOnly}`,
  quarantine: () => "/quarantine?limit=50",
};
const readFurther = {}; // lists of which somebody has read on stay as they are

function readers() {
  const health = state.health;
  if (!health) return hint("loading");
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
  canary: {
    columns: ["column.arrived", "column.took"],
    row: (bird) => [cell(stamp(bird.arrived), age(bird.arrived)), cell(t("seconds", { n: bird.took_s.toFixed(2) }))],
  },
  silent: {
    columns: ["column.device", "column.site", "column.state", "column.newest"],
    row: (device) => [cell(device.id), cell(siteLink(device.site)), cell(doubts(device)),
      cell(device.newest_time ? age(device.newest_time) : t("device.never"))],
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

function list(name, { items, next }) {
  const { columns, row } = ROWS[name];
  return [
    table({ id: `${name}-table`, label: t(`system.${name}`), columns, rows: items.map((item) => element("tr", {}, ...row(item))) }),
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
  delete readFurther.quarantine;
  if (!await page.act(`/quarantine/${entry.id}/retry`)) button.disabled = false;
}

// ---------------------------------------------------------------- the page
const ledger = (name) => ({ of: (ledgers) => ledgers[name], view: (ledgers) => list(name, ledgers[name]) });

const page = fetched("system", {
  every_s: 10,
  async read() {
    const names = Object.keys(PATHS).filter((name) => !readFurther[name]);
    const pages = await Promise.all(names.map((name) => get(PATHS[name]())));
    return { ...readFurther, ...Object.fromEntries(names.map((name, i) => [name, pages[i]])) };
  },
  body: () => element("div", { class: "panels" },
    panel("system", "readers", "readers"),
    panel("system", "canary", "ledger-canary"),
    panel("system", "silent", "ledger-silent"),
    panel("system", "gaps", "ledger-gaps", element("label", { class: "check" },
      element("input", { type: "checkbox", id: "gaps-open", checked: openOnly, onchange: (event) => {
        openOnly = event.target.checked;
        delete readFurther.gaps;
        page.refresh();
      } }), element("span", { text: t("gap.open_only") }))),
    panel("system", "quarantine", "ledger-quarantine")),
  parts: {
    readers: { of: () => state.health, view: readers },
    ...Object.fromEntries(Object.keys(PATHS).map((name) => [`ledger-${name}`, ledger(name)])),
  },
});

async function readOn(name) {
  const known = page.data()[name];
  const further = await page.attempt(() => get(`${PATHS[name]()}&after=${encodeURIComponent(known.next)}`));
  if (!further) return;
  readFurther[name] = { items: [...known.items, ...further.items], next: further.next };
  page.refresh();
}

export const { mount, show, draw, tick } = page;
