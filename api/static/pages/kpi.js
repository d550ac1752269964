// 8 KPI: whether the alarms are few, true and answered in time; each number with its formula, and whom to repair first.
import { element } from "../dom.js";
import { fetched, panel } from "../fetched.js";
import { get } from "../http.js";
import { named, pick, t } from "../i18n.js";
import { address } from "../router.js";
import { state } from "../state.js";
import { cell, table } from "../tables.js";
import { now, stamp } from "../time.js";

const DAY_MS = 86400000;
const SPANS = [1, 7, 31];
let days = 1;

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
  measures: (kpi) => table({ id: "measures", label: t("kpi.measures"), columns: ["kpi.name", "column.value", "kpi.target", "kpi.verdict"],
    rows: kpi.measures.map((one) => element("tr", { class: one.met === false ? "unmet" : "", "data-name": one.name },
      cell(pick(one.text), element("span", { class: "kind", text: pick(one.formula) })), cell(number(one.value, one.unit)),
      cell(goal(one)), cell(verdict(one)))) }),
  actors: (kpi) => table({ id: "bad-actors", label: t("kpi.actors"), columns: ["column.alarm", "kpi.count", "kpi.share", "kpi.remedy"],
    rows: kpi.bad_actors.map((one) => element("tr", {},
      cell(element("a", { href: address("alarm", one.alarm_id), text: `${named("kind", one.kind)} · ${one.device}` }),
        element("span", { class: "kind", text: siteName(one.site) })),
      cell(String(one.annunciations)), cell(share(one.share)),
      cell(...one.remedies.map((known) => element("span", { class: "remedy", text: `${pick(known.text)}: ${pick(known.remedy)}` }))))) }),
  sites: (kpi) => loads("sites", "column.site", kpi.sites, siteName),
  devices: (kpi) => loads("devices", "column.device", kpi.devices, (id) => id),
};

// ---------------------------------------------------------------- the page
function choose(event) {
  days = Number(event.target.value);
  page.forget();
  page.refresh();
}

const page = fetched("kpi", {
  every_s: 300,
  read() {
    const to = now();
    const times = { from: new Date(to - days * DAY_MS).toISOString(), to: new Date(to).toISOString() };
    return get(`/kpi?${new URLSearchParams(times)}`);
  },
  head: () => [
    element("select", { id: "kpi-days", "aria-label": t("kpi.days"), onchange: choose },
      ...SPANS.map((n) => element("option", { value: n, selected: n === days, text: t("kpi.span", { n }) }))),
    element("span", { id: "kpi-span", class: "quiet" }),
  ],
  body: () => element("div", { class: "kpis" }, ...Object.keys(PANELS).map((name) => panel("kpi", name, `kpi-${name}`))),
  parts: {
    "kpi-span": (kpi) => element("span", { text: `${stamp(kpi.from_time)} – ${stamp(kpi.to_time)}` }),
    ...Object.fromEntries(Object.entries(PANELS).map(([name, view]) => [`kpi-${name}`, view])),
  },
  depends: () => state.sites.size,
});

export const { mount, show, draw, tick } = page;
