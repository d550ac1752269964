// The console: wires the stream, the state, the panes and the pages together.
import { acknowledge } from "./acts.js";
import * as alarms from "./alarms.js";
import * as ask from "./ask.js";
import * as asked from "./asked.js";
import * as counts from "./counts.js";
import { byId, element } from "./dom.js";
import * as flood from "./flood.js";
import * as help from "./help.js";
import { all, comeBack, leave, me, post } from "./http.js";
import { load, named, other, t } from "./i18n.js";
import * as keys from "./keys.js";
import * as map from "./map.js";
import { PAGES } from "./pages.js";
import { load as loadStory } from "./pages/alarm.js";
import { load as loadSite } from "./pages/site.js";
import * as router from "./router.js";
import { say } from "./say.js";
import * as selection from "./selection.js";
import * as sound from "./sound.js";
import { changed, keep, moved, onChange, state, trusted } from "./state.js";
import { Stream } from "./stream.js";
import * as theme from "./theme.js";
import { ago, stamp, sync } from "./time.js";
import * as trend from "./trend.js";
import { kindWord, needsAnswer, place, priorityWord, what } from "./words.js";

const OLD_S = 15;
const ASKED = 3; // an inquiry of the city sounds as an alarm of this priority
const NEWS = new Set(["raise", "worsen", "realarm"]);
let wasCut = false;

// ---------------------------------------------------------------- what the stream says
const take = {
  snapshot(data) {
    sync(data.server_time);
    state.alarms = new Map(data.alarms.map((alarm) => [alarm.id, alarm]));
    state.totals = data.totals;
    state.truncated = data.truncated;
    const odd = new Map(data.sites.map((site) => [site.id, site]));
    for (const site of state.sites.values()) {
      Object.assign(site, odd.get(site.id) ?? { offline: 0, stale: 0, valves_closed: 0 });
    }
    for (const alarm of data.alarms) if (!alarm.suppressed) flood.hear(alarm.id, alarm.occurrence, alarm.raised_time);
    if (wasCut && data.missed_count) showMissed(data);
    wasCut = false;
    counts.tick();
    if (!state.selected) selection.selectFirst();
    else if (state.page === "alarm") loadStory(state.selected);
  },
  alarm({ transition, alarm }) {
    if (!alarm) return;
    keep(alarm);
    if (alarm.id === state.selected && state.page === "alarm") loadStory(alarm.id);
    if (!state.selected) selection.selectFirst();
    if (!NEWS.has(transition.event)) return;
    if (!alarm.suppressed) flood.hear(alarm.id, transition.occurrence, transition.time);
    say(`${priorityWord(alarm.priority)} ${place(alarm)} ${what(alarm)}`, alarm.priority === 1);
  },
  device({ device, site, totals }) {
    state.totals = totals;
    if (state.sites.has(site.id)) Object.assign(state.sites.get(site.id), site);
    moved(device);
    if (state.page === "site" && state.site === device.site) loadSite(device.site);
  },
  reading: (data) => trend.append(data),
  health(data) {
    sync(data.server_time);
    state.health = data;
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
  asked.draw();
  drawTrust();
  alarms.draw();
  router.draw();
  const open = [...state.alarms.values()].filter(needsAnswer);
  const heard = [...open.map((alarm) => alarm.priority), ...(asked.count() ? [ASKED] : [])];
  sound.sound(heard.length ? Math.min(...heard) : 0);
}

function showMissed(data) {
  const lines = data.missed.map((entry) => {
    const site = state.sites.get(entry.site);
    const event = named("event", entry.event);
    return element("li", { text: `${entry.time ? stamp(entry.time) : "–"} ${site?.name ?? entry.device} ${kindWord(entry.kind)} ${event}` });
  });
  byId("missed").replaceChildren(
    element("details", {}, element("summary", { text: t("missed", { n: data.missed_count }) }), element("ol", {}, ...lines)),
    element("button", { type: "button", text: t("close"), onclick: () => { byId("missed").hidden = true; } }));
  byId("missed").hidden = false;
}

function tick() {
  counts.tick();
  asked.tick();
  sound.draw();
  alarms.settle();
  for (const node of document.querySelectorAll("[data-ago]")) node.textContent = ago(node.dataset.ago);
  trend.refresh();
  router.tick();
}

function drawTheme() {
  byId("theme").textContent = t(`theme.${theme.chosen()}`);
  trend.redraw();
  drawAll();
}

// ---------------------------------------------------------------- start
function wireButtons() {
  byId("logout").addEventListener("click", () => post("/logout").finally(() => leave("")));
  byId("language").addEventListener("click", async () => {
    await load(other());
    router.drawLinks();
    drawTheme();
    tick();
  });
  byId("theme").addEventListener("click", theme.next);
  byId("town-find").addEventListener("input", drawAll);
  for (const tab of ["standing", "hidden"]) {
    byId(`tab-${tab}`).addEventListener("click", () => { state.tab = tab; drawAll(); });
  }
}

function wireKeys() {
  keys.wire({
    ArrowUp: () => selection.move(-1),
    ArrowDown: () => selection.move(1),
    Enter: () => acknowledge(state.alarms.get(state.selected)),
    " ": selection.toggleDetail,
    m: sound.toggle,
    "?": help.show,
    ...Object.fromEntries(router.open().map((page) => [page.key, () => router.go(page.id)])),
  });
}

function openSite(id, alarm) {
  if (alarm) selection.select(alarm.id);
  else router.go("site", id);
}

async function start() {
  await load();
  ask.wire();
  help.wire();
  wireButtons();
  alarms.wire(selection.select);
  selection.wire((device) => device !== stream.device && stream.open(device));
  sound.wire();
  trend.wire();
  counts.draw();
  sound.draw();
  drawTrust();
  setInterval(tick, 1000);
  state.me = await me();
  for (const site of await all("/sites")) state.sites.set(site.id, site);
  comeBack();
  router.start(PAGES);
  wireKeys();
  onChange(drawAll);
  theme.onTheme(drawTheme);
  drawTheme();
  stream.open();
  await map.wire(openSite);
}

await start();
