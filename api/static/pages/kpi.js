// 8 KPI: whether the alarms are few, true and answered in time; each number with its formula, and whom to repair first.
import { byId, element, rebuild } from "../dom.js";
import { get } from "../http.js";
import { language, named, pick, t } from "../i18n.js";
import { address } from "../router.js";
import { state } from "../state.js";
import { cell, table } from "../tables.js";
import { now, stamp } from "../time.js";

const AGAIN_S = 300;
const DAY_MS = 86400000;
const SPANS = [1, 7, 31];
let root = null;
let seconds = 0;
let days = 1;
let kpi = null;
let problem = "";

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

async function refresh() {
  seconds = 0;
  const asked = days;
  try {
    const to = now();
    const times = new URLSearchParams({ from: new Date(to - days * DAY_MS).toISOString(), to: new Date(to).toISOString() });
    const found = await get(`/kpi?${times}`);
    if (asked !== days) return;
    [kpi, problem] = [found, ""];
  } catch (error) {
    problem = t("act.failed", { why: error.message });
  }
  draw();
}

export function draw() {
  if (!root) return;
  rebuild(root, language(), frame);
  byId("kpi-problem").hidden = !problem;
  byId("kpi-problem").textContent = problem;
  byId("kpi-span").textContent = kpi ? `${stamp(kpi.from_time)} – ${stamp(kpi.to_time)}` : "";
  const known = JSON.stringify([kpi, language(), state.sites.size]);
  for (const [name, view] of Object.entries(PANELS)) {
    rebuild(byId(`kpi-${name}`), known, () => [kpi ? view() : element("p", { class: "hint", text: t("loading") })]);
  }
}

const panel = (name) => element("section", { class: `panel kpi-${name}` },
  element("div", { class: "head" }, element("h3", { text: t(`kpi.${name}`) })),
  element("div", { id: `kpi-${name}`, class: "panel-body" }));

const frame = () => [
  element("div", { class: "head" }, element("h2", { text: t("page.kpi") }),
    element("select", { id: "kpi-days", "aria-label": t("kpi.days"), onchange: (event) => {
      days = Number(event.target.value);
      kpi = null;
      draw();
      refresh();
    } }, ...SPANS.map((n) => element("option", { value: n, selected: n === days, text: t("kpi.span", { n }) }))),
    element("span", { id: "kpi-span", class: "strip quiet" }),
    element("p", { id: "kpi-problem", class: "row-note", role: "alert", hidden: true })),
  element("div", { class: "kpis" }, ...Object.keys(PANELS).map(panel)),
];

// ---------------------------------------------------------------- numbers
function number(value, unit) {
  if (value === null) return "–";
  if (unit === "share") return `${Number((value * 100).toFixed(2))} %`;
  return unit === "s" ? span(value) : String(Number(value.toFixed(2)));
}

function span(seconds) {
  if (seconds < 120) return `${Number(seconds.toFixed(1))} s`;
  if (seconds < 7200) return `${Number((seconds / 60).toFixed(1))} min`;
  return `${Number((seconds / 3600).toFixed(1))} h`;
}

const goal = (one) => (one.target === null ? "–" : `${one.at_most ? "≤" : "≥"} ${number(one.target, one.unit)}`);
const verdict = (one) => (one.met === null ? "–" : t(one.met ? "kpi.met" : "kpi.missed"));
const share = (value) => number(value, "share");
const siteName = (id) => {
  const site = state.sites.get(id);
  return site ? pick({ zh: site.name, en: site.name_en }) : id || "–";
};

function loads(name, title, items, shown) {
  return table({ id: `${name}-loads`, label: t(`kpi.${name}`), columns: [title, "kpi.count", "kpi.share", "kpi.false"],
    rows: items.map((load) => element("tr", {}, cell(shown(load.name)), cell(String(load.annunciations)), cell(share(load.share)),
      cell(String(load.false)))) });
}

const PANELS = {
  measures: () => table({ id: "measures", label: t("kpi.measures"), columns: ["kpi.name", "column.value", "kpi.target", "kpi.verdict"],
    rows: kpi.measures.map((one) => element("tr", { class: one.met === false ? "bad" : "", "data-name": one.name },
      cell(pick(one.text), element("span", { class: "kind", text: pick(one.formula) })), cell(number(one.value, one.unit)),
      cell(goal(one)), cell(verdict(one)))) }),
  actors: () => table({ id: "bad-actors", label: t("kpi.actors"), columns: ["column.alarm", "kpi.count", "kpi.share", "kpi.remedy"],
    rows: kpi.bad_actors.map((one) => element("tr", {},
      cell(element("a", { href: address("alarm", one.alarm_id), text: `${named("kind", one.kind)} · ${one.device}` }),
        element("span", { class: "kind", text: siteName(one.site) })),
      cell(String(one.annunciations)), cell(share(one.share)),
      cell(...one.remedies.map((known) => element("span", { class: "remedy", text: `${pick(known.text)}: ${pick(known.remedy)}` }))))) }),
  sites: () => loads("sites", "column.site", kpi.sites, siteName),
  devices: () => loads("devices", "column.device", kpi.devices, (id) => id),
};
