// 6 On-call: who is on duty now and for a week, where nobody is, and who stands in for whom.
import { byId, element, rebuild } from "../dom.js";
import { get, post } from "../http.js";
import { language, named, pick, t } from "../i18n.js";
import { say } from "../say.js";
import { may, state } from "../state.js";
import { cell, table } from "../tables.js";
import { dated, parse, stamp } from "../time.js";
import { who } from "../told.js";

const AGAIN_S = 30;
let root = null;
let seconds = 0;
let duties = null;
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
  try {
    duties = await get("/oncall");
    problem = "";
  } catch (error) {
    problem = t("act.failed", { why: error.message });
  }
  draw();
}

export function draw() {
  if (!root) return;
  rebuild(root, language(), frame);
  byId("oncall-problem").hidden = !problem;
  byId("oncall-problem").textContent = problem;
  const known = JSON.stringify([duties, language(), state.me.rights]);
  for (const [name, view] of Object.entries(PANELS)) rebuild(byId(`oncall-${name}`), known, () => (duties ? view() : [hint("loading")]));
}

const hint = (key) => element("p", { class: "hint", text: t(key) });

const panel = (name) => element("section", { class: `panel duty-${name}` },
  element("div", { class: "head" }, element("h3", { text: t(`oncall.${name}`) })),
  element("div", { id: `oncall-${name}`, class: "panel-body" }));

const frame = () => [
  element("div", { class: "head" }, element("h2", { text: t("page.oncall") }),
    element("p", { id: "oncall-problem", class: "row-note", role: "alert", hidden: true })),
  element("div", { class: "duties" }, ...Object.keys(PANELS).map(panel)),
];

const team = (id) => pick(duties.teams.find((known) => known.id === id)?.name) || id;
const place = (duty) => [cell(team(duty.team)), cell(named("duty", duty.role))];
const span = (duty) => [cell(dated(duty.from_time).slice(0, 16)), cell(dated(duty.to_time).slice(0, 16))];
const person = (duty) => cell(duty.person ? who(duty.person) : t("oncall.nobody"));
const why = (duty) => cell(duty.source ? named("oncall.why", duty.source) : "–");
const row = (duty, ...cells) => element("tr", { class: "person" in duty && !duty.person ? "bad" : "" }, ...cells.flat());

function list(name, columns, items, cells) {
  return table({ id: `${name}-duties`, label: t(`oncall.${name}`), columns, rows: items.map((duty) => row(duty, ...cells(duty))) });
}

const PLACE = ["column.team", "column.role"];
const SPAN = ["column.from", "column.to"];

const PANELS = {
  now: () => [duties.configured
    ? list("now", [...PLACE, "column.person", "column.until", "column.why"], duties.now,
      (duty) => [place(duty), person(duty), cell(stamp(duty.to_time)), why(duty)])
    : hint("oncall.none")],
  gaps: () => [list("gaps", [...PLACE, ...SPAN], duties.gaps, (duty) => [place(duty), span(duty)])],
  overrides: () => [
    list("overrides", [...PLACE, "column.person", ...SPAN, "column.by", "column.drop"], duties.overrides,
      (duty) => [place(duty), person(duty), span(duty), cell(duty.user), cell(dropButton(duty))]),
    may("oncall") && duties.configured && form(),
  ],
  week: () => [list("week", [...PLACE, ...SPAN, "column.person", "column.why"], duties.week,
    (duty) => [place(duty), span(duty), person(duty), why(duty)])],
};

// ---------------------------------------------------------------- overrides
const label = (name, control) => element("label", { class: "filter" }, element("span", { text: t(`oncall.field.${name}`) }), control);
const time = (name) => element("input", { name, required: true, maxlength: 19, autocomplete: "off", placeholder: "2026-01-15 08:00" });

function form() {
  const roles = duties.teams.flatMap((known) => known.roles.map((role) => ({ team: known.id, role })));
  return element("form", { class: "filters", onsubmit: submit },
    label("duty", element("select", { name: "duty", required: true },
      ...roles.map((duty, n) => element("option", { value: n, text: `${team(duty.team)} · ${named("duty", duty.role)}` })))),
    label("person", element("select", { name: "person", required: true },
      ...duties.people.map((one) => element("option", { value: one.id, text: who(one) })))),
    label("from", time("from")), label("to", time("to")),
    element("button", { type: "submit", class: "primary", text: t("oncall.add") }));

  async function submit(event) {
    event.preventDefault();
    const fields = event.target.elements;
    const [from_time, to_time] = [parse(fields.from.value), parse(fields.to.value)];
    if (!from_time || !to_time) return fail(t("oncall.time"));
    return change("/oncall/overrides", { ...roles[fields.duty.value], person: fields.person.value, from_time, to_time }, "oncall.added");
  }
}

function dropButton(duty) {
  if (!may("oncall")) return "–";
  return element("button", { type: "button", text: t("oncall.drop"), onclick: (event) => {
    event.target.disabled = true; // once
    change(`/oncall/overrides/${duty.id}/drop`, {}, "oncall.dropped");
  } });
}

async function change(path, body, done) {
  try {
    await post(path, body);
  } catch (error) {
    return fail(t("act.failed", { why: error.message }));
  }
  say(t(done));
  return refresh();
}

function fail(text) {
  problem = text;
  draw();
}
