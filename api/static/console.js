// The console: wires the stream, the state and the panes together.
import { acknowledge, wireConfirm } from "./acts.js";
import * as alarms from "./alarms.js";
import * as counts from "./counts.js";
import * as detail from "./detail.js";
import { byId, element } from "./dom.js";
import { all, leave, me, post } from "./http.js";
import { has, load, other, t } from "./i18n.js";
import * as keys from "./keys.js";
import { say } from "./say.js";
import * as sites from "./sites.js";
import * as sound from "./sound.js";
import { changed, keep, moved, onChange, state, trusted } from "./state.js";
import { Stream } from "./stream.js";
import { ago, stamp, sync } from "./time.js";
import * as trend from "./trend.js";
import { kindWord, needsAnswer, place, priorityWord, what } from "./words.js";

const OLD_S = 15;
const NEWS = new Set(["raise", "worsen", "realarm"]);
let wasCut = false;
let switching = 0;

// ---------------------------------------------------------------- what the stream says
const take = {
  snapshot(data) {
    sync(data.server_time);
    state.alarms = new Map(data.alarms.map((alarm) => [alarm.id, alarm]));
    state.totals = data.totals;
    const odd = new Map(data.sites.map((site) => [site.id, site]));
    for (const site of state.sites.values()) {
      Object.assign(site, odd.get(site.id) ?? { offline: 0, stale: 0, valves_closed: 0 });
    }
    if (wasCut && data.missed_count) showMissed(data);
    wasCut = false;
    counts.tick();
    if (!state.selected && !state.site) selectFirst();
    else if (state.selected) detail.load(state.selected);
  },
  alarm({ transition, alarm }) {
    if (!alarm) return;
    keep(alarm);
    if (alarm.id === state.selected) detail.load(alarm.id);
    if (!state.selected && !state.site) selectFirst();
    if (!NEWS.has(transition.event)) return;
    say(`${priorityWord(alarm.priority)} ${place(alarm)} ${what(alarm)}`, alarm.priority === 1);
  },
  device({ device, site, totals }) {
    state.totals = totals;
    if (state.sites.has(site.id)) Object.assign(state.sites.get(site.id), site);
    moved(device);
    if (state.site === device.site) detail.loadSite(device.site);
  },
  reading: (data) => trend.append(data),
  health(data) {
    sync(data.server_time);
    state.totals = data.totals ?? state.totals;
    const lag = data.readers.watch?.lag_s ?? 0;
    state.fresh = data.age_s !== null && data.age_s <= OLD_S && lag <= OLD_S;
  },
};

const stream = new Stream({
  event(name, data) {
    take[name](data);
    changed();
  },
  trusted(ok) {
    wasCut ||= !ok && state.line;
    state.line = ok;
    drawTrust(); // at once, not with the next drawing
    changed();
  },
});

// ---------------------------------------------------------------- selection
function watch(device) {
  clearTimeout(switching);
  if (device && device !== stream.device) switching = setTimeout(() => stream.open(device), 300);
}

function openTrend(device, quantity, site, around) {
  const known = state.sites.get(site);
  watch(device);
  trend.open(device, quantity, around, known && { zh: known.name, en: known.name_en }).catch((problem) => {
    byId("trend-value").textContent = t("act.failed", { why: problem.message });
  });
}

function select(id, focus = true) {
  const alarm = state.alarms.get(id);
  if (!alarm) return;
  state.selected = id;
  state.site = "";
  detail.load(id);
  openTrend(alarm.quantity && alarm.device, alarm.quantity, alarm.site, alarm.first_time);
  drawAll();
  if (focus) alarms.focusRow(id);
}

function selectFirst() {
  const [first] = alarms.shown();
  if (first) select(first.id, false);
  else trend.redraw();
}

function selectSite(id, alarm) {
  if (alarm) return select(alarm.id);
  state.site = id;
  state.selected = "";
  state.detailOpen = true;
  detail.loadSite(id).catch((problem) => say(problem.message));
  changed();
}

function move(step) {
  const list = alarms.shown();
  const at = list.findIndex((alarm) => alarm.id === state.selected);
  const next = list[Math.min(list.length - 1, Math.max(0, at < 0 ? 0 : at + step))];
  if (next) select(next.id);
}

// ---------------------------------------------------------------- drawing
function drawTrust() {
  const ok = trusted();
  document.body.classList.toggle("untrusted", !ok);
  byId("banner").hidden = ok;
  byId("banner").textContent = ok ? "" : t(state.line ? "banner.old" : "banner.cut");
  counts.drawLink();
}

function drawAll() {
  counts.draw();
  drawTrust();
  alarms.draw();
  sites.draw(selectSite);
  detail.draw((device, quantity) => openTrend(device, quantity, state.site));
  const open = [...state.alarms.values()].filter(needsAnswer);
  sound.sound(open.length ? Math.min(...open.map((alarm) => alarm.priority)) : 0);
}

function showMissed(data) {
  const lines = data.missed.map((entry) => {
    const event = has(`event.${entry.event}`) ? t(`event.${entry.event}`) : entry.event;
    const site = state.sites.get(entry.site);
    return element("li", { text: `${entry.time ? stamp(entry.time) : "–"} ${site?.name ?? entry.device} ${kindWord(entry.kind)} ${event}` });
  });
  byId("missed").replaceChildren(
    element("details", {}, element("summary", { text: t("missed", { n: data.missed_count }) }), element("ol", {}, ...lines)),
    element("button", { type: "button", text: t("close"), onclick: () => { byId("missed").hidden = true; } }));
  byId("missed").hidden = false;
}

function tick() {
  counts.tick();
  sound.draw();
  alarms.settle();
  for (const node of document.querySelectorAll("[data-ago]")) node.textContent = ago(node.dataset.ago);
  trend.refresh();
}

// ---------------------------------------------------------------- start
function wireButtons() {
  const help = byId("help");
  byId("help-open").addEventListener("click", () => help.showModal());
  byId("help-close").addEventListener("click", () => help.close());
  byId("logout").addEventListener("click", () => post("/logout").finally(() => leave("")));
  byId("language").addEventListener("click", async () => {
    await load(other());
    trend.redraw();
    tick();
    drawAll();
  });
  for (const tab of ["standing", "hidden"]) {
    byId(`tab-${tab}`).addEventListener("click", () => { state.tab = tab; drawAll(); });
  }
  keys.wire({
    ArrowUp: () => move(-1),
    ArrowDown: () => move(1),
    Enter: () => acknowledge(state.alarms.get(state.selected)),
    " ": () => { state.detailOpen = !state.detailOpen; drawAll(); },
    m: sound.toggle,
    "?": () => help.showModal(),
  });
}

async function start() {
  await load();
  onChange(drawAll);
  wireConfirm();
  wireButtons();
  alarms.wire(select);
  sound.wire();
  trend.wire();
  drawAll();
  setInterval(tick, 1000);
  state.me = await me();
  for (const site of await all("/sites")) state.sites.set(site.id, site);
  stream.open();
}

await start();
