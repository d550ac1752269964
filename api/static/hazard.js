// One hazard: what it is, what was done about it, what is attached, and a button for each step that is open to the person.
import { fill } from "./ask.js";
import { element } from "./dom.js";
import { base64 } from "./forms.js";
import { post } from "./http.js";
import { named, pick, t } from "./i18n.js";
import { address } from "./router.js";
import { state } from "./state.js";
import { dated, now, parse } from "./time.js";

const DAY_MS = 86400000;
const MOST_MB = 3;
const LISTED = 3; // the last degree of supervision

// ---------------------------------------------------------------- what it is
export const late = (one) => (one.overdue ? Math.ceil((now() - Date.parse(one.deadline)) / DAY_MS) : 0);

export const lateMark = (one) => element("b", { class: "late" }, element("i", { "aria-hidden": "true", text: "▲ " }),
  element("span", { text: t("hazards.late", { n: Math.max(1, late(one)) }) }));

const minute = (time) => (time ? dated(time).slice(0, 16) : "");
const said = (...parts) => parts.filter(Boolean).join(" · ");
export const leads = (one) => said(t("hazards.leads", { name: named("department", one.lead) }), one.co.map((name) => named("department", name)).join(", "));
const use = (one) => (one.out_of_use ? t("hazards.out_of_use") : "");

const facts = (one, rule) => ({
  place: said(one.object, one.address, one.township),
  state: said(named("hazard.state", one.state), one.supervision > 0 && named("hazard.supervision", one.supervision), use(one),
    one.reopened > 0 && t("hazards.again", { n: one.reopened })),
  responsible: one.responsible,
  deadline: element("span", {}, minute(one.deadline), one.overdue && lateMark(one)),
  interim: one.interim,
  found: said(minute(one.found_time), one.found_by, named("hazard.origin", one.origin), named("hazard.grade", one.grade)),
  evidence: one.evidence,
  rectified: said(minute(one.rectified_time), one.rectified_by, one.rectified_evidence),
  rechecked: said(minute(one.rechecked_time), one.rechecked_by),
  departments: leads(one),
  consequence: rule && pick(rule.consequence),
});

const pairs = (told) => element("dl", { class: "pairs" }, ...Object.entries(told).filter(([, value]) => value).flatMap(([name, value]) => [
  element("dt", { text: t(`hazards.${name}`) }), element("dd", {}, value)]));

export const whole = (one, rule, page) => [
  element("h3", { text: `${one.rule} ${pick(one.text)}` }),
  acts(one, page),
  pairs(facts(one, rule)),
  one.alarm_id && element("p", { class: "hint" }, element("a", { href: address("alarm", one.alarm_id), text: t("hazards.alarm") })),
  element("h3", { text: t("hazards.attachments") }),
  files(one, page),
  element("h3", { text: t("hazards.history") }),
  element("ol", { class: "told" }, ...one.events.map(event).reverse()),
];

const event = (told) => element("li", {}, element("time", { text: minute(told.time), datetime: told.time }),
  element("span", { text: said(named("hazard.step", told.step), told.user ?? t("hazards.system"), told.text) }));

// ---------------------------------------------------------------- steps
// By step, the fields that it asks for; `text` is called by the step.
const FIELDS = {
  begin: ["measure", "at_once"], interim: ["comment"], rectify: ["comment"], pass: ["comment"], fail: ["comment"],
  reopen: ["comment", "deadline"], extend: ["comment", "deadline"], assign: ["responsible"], out_of_use: ["comment"],
  back_in_use: ["comment"], comment: ["comment"],
};
const NEXT = ["dispatch", "begin", "rectify", "pass"]; // that lead on

// The server says what is open to the person by state and duty; what would be refused all the same is not offered.
const FITS = {
  supervise: (one) => one.overdue && one.supervision < LISTED,
  out_of_use: (one) => !one.out_of_use && (one.overdue || one.grade === "major"),
  back_in_use: (one) => one.out_of_use,
  pass: (one) => !mine(one), fail: (one) => !mine(one),
};
const mine = (one) => [state.me.name, state.me.display_name].some((name) => [one.rectified_by, one.responsible, ...one.barred].includes(name));

function acts(one, page) {
  const offered = one.steps.filter((step) => FITS[step]?.(one) ?? true);
  return element("div", { class: "acts" }, ...offered.map((step) => element("button", { type: "button",
    class: NEXT.includes(step) ? "primary" : "", text: named("hazard.step", step), onclick: () => begin(one, step, page) })),
  one.steps.includes("pass") && mine(one) && element("span", { class: "quiet", text: t("hazards.other") }));
}

function begin(one, step, page) {
  const labels = { comment: named("hazard.text", step), measure: t("hazards.interim") };
  fill({ title: named("hazard.step", step), text: said(one.object, `${one.rule} ${pick(one.text)}`, one.responsible),
    fields: FIELDS[step] ?? [], labels, send: (values) => send(one, step, values, page) });
}

// "" or why not.
async function send(one, step, { comment, measure, at_once, deadline, responsible }, page) {
  const until = deadline && parse(deadline);
  if (deadline && !until) return t("history.time", { text: deadline });
  const sent = { step, version: one.version, text: comment ?? measure ?? "", at_once: Boolean(at_once),
    ...(until && { deadline: until }), ...(responsible && { responsible }) };
  try {
    await post(`/hazards/${one.id}/step`, sent);
    await page.refresh();
    return "";
  } catch (problem) {
    if (problem.status === 409) page.refresh();
    return t("act.failed", { why: problem.message });
  }
}

// ---------------------------------------------------------------- attachments
function files(one, page) {
  return element("ul", { class: "members" },
    ...one.attachments.map((file) => element("li", {},
      element("a", { href: `/api/v1/hazards/${one.id}/attachments/${file.id}`, download: file.name, text: file.name }),
      element("span", { class: "kind", text: said(`${Math.ceil(file.size / 1024)} KiB`, file.user, minute(file.time)) }))),
    !one.attachments.length && element("li", { text: t("hazards.unattached") }),
    one.steps.includes("comment") && element("li", {}, element("label", { class: "upload" }, element("span", { text: t("hazards.attach") }),
      element("input", { type: "file", class: "unseen", accept: "image/png,image/jpeg,image/webp,application/pdf",
        onchange: (event) => attach(one, event.target, page) }))));
}

async function attach(one, input, page) {
  const [file] = input.files;
  if (!file) return;
  if (file.size > MOST_MB * 1024 * 1024) {
    page.fail(t("hazards.too_large", { n: MOST_MB }));
    return;
  }
  input.disabled = true; // once
  await page.act(`/hazards/${one.id}/attachments`, { name: file.name, content: await base64(file) }, t("hazards.attached"));
  input.disabled = false;
  input.value = "";
}
