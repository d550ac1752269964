// 6 On-call: who is on duty now and for a week, where nobody is, and who stands in for whom.
import { element } from "../dom.js";
import { fetched, hint, panel } from "../fetched.js";
import { get } from "../http.js";
import { named, pick, t } from "../i18n.js";
import { may } from "../state.js";
import { cell, table } from "../tables.js";
import { dated, now, parse } from "../time.js";
import { who } from "../told.js";

const team = (id) => pick(page.data().teams.find((known) => known.id === id)?.name) || id;
const place = (duty) => [cell(team(duty.team)), cell(named("duty", duty.role))];
const WEEK_MS = 7 * 24 * 3600000;
const minutes = (time) => dated(time).slice(5, 16);
// The calendar ends after a week; whoever is on duty then goes on.
const end = (time) => (Date.parse(time) > now() + WEEK_MS - 120000 ? t("oncall.beyond") : minutes(time));
const span = (duty) => [cell(minutes(duty.from_time)), cell(minutes(duty.to_time))];
const stretch = (duty) => [cell(minutes(duty.from_time)), cell(end(duty.to_time))];
const person = (duty) => cell(duty.person ? who(duty.person) : t("oncall.nobody"));
const why = (duty) => cell(duty.source ? named("oncall.why", duty.source) : "–");
const row = (duty, ...cells) => element("tr", { class: "person" in duty && !duty.person ? "bad" : "" }, ...cells.flat());

function list(name, columns, items, cells) {
  return table({ id: `${name}-duties`, label: t(`oncall.${name}`), columns, rows: items.map((duty) => row(duty, ...cells(duty))) });
}

const PLACE = ["column.team", "column.role"];
const SPAN = ["column.from", "column.to"];

const PANELS = {
  now: (duties) => (duties.configured
    ? list("now", [...PLACE, "column.person", "column.until", "column.why"], duties.now,
      (duty) => [place(duty), person(duty), cell(end(duty.to_time)), why(duty)])
    : hint("oncall.none")),
  gaps: (duties) => list("gaps", [...PLACE, ...SPAN], duties.gaps, (duty) => [place(duty), span(duty)]),
  unreached: ({ unreached }) => table({
    id: "unreached-people", label: t("oncall.unreached"), columns: ["oncall.field.person", "oncall.answered"],
    rows: unreached.map((one) => element("tr", {}, cell(who(one.person)), cell(one.answered_time ? dated(one.answered_time) : t("oncall.never")))),
  }),
  overrides: (duties) => [
    list("overrides", [...PLACE, "column.person", ...SPAN, "column.by", "column.drop"], duties.overrides,
      (duty) => [place(duty), person(duty), span(duty), cell(duty.user), cell(dropButton(duty))]),
    may("oncall") && duties.configured && form(duties),
  ],
  week: (duties) => list("week", [...PLACE, ...SPAN, "column.person", "column.why"], duties.week,
    (duty) => [place(duty), stretch(duty), person(duty), why(duty)]),
};

// ---------------------------------------------------------------- overrides
const label = (name, control) => element("label", { class: "filter" }, element("span", { text: t(`oncall.field.${name}`) }), control);
const time = (name) => element("input", { name, required: true, maxlength: 19, autocomplete: "off", placeholder: "2026-01-15 08:00" });

function form(duties) {
  const roles = duties.teams.flatMap((known) => known.roles.map((role) => ({ team: known.id, role })));
  return element("form", { class: "filters", onsubmit: submit },
    label("duty", element("select", { name: "duty", required: true },
      ...roles.map((duty, n) => element("option", { value: n, text: `${team(duty.team)} · ${named("duty", duty.role)}` })))),
    label("person", element("select", { name: "person", required: true },
      ...duties.people.map((one) => element("option", { value: one.id, text: who(one) })))),
    label("from", time("from")), label("to", time("to")),
    element("button", { type: "submit", class: "primary", text: t("oncall.add") }));

  function submit(event) {
    event.preventDefault();
    const fields = event.target.elements;
    const [from_time, to_time] = [parse(fields.from.value), parse(fields.to.value)];
    if (!from_time || !to_time) page.fail(t("oncall.time"));
    else page.act("/oncall/overrides", { ...roles[fields.duty.value], person: fields.person.value, from_time, to_time }, t("oncall.added"));
  }
}

function dropButton(duty) {
  if (!may("oncall")) return "–";
  return element("button", { type: "button", text: t("oncall.drop"), onclick: async (event) => {
    event.target.disabled = true; // once
    await page.act(`/oncall/overrides/${duty.id}/drop`, {}, t("oncall.dropped"));
    event.target.disabled = false;
  } });
}

// ---------------------------------------------------------------- the page
const page = fetched("oncall", {
  every_s: 30,
  read: () => get("/oncall"),
  body: () => element("div", { class: "duties" }, ...Object.keys(PANELS).map((name) => panel("oncall", name, `oncall-${name}`))),
  parts: Object.fromEntries(Object.entries(PANELS).map(([name, view]) => [`oncall-${name}`, view])),
});

export const { mount, show, draw, tick } = page;
