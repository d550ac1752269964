// h Hazards: how many are open and overdue, which ones, what one needs next; and what an inspection found.
import { byId, element } from "../dom.js";
import { fetched, hint } from "../fetched.js";
import { late, lateMark, whole } from "../hazard.js";
import { file, get } from "../http.js";
import { codes, named, pick, t } from "../i18n.js";
import * as importing from "../importing.js";
import * as inspection from "../inspection.js";
import * as registering from "../registering.js";
import { address, go, stay } from "../router.js";
import { save } from "../save.js";
import { may, state } from "../state.js";
import { cell, table } from "../tables.js";
import { dated } from "../time.js";
import * as tips from "../tips.js";

const PAGE = 100;
const open = (id) => go("hazards", id);
// In the place of a hazard.
const PANES = {
  new: () => inspection.form(page, open),
  register: () => registering.form(page, rules, open),
  reports: ({ tips: found }) => (found ? tips.list(page, rules, found) : hint("loading")),
  import: () => importing.form(page),
};
const OPEN = "open";
const wanted = { state: OPEN, mine: false, township: "", rule: "" }; // `state` may be `overdue`, too
let pages = 1;
let searches = 0;
let chosen = "";
let rules = []; // they change with the server alone
const townships = new Set();

// ---------------------------------------------------------------- reading
function query(more = {}) {
  const params = new URLSearchParams(more);
  if (wanted.state === OPEN || wanted.state === "overdue") params.set(wanted.state, true);
  else params.set("state", wanted.state);
  for (const name of ["mine", "township", "rule"]) if (wanted[name]) params.set(name, wanted[name]);
  return params;
}

async function list() {
  const first = await get(`/hazards?${query({ limit: PAGE })}`);
  let { next } = first;
  const items = [...first.items];
  for (let n = 1; n < pages && next; n += 1) {
    const page = await get(`/hazards?${query({ limit: PAGE, after: next })}`);
    items.push(...page.items);
    next = page.next;
  }
  return { items, next, counts: first.counts };
}

async function read() {
  if (!rules.length) rules = (await get("/hazard-rules")).rules;
  const mine = searches;
  const { items, next, counts } = await list();
  for (const name of Object.keys(counts.by_township)) townships.add(name);
  for (const site of state.sites.values()) townships.add(site.district);
  if (mine === searches) chosen ||= items[0]?.id ?? ""; // else another question came meanwhile
  mark();
  const [asked, told] = [chosen, { items, next, counts, story: null, tips: null, lost: "" }];
  if (asked === "reports") return { ...told, tips: await tips.read() };
  if (!asked || PANES[asked]) return told;
  return get(`/hazards/${encodeURIComponent(asked)}`).then(
    (story) => ({ ...told, story }), (error) => ({ ...told, lost: error.message }));
}

// ---------------------------------------------------------------- which ones
function search(changes) {
  Object.assign(wanted, changes);
  pages = 1;
  searches += 1;
  if (!PANES[chosen]) {
    chosen = ""; // the first one that is found
    stay("");
  }
  mark();
  page.refresh();
}

// What is pressed and selected is marked in place: the focus stays where it is.
function mark() {
  for (const button of byId("hazards-counts").querySelectorAll("button")) {
    button.setAttribute("aria-pressed", button.dataset.state === wanted.state);
  }
  for (const row of document.querySelectorAll("#hazard-table tbody tr")) row.classList.toggle("selected", row.dataset.id === chosen);
}

const tally = (name, text, count, note = "") => element("button", { type: "button", class: `tally ${note && count ? "some" : ""}`, "data-state": name,
  "aria-pressed": String(name === wanted.state), onclick: () => search({ state: name }) },
element("span", { text }), element("b", { text: count }), note && element("span", { class: "quiet", text: note }));

const tallies = ({ counts }) => [
  tally("overdue", t("hazards.overdue"), counts.overdue, t("hazards.aim")),
  tally(OPEN, t("hazards.open"), counts.open),
  ...codes("hazard.state").map((name) => tally(name, named("hazard.state", name), counts.by_state[name] ?? 0)),
];

const choices = (name, values, word) => [element("option", { value: "", text: t("history.all") }),
  ...values.map((value) => element("option", { value, selected: value === wanted[name], text: word(value) }))];

