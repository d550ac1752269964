// 4 History: alarms by state, priority, site, kind and time of any change; what is found can be taken along as CSV.
import { cell, table } from "../tables.js";
import { csv } from "../csv.js";
import { byId, element, rebuild } from "../dom.js";
import { get } from "../http.js";
import { codes, language, named, pick, t } from "../i18n.js";
import { address, stay } from "../router.js";
import { state } from "../state.js";
import { symbol } from "../symbols.js";
import { dated, parse } from "../time.js";
import { kindWord, number, place, priorityWord, stateWord, what } from "../words.js";

const LETTERS = ["B", "C", "D", "E", "F", "G", "H", "I", "A"];
const PAGE = 100;
const MOST = 20000; // rows of a file
const COLUMNS = ["column.changed", "column.priority", "column.site", "column.device", "column.alarm", "column.state"];
let root = null;
let found = [];
let next = "";
let problem = "";
let asked = 0;
let questions = 0; // from the address: the form shows the latest
let form = {}; // what was asked for

export function mount(section) {
  root = section;
}

// The address holds the question: a link or a reload asks it again.
export function show(argument) {
  form = Object.fromEntries(new URLSearchParams(argument));
  questions += 1;
  search();
}

function query(after = "", limit = PAGE) {
  const params = new URLSearchParams({ order: "newest", limit, after });
  for (const name of ["state", "priority", "site", "kind"]) if (form[name]) params.set(name, form[name]);
  for (const name of ["from", "to"]) if (form[name]) params.set(name, parse(form[name]));
  return `/alarms?${params}`;
}

async function search(after = "") {
  const ask = (asked += 1);
  problem = "";
  try {
    const page = await get(query(after));
    if (ask !== asked) return; // another question came meanwhile
    found = after ? [...found, ...page.items] : page.items;
    next = page.next;
  } catch (error) {
    if (ask !== asked) return;
    problem = t("act.failed", { why: error.message });
  }
  draw();
}

export function draw() {
  if (!root) return;
  rebuild(root, JSON.stringify([language(), questions]), frame);
  rebuild(byId("found"), JSON.stringify([found.map((alarm) => [alarm.id, alarm.last_time]), next, problem, language()]), results);
}

const frame = () => [
  element("div", { class: "head" }, element("h2", { text: t("page.history") }), element("span", { class: "note", text: t("history.note") })),
  element("form", { class: "filters", onsubmit: submit, novalidate: true },
    choice("state", LETTERS, (letter) => t(`history.state.${letter}`)),
    choice("priority", [1, 2, 3, 4], priorityWord),
    field("site", t("column.site"), element("input", { name: "site", list: "site-names", value: form.site, maxlength: 64 }),
      element("datalist", { id: "site-names" }, ...[...state.sites.values()].map((site) =>
        element("option", { value: site.id, label: pick({ zh: site.name, en: site.name_en }) })))),
    choice("kind", codes("kind"), kindWord),
    time("from"), time("to"),
    element("button", { type: "submit", class: "primary", text: t("history.search") }),
    element("button", { type: "button", text: t("history.csv"), onclick: download })),
  element("div", { id: "found", class: "panel-body" }),
];

const field = (name, label, ...inputs) =>
  element("label", { class: `filter by-${name}` }, element("span", { text: label }), ...inputs);

const choice = (name, values, word) => field(name, t(`history.${name}`), element("select", { name },
  element("option", { value: "", text: t("history.all") }),
  ...values.map((value) => element("option", { value, text: word(value), selected: form[name] === String(value) }))));

const time = (name) => field("time", t(`history.${name}`),
  element("input", { name, value: form[name], placeholder: "2026-01-31 08:00", maxlength: 19, autocomplete: "off" }));

function submit(event) {
  event.preventDefault();
  form = Object.fromEntries([...new FormData(event.target)].map(([name, text]) => [name, text.trim()]).filter(([, text]) => text));
  const wrong = ["from", "to"].find((name) => form[name] && !parse(form[name]));
  if (wrong) {
    problem = t("history.time", { text: form[wrong] });
    draw();
    return;
  }
  stay(String(new URLSearchParams(form)));
  search();
}

function results() {
  return [
    problem && element("p", { class: "row-note", role: "alert", text: problem }),
    table({ id: "history", label: t("page.history"), columns: COLUMNS, rows: found.map(row), empty: t("history.none") }),
    next && element("p", { class: "buttons" },
      element("button", { type: "button", text: t("more"), onclick: () => search(next) })),
  ];
}

const row = (alarm) => element("tr", {},
  cell(alarm.last_time ? dated(alarm.last_time) : "–"),
  cell(symbol(alarm.priority, priorityWord(alarm.priority), { hollow: !alarm.active }), priorityWord(alarm.priority)),
  cell(place(alarm)),
  cell(alarm.device),
  cell(element("a", { href: address("alarm", alarm.id), text: what(alarm) || kindWord(alarm.kind) })),
  cell(stateWord(alarm)));

// All pages of the answer, not only what is on the screen.
async function download() {
  const rows = [];
  try {
    let page = { next: "" };
    do {
      page = await get(query(page.next, 500));
      rows.push(...page.items);
    } while (page.next && rows.length < MOST);
  } catch (error) {
    problem = t("act.failed", { why: error.message });
    return draw();
  }
  csv("alarms.csv", [
    [...COLUMNS.map((key) => t(key)), t("column.kind"), t("column.value"), t("column.limit"), t("column.unit"), t("column.id")],
    ...rows.map((alarm) => [
      alarm.last_time, alarm.priority, place(alarm), alarm.device, pick(alarm.what), stateWord(alarm), named("kind", alarm.kind),
      number(alarm.value), number(alarm.limit), alarm.unit, alarm.id,
    ]),
  ]);
}
