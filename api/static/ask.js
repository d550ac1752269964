// Questions to the operator: one confirmation, and the form of an act.
import { byId, element } from "./dom.js";
import { t } from "./i18n.js";
import { minute, now, stamp } from "./time.js";

let answer = () => {};

export function confirm(text) {
  byId("confirm-text").textContent = text;
  byId("confirm").showModal();
  byId("confirm-yes").focus();
  return new Promise((resolve) => { answer = resolve; });
}

function settle(agreed) {
  byId("confirm").close();
  answer(agreed);
}

function wireConfirm() {
  const dialog = byId("confirm");
  byId("confirm-yes").addEventListener("click", () => settle(true));
  byId("confirm-no").addEventListener("click", () => settle(false));
  dialog.addEventListener("cancel", () => settle(false));
  dialog.addEventListener("close", () => dialog.open || answer(false)); // a late one may meet the next question
  // A key that is held down must not answer the question that it has just opened.
  dialog.addEventListener("keydown", (event) => event.repeat && event.preventDefault());
}

// ---------------------------------------------------------------- the form of an act
const MINUTES = [15, 30, 60, 120, 240, 480, 1440];
let submit = async () => "";

const span = (minutes) => (minutes < 60 ? t("span.min", { n: minutes }) : t("span.h", { n: minutes / 60 }));

// By name; the value of `until` becomes a time when the form is sent.
const FIELDS = {
  until: () => element("select", { name: "until", required: true },
    ...MINUTES.map((minutes) => element("option", { value: minutes, selected: minutes === 60,
      text: t("field.until.option", { span: span(minutes), time: end(minutes) }) }))),
  permit_no: () => element("input", { name: "permit_no", required: true, maxlength: 64, autocomplete: "off" }),
  comment: () => element("textarea", { name: "comment", required: true, maxlength: 1000, rows: 3 }),
  measure: () => element("textarea", { name: "measure", maxlength: 1000, rows: 3 }),
  at_once: () => element("input", { name: "at_once", type: "checkbox" }),
  deadline: () => element("input", { name: "deadline", required: true, maxlength: 19, autocomplete: "off", placeholder: "2026-01-31 18:00" }),
  responsible: () => element("input", { name: "responsible", required: true, maxlength: 128, autocomplete: "off" }),
};

function end(minutes) {
  const at = now() + minutes * 60000;
  return minutes >= 480 ? stamp(at).slice(0, -3) : minute(at);
}

function read(form) {
  const values = Object.fromEntries(new FormData(form));
  if (values.until) values.until = new Date(now() + Number(values.until) * 60000).toISOString();
  return values;
}

function refuse(text) {
  byId("act-problem").hidden = !text;
  byId("act-problem").textContent = text;
}

// A field is one of ours by its name, or a label with its control. `send` gives "" or why it was refused; the form stays
// open until it is sent or given up.
export function fill({ title, text, fields, labels = {}, send }) {
  byId("act-title").textContent = title;
  byId("act-text").textContent = text;
  byId("act-yes").textContent = title;
  byId("act-fields").replaceChildren(...fields.map((field) => {
    const [label, control] = Array.isArray(field) ? field : [labels[field] ?? t(`field.${field}`), FIELDS[field]()];
    return element("label", {}, element("span", { text: label }), control);
  }));
  refuse("");
  submit = send;
  byId("act").showModal();
  byId("act-fields").querySelector("select, input, textarea")?.focus();
}

function wireForm() {
  byId("act-no").addEventListener("click", () => byId("act").close());
  byId("act-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const empty = [...event.target.elements].find((field) => field.required && !field.value.trim());
    if (empty) {
      refuse(t("field.missing", { name: empty.closest("label").querySelector("span").textContent }));
      empty.focus();
      return;
    }
    byId("act-yes").disabled = true; // once
    const problem = await submit(read(event.target));
    byId("act-yes").disabled = false;
    if (problem) refuse(problem);
    else byId("act").close();
  });
}

export function wire() {
  wireConfirm();
  wireForm();
}
