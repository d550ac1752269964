// The form of an inspection: what nobody looked at stays open and decides nothing; one that finds nothing is recorded too.
import { element } from "./dom.js";
import { siteInput, tell, told } from "./forms.js";
import { named, t } from "./i18n.js";
import { say } from "./say.js";
import { parse } from "./time.js";

const MOST = { kg: 100000, m: 1000, kPa: 10000 };

// In the order of a round through the place. A number has a unit; `one` and `some` name what is chosen from.
const FACTS = [
  ["gas_sources", { some: ["natural", "lpg_pipe", "lpg_cylinder"] }], ["level", { one: ["ground", "semi", "underground"] }],
  ["cylinder_kg", { unit: "kg" }], ["cylinder_room"], ["spares_apart"], ["two_phase_cylinder"],
  ["adjustable_regulator"], ["supply_kpa", { unit: "kPa" }],
  ["hose_m", { unit: "m" }], ["tee"], ["hose_through", { some: ["wall", "door_window", "ceiling", "floor"], none: true }],
  ["protected"], ["uncertified", { some: ["cylinder", "detector", "valve", "regulator", "hose", "stove"], none: true }],
  ["delivered_unchecked"], ["fuel_adulterated"], ["fuel_forbidden"], ["delivery_unregistered"], ["duties_missing"], ["ways_blocked"], ["users_uninspected"],
  ["pipe_aged"], ["pipe_built_over"], ["pipe_through_closed_space"], ["works_unprotected"], ["unpatrolled"], ["unodorised"],
];

// ---------------------------------------------------------------- fields
const option = (value, text) => element("option", { value, text });
const word = (name) => named("inspection.value", name);
const select = (name, values) => element("select", { name }, option("", t("inspection.unseen")), ...values.map((value) => option(value, word(value))));

function answer([name, { unit, one, some, none } = {}]) {
  const text = named("inspection.fact", name);
  if (some) {
    return element("fieldset", {}, element("legend", { text }), ...[...(none ? ["none"] : []), ...some].map((value) =>
      element("label", { class: "check" }, element("input", { type: "checkbox", name, value }), element("span", { text: word(value) }))));
  }
  const control = unit ? element("input", { name, type: "number", min: 0, max: MOST[unit], step: "any" }) : select(name, one ?? ["yes", "no"]);
  return element("label", {}, element("span", { text: unit ? `${text} (${unit})` : text }), control);
}

const field = (name, control) => element("label", {}, element("span", { text: t(`inspection.${name}`) }), control);
const line = (name, more = {}) => field(name, element("input", { name, maxlength: 128, autocomplete: "off", ...more }));

export const form = (page, open) => [
  element("h3", { text: t("inspection.new") }),
  element("form", { id: "inspection", class: "inspection", novalidate: true, onsubmit: (event) => submit(event, page, open) },
    field("site", siteInput("inspected-sites", { required: true })),
    ...FACTS.map(answer),
    field("evidence", element("textarea", { name: "evidence", rows: 2, maxlength: 2000 })),
    line("responsible"), line("deadline", { maxlength: 19, placeholder: "2026-01-31 18:00" }),
    field("note", element("input", { name: "note", maxlength: 2000, autocomplete: "off" })),
    told("inspection-told"),
    element("p", { class: "buttons" }, element("button", { type: "submit", class: "primary", text: t("inspection.save") }))),
];

// ---------------------------------------------------------------- what is sent
function fact(values, [name, { unit, one, some } = {}]) {
  const given = values.getAll(name).filter(Boolean);
  if (!given.length) return null;
  if (some) return given.filter((value) => value !== "none");
  if (unit) return Number(given[0]);
  return one ? given[0] : given[0] === "yes";
}

function read(form) {
  const values = new FormData(form);
  const text = (name) => values.get(name).trim();
  const facts = Object.fromEntries(FACTS.map((one) => [one[0], fact(values, one)]).filter(([, value]) => value !== null));
  return { site: text("site"), facts, evidence: text("evidence"), responsible: text("responsible"), note: text("note"),
    ...(text("deadline") && { deadline: parse(text("deadline")) }) };
}

async function submit(event, page, open) {
  event.preventDefault();
  const form = event.target;
  const note = form.querySelector("#inspection-told");
  const sent = read(form);
  if (sent.deadline === "") return tell(note, t("history.time", { text: form.elements.deadline.value }));
  const button = form.querySelector("[type=submit]");
  button.disabled = true; // once
  const made = await page.act("/inspections", sent);
  button.disabled = false;
  if (!made) return tell(note, t("inspection.refused"));
  form.reset();
  const text = t(made.broken.length ? "inspection.broken" : "inspection.clean", { n: made.judged.length, rules: made.broken.join(", ") });
  say(text);
  tell(note, text);
  if (made.hazards.length) open(made.hazards[0]);
  return null;
}