const filter = (name, control) => element("label", { class: "filter" }, element("span", { text: t(`hazards.${name}`) }), control);
const select = (name) => filter(name, element("select", { id: `hazards-${name}`, onchange: (event) => search({ [name]: event.target.value }) }));

const filters = () => element("div", { class: "filters" },
  element("label", { class: "check" }, element("input", { type: "checkbox", id: "hazards-mine", checked: wanted.mine,
    onchange: (event) => search({ mine: event.target.checked }) }), element("span", { text: t("hazards.mine") })),
  select("township"), select("rule"),
  element("button", { type: "button", text: t("history.csv"), onclick: (event) => take(event.target, {}) }),
  element("button", { type: "button", text: t("hazards.xlsx"), onclick: (event) => take(event.target, { format: "xlsx" }) }));

async function take(button, more) {
  button.disabled = true; // once
  await page.attempt(() => file(`/hazards/export?${query(more)}`).then(save));
  button.disabled = false;
}

// ---------------------------------------------------------------- the list
const COLUMNS = ["column.rule", "column.place", "column.hazard", "column.responsible", "column.deadline", "column.state"];

const row = (one) => element("tr", { class: `${one.overdue ? "overdue" : ""} ${one.id === chosen ? "selected" : ""}`, "data-id": one.id },
  cell(element("a", { href: address("hazards", one.id), text: one.rule })),
  cell(one.object, element("span", { class: "kind", text: one.township })),
  cell(pick(one.text)), cell(one.responsible),
  cell(dated(one.deadline).slice(0, 10), one.overdue && lateMark(one)),
  cell(named("hazard.state", one.state), one.supervision > 0 && element("span", { class: "kind", text: named("hazard.supervision", one.supervision) })));

const found = ({ items, next }) => [
  table({ id: "hazard-table", label: t("page.hazards"), columns: COLUMNS, rows: items.map(row), empty: t("hazards.none") }),
  next && element("p", { class: "buttons" }, element("button", { type: "button", text: t("more"), onclick: () => { pages += 1; page.refresh(); } })),
];

// ---------------------------------------------------------------- the page
function told(found) {
  const { story, lost } = found;
  if (PANES[chosen]) return PANES[chosen](found);
  if (lost) return element("p", { class: "row-note", role: "alert", text: lost });
  if (!chosen) return hint("hazards.none");
  return story?.id === chosen ? whole(story, rules.find((rule) => rule.code === story.rule), page) : hint("loading");
}

const link = (pane, text) => element("a", { class: "more", href: address("hazards", pane), text: t(text) });

const page = fetched("hazards", {
  every_s: 15,
  read,
  head: () => [
    ...(may("inspect") ? [link("new", "inspection.new"), link("register", "register.new")] : []),
    link("reports", "tips.title"), may("inspect") && link("import", "import.title"),
    element("a", { class: "more", href: address("reports"), text: t("page.reports") })],
  body: () => element("div", { class: "hazards" },
    element("div", { id: "hazards-counts", class: "tallies", role: "group", "aria-label": t("counts") }),
    element("div", { class: "hazards-found" }, filters(), element("div", { id: "hazards-list", class: "panel-body" })),
    element("div", { id: "hazards-story", class: "panel-body scrolls", tabindex: 0, role: "group", "aria-label": t("page.hazards") })),
  parts: {
    "hazards-counts": { of: ({ counts }) => counts, view: tallies },
    "hazards-township": { of: () => [...townships], view: () => choices("township", [...townships].sort(), (name) => name) },
    "hazards-rule": { of: () => rules.length, view: () => choices("rule", rules.map((rule) => rule.code),
      (code) => `${code} ${pick(rules.find((rule) => rule.code === code).text)}`) },
    "hazards-list": { of: ({ items, next }) => [items, next, items.map(late)], view: found },
    "hazards-story": { of: ({ story, tips: found, lost }) => (PANES[chosen] ? [chosen, chosen === "reports" && found] : [story, lost, chosen]), view: told },
  },
});

export function show(id) {
  chosen = id || chosen;
  page.show();
  page.draw();
  mark();
}

export const { mount, draw, tick } = page;
