// The top bar: counts, link, clock, operator.
import { byId, element } from "./dom.js";
import { named, t } from "./i18n.js";
import { state, trusted } from "./state.js";
import { symbol } from "./symbols.js";
import { clock, now } from "./time.js";
import { needsAnswer, priorityWord } from "./words.js";

export function draw() {
  const alarms = [...state.alarms.values()];
  const visible = alarms.filter((alarm) => !alarm.suppressed);
  byId("counts").replaceChildren(...[1, 2, 3, 4].map((priority) => count(priority, visible)));
  byId("facts").replaceChildren(...facts(visible.filter(needsAnswer).length, alarms.length - visible.length));
  byId("person").textContent = state.me.role ? `${state.me.display_name || state.me.name} · ${named("role", state.me.role)}` : "";
  byId("person").title = byId("person").textContent;
  tab("standing", visible.length);
  tab("hidden", alarms.length - visible.length);
  drawLink();
}

function count(priority, visible) {
  const of = visible.filter((alarm) => alarm.priority === priority);
  const open = of.filter(needsAnswer).length;
  const look = `count p${priority} ${of.length ? "some" : ""} ${open ? "open" : ""}`;
  const label = t("counts.one", { word: priorityWord(priority), n: of.length, open });
  return element("li", { class: look, title: label },
    symbol(priority, priorityWord(priority), { hollow: !of.length, quiet: !open }),
    element("b", { class: "value", text: state.totals ? of.length : "–" }),
    element("span", { class: "unseen", text: label }));
}

function fact(key, value, marked) {
  return element("li", { class: marked ? "marked" : "" },
    element("span", { text: t(key) }), element("b", { class: "value", text: value }));
}

function facts(open, hidden) {
  const totals = state.totals;
  return [
    fact("fact.open", totals ? open : "–", open > 0),
    fact("fact.offline", totals ? `${totals.offline + totals.stale}/${totals.devices}` : "–", totals?.offline + totals?.stale > 0),
    fact("fact.closed", totals ? `${totals.valves_closed}/${totals.valves}` : "–", totals?.valves_closed > 0),
    fact("fact.hidden", totals ? hidden : "–", hidden > 0),
  ];
}

function tab(name, n) {
  const button = byId(`tab-${name}`);
  button.textContent = `${t(`tab.${name}`)} ${n}`;
  button.setAttribute("aria-selected", state.tab === name);
}

export function drawLink() {
  const ok = trusted();
  byId("link").className = `link ${ok ? "" : "cut"}`;
  byId("link").textContent = t(ok ? "link.live" : "link.cut");
}

export function tick() {
  byId("clock").textContent = clock(now());
}
