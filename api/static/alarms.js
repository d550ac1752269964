// The alarm list: drawn by key, so that rows keep their focus; while the pointer moves over it nothing jumps.
import { acknowledge, reset } from "./acts.js";
import { arrange, byId, element, rebuild } from "./dom.js";
import { language, t } from "./i18n.js";
import { may, state } from "./state.js";
import { symbol } from "./symbols.js";
import { ago, clock } from "./time.js";
import { byUrgency, mayReset, needsAnswer, place, priorityWord, stateWord, what } from "./words.js";

const STILL_MS = 5000;
const rows = new Map();
let order = [];
let pointed = -Infinity;

export function wire(select) {
  const pane = byId("list");
  pane.addEventListener("pointermove", () => { pointed = performance.now(); });
  pane.addEventListener("pointerleave", () => { pointed = -Infinity; });
  byId("alarms").addEventListener("click", (event) => {
    const row = event.target.closest("li");
    if (row && !event.target.closest("button")) select(row.dataset.id);
  });
  byId("waiting").addEventListener("click", () => { pointed = -Infinity; draw(); });
}

export function shown() {
  const wanted = [...state.alarms.values()].filter((alarm) => alarm.suppressed === (state.tab === "hidden"));
  return wanted.sort(byUrgency);
}

// Rows that are on the screen keep their place while the pointer is at work. New ones wait behind a bar, for as long
// as it moves; the worst do not wait: they come last, where they push nothing away.
function arranged(alarms) {
  const ids = alarms.map((alarm) => alarm.id);
  if (performance.now() - pointed > STILL_MS) return ids;
  const here = new Set(ids);
  const kept = order.filter((id) => here.has(id));
  const worst = alarms.filter((alarm) => alarm.priority === 1 && !kept.includes(alarm.id));
  return [...kept, ...worst.map((alarm) => alarm.id)];
}

export function draw() {
  const alarms = shown();
  order = arranged(alarms);
  const here = new Set(order);
  for (const id of rows.keys()) if (!here.has(id)) rows.delete(id);
  const empty = element("li", { class: "empty", text: t(`list.empty.${state.tab}`) });
  arrange(byId("alarms"), order.length ? order.map((id) => rowOf(state.alarms.get(id))) : [empty]);
  const waiting = alarms.length - order.length;
  byId("waiting").hidden = waiting === 0;
  byId("waiting").textContent = t("list.waiting", { n: waiting });
}

// Called every second: when the pointer rests, those that wait come in.
export function settle() {
  if (!byId("waiting").hidden) draw();
}

function rowOf(alarm) {
  let row = rows.get(alarm.id);
  if (!row) {
    row = element("li", { "data-id": alarm.id });
    rows.set(alarm.id, row);
  }
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
    button(alarm),
  ];
}

function since(alarm) {
  const time = alarm.raised_time ?? alarm.last_time;
  if (!time) return null;
  return element("span", { class: "since" },
    element("time", { text: clock(time), datetime: time }),
    element("span", { "data-ago": time, text: ago(time) }));
}

export function button(alarm) {
  if (needsAnswer(alarm) && may("ack")) {
    return element("button", { type: "button", class: "act ack", text: t("act.ack"), onclick: () => acknowledge(alarm) });
  }
  if (mayReset(alarm) && may("reset")) {
    return element("button", { type: "button", class: "act", text: t("act.reset"), onclick: () => reset(alarm) });
  }
  return null;
}

export function focusRow(id) {
  const row = rows.get(id);
  row?.focus({ preventScroll: true });
  row?.scrollIntoView({ block: "nearest" });
}
