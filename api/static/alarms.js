// The alarm list: drawn by key, so that rows keep their focus; while the pointer or the keyboard is at work in it,
// nothing jumps. In a flood, what is below priority 1 stands in groups, one for each district.
import { nextButton } from "./acts.js";
import { arrange, byId, element, rebuild } from "./dom.js";
import { flooding } from "./flood.js";
import { language, t } from "./i18n.js";
import { state } from "./state.js";
import { symbol } from "./symbols.js";
import { ago, clock } from "./time.js";
import { byUrgency, needsAnswer, place, priorityWord, stateWord, what } from "./words.js";

const POINTER_MS = 5000;
const FOCUS_MS = 15000;
const rows = new Map();
const opened = new Set();
let order = []; // keys of what is on the screen: ids of alarms and "group:" with a district
let pointed = -Infinity;
let typed = -Infinity;

export function wire(select) {
  const pane = byId("list");
  pane.addEventListener("pointermove", () => { pointed = performance.now(); });
  pane.addEventListener("pointerleave", () => { pointed = -Infinity; });
  document.addEventListener("keydown", () => { typed = performance.now(); }, { capture: true });
  byId("alarms").addEventListener("click", (event) => {
    const row = event.target.closest("li");
    if (row?.dataset.id && !event.target.closest("button")) select(row.dataset.id);
  });
  byId("waiting").addEventListener("click", () => {
    pointed = typed = -Infinity;
    draw();
  });
}

function atWork() {
  const here = byId("alarms").contains(document.activeElement);
  return performance.now() - pointed < POINTER_MS || (here && performance.now() - typed < FOCUS_MS);
}

export function shown() {
  const wanted = [...state.alarms.values()].filter((alarm) => alarm.suppressed === (state.tab === "hidden"));
  return wanted.sort(byUrgency);
}

// Ids in the order of the screen: what the arrow keys walk.
export const walk = () => order.filter((key) => state.alarms.has(key));

const districtOf = (alarm) => state.sites.get(alarm.site)?.district || t("group.elsewhere");

// Groups by district, in the place of their most urgent member; priority 1 and the selected row always stand alone.
function sorted(alarms) {
  const groups = new Map();
  const keys = [];
  const grouped = flooding() && state.tab === "standing";
  for (const alarm of alarms) {
    const alone = !grouped || alarm.priority === 1 || alarm.id === state.selected;
    const district = alone ? "" : districtOf(alarm);
    if (alone) keys.push(alarm.id);
    else if (groups.has(district)) groups.get(district).push(alarm);
    else {
      groups.set(district, [alarm]);
      keys.push(`group:${district}`);
    }
  }
  return { groups, keys: keys.flatMap((key) => [key, ...members(key, groups)]) };
}

function members(key, groups) {
  return opened.has(key) ? groups.get(key.slice(6)).map((alarm) => alarm.id) : [];
}

// Rows that are on the screen keep their place while somebody is at work. New ones wait behind a bar; the worst do not
// wait: they come last, where they push nothing away.
function arranged(alarms, keys) {
  if (!atWork()) return keys;
  const here = new Set([...alarms.map((alarm) => alarm.id), ...keys]);
  const kept = order.filter((key) => here.has(key));
  const worst = alarms.filter((alarm) => alarm.priority === 1 && !kept.includes(alarm.id));
  return [...kept, ...worst.map((alarm) => alarm.id)];
}

export function draw() {
  const alarms = shown();
  const { groups, keys } = sorted(alarms);
  order = arranged(alarms, keys);
  const here = new Set(order);
  for (const key of rows.keys()) if (!here.has(key)) rows.delete(key);
  const empty = element("li", { class: "empty", text: t(state.tab === "hidden" ? "list.empty.hidden" : "list.empty.standing") });
  const items = order.map((key) => (groups.has(key.slice(6)) && key.startsWith("group:")
    ? groupOf(key, groups.get(key.slice(6))) : rowOf(state.alarms.get(key))));
  arrange(byId("alarms"), items.length ? items : [empty]);
  drawStrips(alarms.filter((alarm) => !here.has(alarm.id) && !here.has(`group:${districtOf(alarm)}`)).length);
}

