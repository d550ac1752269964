// The form of a hazard that is registered without an inspection: what rule, where, what was seen; the rest is by the rule.
import { element } from "./dom.js";
import { area, input, labelled, option, ruleName, siteInput, siteOf, submit, told } from "./forms.js";
import { leads } from "./hazard.js";
import { post } from "./http.js";
import { codes, named, pick, t } from "./i18n.js";
import { say } from "./say.js";
import { state } from "./state.js";
import { dated, now, parse } from "./time.js";

const DAY_MS = 86400000;

const field = (name, control) => labelled(t(`register.${name}`), control);
const until = (rule) => dated(now() + rule.deadline_d * DAY_MS).slice(0, 16);

// What the rule brings with it.
const says = (rule) => [
  element("p", { text: t("register.by_rule", { n: rule.deadline_d, time: until(rule) }) }),
  element("p", { text: `${leads(rule)} · ${pick(rule.consequence)}` }),
];

export function form(page, rules, open) {
  const note = told("register-told");
  const brings = element("div", { class: "wide quiet", id: "register-rule", role: "status" });
  const place = element("div", { class: "wide places" });
  const showPlace = (elsewhere) => place.replaceChildren(...(elsewhere
    ? [field("object", input("object", { required: true })), field("township", input("township", { required: true, list: "register-townships" })),
      element("datalist", { id: "register-townships" }, ...townships().map((name) => option(name, name))),
      field("address", input("address"))]
    : [field("site", siteInput("register-sites", { required: true }))]));
  showPlace(false);
  return [
    element("h3", { text: t("register.new") }),
    element("form", { id: "register", class: "inspection", novalidate: true,
      onsubmit: (event) => submit(event, note, (values) => send(values, page, open)) },
    element("label", { class: "wide" }, element("span", { text: t("hazards.rule") }),
      element("select", { name: "rule", required: true, onchange: (event) => {
        const rule = rules.find((one) => one.code === event.target.value);
        brings.replaceChildren(...(rule ? says(rule) : []));
      } }, option("", t("register.choose")), ...rules.map((rule) => option(rule.code, ruleName(rule))))),
    brings,
    place,
    element("label", { class: "check wide" }, element("input", { type: "checkbox", name: "elsewhere",
      onchange: (event) => showPlace(event.target.checked) }), element("span", { text: t("register.elsewhere") })),
    element("label", { class: "wide" }, element("span", { text: t("hazards.evidence") }), area("evidence", { required: true })),
    field("responsible", input("responsible")),
    field("deadline", input("deadline", { maxlength: 19, placeholder: "2026-01-31 18:00" })),
    field("grade", element("select", { name: "grade" }, ...codes("hazard.grade").map((name) => option(name, named("hazard.grade", name))))),
    field("interim", input("interim", { maxlength: 2000 })),
    note,
    element("p", { class: "buttons" }, element("button", { type: "submit", class: "primary", text: t("register.save") }))),
  ];
}

const townships = () => [...new Set([...state.sites.values()].map((site) => site.district))].sort();

// "" or why not.
async function send({ elsewhere, deadline, ...values }, page, open) {
  const time = deadline && parse(deadline);
  if (deadline && !time) return t("history.time", { text: deadline });
  const site = elsewhere ? "" : siteOf(values.site);
  if (!elsewhere && !site) return t("register.no_site", { name: values.site });
  try {
    const made = await post("/hazards", { ...values, site, ...(time && { deadline: time }) });
    say(t("register.saved"));
    await page.refresh();
    open(made.id);
    return "";
  } catch (problem) {
    return t("act.failed", { why: problem.message });
  }
}
