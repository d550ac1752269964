// 7 Incidents: alarms that belong together, what is behind them, what was done, and what a stand-down still lacks.
import { element } from "../dom.js";
import { fetched, hint } from "../fetched.js";
import { get } from "../http.js";
import { named, pick, t } from "../i18n.js";
import { address, stay } from "../router.js";
import { may } from "../state.js";
import { symbol } from "../symbols.js";
import { cell, table } from "../tables.js";
import { stamp } from "../time.js";
import { kindWord, priorityWord, stateWord, what } from "../words.js";

const STEPS = ["acknowledge", "dispatch", "arrive", "isolate", "evacuate", "measure", "repair", "recheck"];
const RESULTS = ["leak", "biogas", "false_alarm", "test", "device_fault"];
let chosen = "";

const place = (one) => pick(one.site_name) || one.zone || one.site;

const rows = ({ list }) => table({ id: "incident-table", label: t("page.incident"), columns: ["column.incident", "column.from", "column.state"],
  rows: list.map((one) => element("tr", { class: one.id === chosen ? "selected" : "" },
    cell(symbol(one.priority, priorityWord(one.priority), { quiet: true, hollow: Boolean(one.closed_time) }),
      element("button", { type: "button", class: "link", text: `${place(one)} · ${pick(one.cause_text)}`, onclick: () => show(one.id) })),
    cell(stamp(one.opened_time)), cell(ended(one)))) });

// What is looked at first: the worst one that is open.
const first = (list) => list.filter((one) => !one.closed_time).sort((a, b) => a.priority - b.priority)[0] ?? list[0];

const ended = (one) => (one.closed_time ? named("result", one.result || "itself") : t("incident.open"));

// ---------------------------------------------------------------- one incident
function view(one) {
  const open = !one.closed_time;
  return [
    element("h3", { text: `${place(one)} · ${pick(one.cause_text)} ${Math.round(one.confidence * 100)} %` }),
    one.place && element("p", { class: "hint", text: t("incident.likely", { place: one.place }) }),
    !open && element("p", { class: "hint", text: t("incident.ended", { time: stamp(one.closed_time), user: one.closed_by ?? "–", result: ended(one) }) }),
    members(one),
    element("h3", { text: t("incident.steps") }),
    one.steps.length ? element("ol", { class: "told" }, ...one.steps.map(step)) : hint("incident.nothing"),
    open && may("handle") && stepForm(one),
    open && one.needs_proof && lacking(one),
    open && may("stand_down") && closeForm(one),
    element("p", { class: "hint" }, element("a", { href: `/api/v1/incidents/${one.id}/evidence`, download: "", text: t("incident.evidence") })),
  ];
}

function members(one) {
  const side = (alarm) => (one.evidence_for.includes(alarm.id) ? "+" : one.evidence_against.includes(alarm.id) ? "−" : "");
  return table({ id: "incident-alarms", label: t("incident.alarms"), columns: ["incident.alarms", "column.state", "incident.side"],
    rows: one.alarms.map((alarm) => element("tr", {},
      cell(symbol(alarm.priority, priorityWord(alarm.priority), { quiet: true, hollow: !alarm.active }),
        element("a", { href: address("alarm", alarm.id), text: `${alarm.device} ${what(alarm)}` })),
      cell(stateWord(alarm)), cell(side(alarm)))) });
}

const step = (taken) => element("li", {}, element("time", { text: stamp(taken.time), datetime: taken.time }),
  element("span", { text: [named("step", taken.step), taken.user, taken.result && named("result", taken.result), taken.text].filter(Boolean).join(" · ") }));

function lacking(one) {
  return element("div", { class: "todo" }, element("h3", { text: t(one.missing.length ? "incident.missing" : "incident.proven") }),
    ...one.missing.map((lack) => element("p", { text: [pick(lack.text), lack.where.map((id) => member(one, id)).join(", ")].filter(Boolean).join(": ") })));
}

// An alarm by its name; what else is missing somewhere is named by its device.
function member(one, id) {
  const alarm = one.alarms.find((known) => known.id === id);
  return alarm ? `${kindWord(alarm.kind)} ${alarm.device}` : id;
}

const label = (key, control) => element("label", { class: "filter" }, element("span", { text: t(key) }), control);
const options = (family, names) => names.map((name) => element("option", { value: name, text: named(family, name) }));

function form(one, id, family, names, path, body) {
  return element("form", { class: "filters", id, onsubmit: (event) => {
    event.preventDefault();
    const { choice, text } = event.target.elements;
    page.act(`/incidents/${one.id}/${path}`, body(choice.value, text.value.trim()));
  } },
  label(`incident.${path}`, element("select", { name: "choice", required: true }, ...options(family, names))),
  label("field.comment", element("input", { name: "text", maxlength: 1000, autocomplete: "off", required: path === "close" })),
  element("button", { type: "submit", class: "primary", text: t(`incident.${path}.act`) }));
}

const stepForm = (one) => form(one, "incident-step", "step", STEPS, "step", (choice, text) => ({ step: choice, text }));
const closeForm = (one) => form(one, "incident-close", "result", RESULTS, "close", (choice, text) => ({ result: choice, text }));

// ---------------------------------------------------------------- the page
function told({ story, lost }) {
  if (lost) return element("p", { class: "row-note", role: "alert", text: lost });
  return story && story.id === chosen ? view(story) : hint(chosen ? "loading" : "incident.none");
}

const page = fetched("incident", {
  every_s: 5,
  async read() {
    const list = (await get("/incidents?limit=100")).items;
    chosen ||= first(list)?.id ?? "";
    const asked = chosen;
    if (!asked) return { list, story: null, lost: "" };
    const found = get(`/incidents/${encodeURIComponent(asked)}`);
    return found.then((story) => ({ list, story, lost: "" }), (error) => ({ list, story: null, lost: error.message }));
  },
  body: () => element("div", { class: "incidents" },
    element("div", { id: "incident-list", class: "panel-body" }),
    element("div", { id: "incident-story", class: "panel-body scrolls", tabindex: 0, role: "group", "aria-label": t("page.incident") })),
  parts: {
    "incident-list": { of: ({ list }) => [list, chosen], view: rows },
    "incident-story": { of: ({ story, lost }) => [story, lost, chosen], view: told },
  },
});

export function show(id) {
  chosen = id || chosen;
  if (id) stay(id);
  page.show();
  page.draw();
}

export const { mount, draw, tick } = page;