function drawStrips(waiting) {
  byId("waiting").hidden = waiting === 0;
  byId("waiting").textContent = t("list.waiting", { n: waiting });
  byId("flood").hidden = !flooding();
  byId("flood").textContent = t("list.flood");
  byId("truncated").hidden = !state.truncated;
  byId("truncated").textContent = t("list.truncated", { n: state.alarms.size });
}

// Called every second: when the work rests, those that wait come in; a flood ends by time alone.
export function settle() {
  if (!byId("waiting").hidden || byId("flood").hidden === flooding()) draw();
}

function made(key, properties) {
  if (!rows.has(key)) rows.set(key, element("li", properties));
  return rows.get(key);
}

function rowOf(alarm) {
  const row = made(alarm.id, { "data-id": alarm.id });
  const selected = alarm.id === state.selected;
  const text = state.notes.get(alarm.id) ?? "";
  const signature = JSON.stringify([alarm, text, language(), state.me.rights]);
  row.tabIndex = selected ? 0 : -1;
  row.className = rowClass(alarm, selected);
  if (selected) row.setAttribute("aria-current", "true");
  else row.removeAttribute("aria-current");
  rebuild(row, signature, () => contents(alarm, text));
  return row;
}

function rowClass(alarm, selected) {
  const need = needsAnswer(alarm);
  const look = need ? (alarm.active ? "need" : "returned") : "";
  return `alarm p${alarm.priority} ${look} ${selected ? "selected" : ""} ${alarm.drill ? "drill" : ""}`;
}

function contents(alarm, text) {
  const label = priorityWord(alarm.priority);
  const mark = symbol(alarm.priority, label, { hollow: !alarm.active, quiet: !needsAnswer(alarm) });
  return [
    element("div", { class: "mark" }, mark, element("span", { class: "word", text: label })),
    element("div", { class: "what" },
      element("p", { class: "place" },
        alarm.drill && element("b", { class: "drill-mark", text: t("drill") }),
        element("span", { text: place(alarm) }),
      ),
      element("p", { class: "said value", text: what(alarm) }),
      element("p", { class: "state" },
        element("span", { class: "state-word", text: stateWord(alarm) }),
        since(alarm),
      ),
      text && element("p", { class: "row-note", text }),
    ),
    nextButton(alarm),
  ];
}

function groupOf(key, alarms) {
  const open = alarms.filter(needsAnswer).length;
  const worst = Math.min(...alarms.map((alarm) => alarm.priority));
  const row = made(key, { class: "group" });
  rebuild(row, JSON.stringify([alarms.length, open, worst, opened.has(key), language()]), () => [
    symbol(worst, priorityWord(worst), { quiet: !open }),
    element("span", { class: "what" },
      element("b", { class: "place", text: key.slice(6) }),
      element("span", { text: t("group.count", { n: alarms.length, open }) })),
    element("button", {
      type: "button", "aria-expanded": String(opened.has(key)), text: t(opened.has(key) ? "group.less" : "group.more"),
      onclick: () => toggle(key),
    }),
  ]);
  return row;
}

function toggle(key) {
  if (!opened.delete(key)) opened.add(key);
  pointed = typed = -Infinity; // this is asked for: nothing jumps
  draw();
}

function since(alarm) {
  const time = alarm.raised_time ?? alarm.last_time;
  if (!time) return null;
  return element("span", { class: "since" },
    element("time", { text: clock(time), datetime: time }),
    element("span", { "data-ago": time, text: ago(time) }));
}

export function focusRow(id) {
  const row = rows.get(id);
  row?.focus({ preventScroll: true });
  row?.scrollIntoView({ block: "nearest" });
}
