// 9 Silenced: everything that asks for nobody although it may be there: who hid it, why, until when, and back with it.
import { actButton, VERBS } from "../acts.js";
import { age } from "../detail.js";
import { element } from "../dom.js";
import { fetched, panel } from "../fetched.js";
import { get } from "../http.js";
import { button, words } from "../maintenance.js";
import { pick, t } from "../i18n.js";
import { address } from "../router.js";
import { may, state } from "../state.js";
import { symbol } from "../symbols.js";
import { cell, table } from "../tables.js";
import { now, stamp } from "../time.js";
import { kindWord, place, priorityWord, what } from "../words.js";

const SOON_MS = 30 * 60000;
const LETTERS = { shelved: "G", permit: "I", design: "H" };
const BACK = VERBS.filter((verb) => ["unshelve", "in"].includes(verb.name));

function back(alarm) {
  const verb = BACK.find((one) => may(one.right) && one.fits(alarm));
  return verb ? actButton(alarm, verb) : "–";
}

function until(alarm) {
  if (!alarm.hidden_until) return t("silenced.with_cause");
  const soon = Date.parse(alarm.hidden_until) - now() < SOON_MS;
  return element(soon ? "b" : "span", { text: stamp(alarm.hidden_until) });
}

// What explains an alarm that is suppressed by design.
function cause(id) {
  const known = state.alarms.get(id);
  return element("a", { href: address("alarm", id), text: known ? `${kindWord(known.kind)} ${known.device}` : id });
}

const why = (alarm) => (alarm.causes.length && alarm.state.letter === "H" ? alarm.causes.map(cause)
  : [[alarm.permit_no && t("silenced.number", { n: alarm.permit_no }), pick(alarm.hidden_why)].filter(Boolean).join(" · ") || "–"]);

const row = (alarm) => element("tr", {},
  cell(symbol(alarm.priority, priorityWord(alarm.priority), { quiet: true, hollow: !alarm.active }),
    element("a", { href: address("alarm", alarm.id), text: `${alarm.device} ${what(alarm)}` }),
    element("span", { class: "kind", text: place(alarm) }),
    state.notes.get(alarm.id) && element("p", { class: "row-note", text: state.notes.get(alarm.id) })),
  cell(alarm.hidden_by ?? t("silenced.itself")), cell(...why(alarm)),
  cell(alarm.hidden_time ? age(alarm.hidden_time) : "–"), cell(until(alarm)), cell(back(alarm)));

const COLUMNS = ["column.alarm", "column.hidden_by", "column.reason", "column.since", "column.until", "column.back"];

const view = (name) => ({ alarms }) => table({
  id: `silenced-${name}-table`, label: t(`silenced.${name}`), columns: COLUMNS, empty: t("silenced.none"),
  rows: alarms.filter((alarm) => alarm.state.letter === LETTERS[name]).map(row) });

// ---------------------------------------------------------------- devices under work
const WORK = ["column.device", "column.site", "column.permit", "column.measure", "column.back"];

const atWork = ({ permits }) => table({
  id: "silenced-maintenance-table", label: t("silenced.maintenance"), columns: WORK, empty: t("silenced.none"),
  rows: permits.map((permit) => element("tr", {}, cell(permit.device),
    cell(element("a", { href: address("site", permit.site), text: pick(names(permit.site)) })),
    cell(words(permit)), cell(permit.measure), cell(button(permit.device, permit, page.refresh) ?? "–"))) });

const names = (site) => ({ zh: state.sites.get(site)?.name ?? site, en: state.sites.get(site)?.name_en ?? site });

// ---------------------------------------------------------------- the page
// Reads again as soon as the stream tells of another alarm that is hidden, or of one that is no longer.
const hidden = () => [...state.alarms.values()].filter((alarm) => alarm.suppressed).map((alarm) => alarm.id + alarm.state.letter).sort().join();
let drawn = "";

const page = fetched("silenced", {
  every_s: 15,
  async read() {
    const [alarms, permits] = await Promise.all([get("/silenced"), get("/maintenance")]);
    return { alarms: alarms.items, permits: permits.items };
  },
  head: () => [element("span", { class: "note", text: t("silenced.note") })],
  body: () => element("div", { class: "silences" }, 
    ...[...Object.keys(LETTERS), "maintenance"].map((name) => panel("silenced", name, `silenced-${name}`))),
  parts: {
    ...Object.fromEntries(Object.keys(LETTERS).map((name) => [`silenced-${name}`, view(name)])),
    "silenced-maintenance": atWork,
  },
  depends: () => [...state.notes],
});

export function draw() {
  if (drawn !== hidden()) {
    drawn = hidden();
    page.refresh();
  }
  page.draw();
}

export const { mount, show, tick } = page;
