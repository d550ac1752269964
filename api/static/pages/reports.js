// r Reports: a time and its report, to read, print and take away; and those that were made by themselves.
import { byId, element } from "../dom.js";
import { fetched, panel } from "../fetched.js";
import { tell } from "../forms.js";
import { file, get } from "../http.js";
import { codes, named, t } from "../i18n.js";
import { stay } from "../router.js";
import { save } from "../save.js";
import { cell, table } from "../tables.js";

const PREFIX = "/api/v1";
const wanted = { rhythm: "daily", of: "" }; // a day; without one the last time that is over

const path = (kind = "") => `/reports/${wanted.rhythm}${kind}${wanted.of && `?of=${wanted.of}`}`;
const frame = () => byId("report-frame");
const note = (text) => tell(byId("report-told"), text);

// ---------------------------------------------------------------- one report
function choose(changes) {
  Object.assign(wanted, changes);
  stay(String(new URLSearchParams(wanted)));
  read();
}

function read() {
  const source = PREFIX + path("/shown");
  byId("report-window").href = source;
  note("");
  byId("report-print").disabled = true;
  byId("report-loading").textContent = t("loading");
  frame().hidden = true;
  frame().setAttribute("src", source);
}

// What was not given stands in no frame: it is asked for once more, to be told in words.
async function loaded() {
  if (!frame().hasAttribute("src")) return;
  byId("report-loading").textContent = "";
  if (frame().contentDocument?.contentType === "text/html" && frame().contentDocument.querySelector("h1")) {
    frame().hidden = false;
    byId("report-print").disabled = false;
    return;
  }
  const asked = path();
  const why = await get(asked).then(() => t("reports.unread"), (error) => t("act.failed", { why: error.message }));
  if (asked === path()) note(why);
}

async function take(button, source, renamed = (taken) => taken) {
  button.disabled = true; // once
  await page.attempt(async () => save(await renamed(await file(source))));
  button.disabled = false;
}

// Programs get it without a name.
const takeJson = (button) => take(button, path(), async ({ content }) => {
  const report = JSON.parse(await content.text());
  return { name: `${report.rhythm}-${report.first_day}.json`, content };
});

const taker = (name, act) => element("button", { type: "button", text: t(`reports.${name}`), onclick: (event) => act(event.target) });

const choice = () => element("form", { class: "report-choice", onsubmit: (event) => event.preventDefault() },
  element("label", { class: "filter" }, element("span", { text: t("reports.rhythm") }),
    element("select", { id: "report-rhythm", onchange: (event) => choose({ rhythm: event.target.value }) },
      ...codes("reports.of").map((name) => element("option", { value: name, selected: name === wanted.rhythm, text: named("reports.of", name) })))),
  element("label", { class: "filter" }, element("span", { text: t("reports.day") }),
    element("input", { id: "report-day", type: "date", value: wanted.of, min: "2000-01-01",
      onchange: (event) => choose({ of: event.target.value }) })),
  element("p", { class: "quiet", text: t("reports.day.hint") }),
  element("p", { class: "buttons" },
    element("button", { id: "report-print", type: "button", class: "primary", disabled: true, text: t("reports.print"),
      onclick: () => frame().contentWindow.print() }),
    element("a", { id: "report-window", class: "more", target: "_blank", rel: "noopener", text: t("reports.window") }),
    taker("xlsx", (button) => take(button, path("/workbook"))), taker("json", takeJson)));

// ---------------------------------------------------------------- those that were made by themselves
const size = (bytes) => `${Math.ceil(bytes / 1024)} KiB`;

const row = (one) => element("tr", {}, cell(named("reports.of", one.rhythm), element("span", { class: "kind", text: one.from })), cell(size(one.bytes)),
  element("td", {}, ...one.formats.map((form) => element("button", { type: "button", text: form.toUpperCase(),
    "aria-label": `${named("reports.of", one.rhythm)} ${one.from} ${form.toUpperCase()}`,
    onclick: (event) => take(event.target, `/reports/files/${encodeURIComponent(`${one.name}.${form}`)}`) }))));

const COLUMNS = ["column.report", "column.size", "column.file"];

const made = ({ items, refused }) => (refused ? element("p", { class: "hint", text: refused })
  : table({ id: "report-table", label: t("reports.made"), columns: COLUMNS, rows: items.map(row), empty: t("reports.none") }));

// Who sees some sites alone, is given no files of the whole town; an installation may make none.
const REFUSED = { 403: "reports.whole", 404: "reports.off" };

const page = fetched("reports", {
  every_s: 60,
  read: () => get("/reports").then(({ items }) => ({ items, refused: "" }), (problem) => {
    if (!REFUSED[problem.status]) throw problem;
    return { items: [], refused: t(REFUSED[problem.status]) };
  }),
  body: () => element("div", { class: "reports" },
    element("section", { class: "panel reports-choose" },
      element("div", { class: "head" }, element("h3", { text: t("reports.choose") })), choice()),
    element("div", { class: "report-shown" },
      element("p", { id: "report-told", class: "row-note", role: "alert", hidden: true }),
      element("p", { id: "report-loading", class: "hint", role: "status" }),
      element("iframe", { id: "report-frame", title: t("page.reports"), hidden: true, onload: loaded })),
    panel("reports", "made", "reports-made")),
  parts: { "reports-made": made },
});

export function show(argument) {
  const told = new URLSearchParams(argument);
  if (codes("reports.of").includes(told.get("rhythm"))) wanted.rhythm = told.get("rhythm");
  if (argument) wanted.of = told.get("of") ?? "";
  page.show();
  page.draw();
  byId("report-rhythm").value = wanted.rhythm;
  byId("report-day").value = wanted.of;
  read();
}

export function draw() {
  page.draw();
  if (!frame().hasAttribute("src")) read(); // a new frame, as in another language
}

export const { mount, tick } = page;
