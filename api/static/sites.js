// The sites as a list: quiet and grey; only what is not normal takes colour and comes first.
import { arrange, byId, element, rebuild } from "./dom.js";
import { language, pick, t } from "./i18n.js";
import { state } from "./state.js";
import { symbol } from "./symbols.js";
import { byUrgency, needsAnswer, priorityWord } from "./words.js";

const MOST = 200;
const NORMAL = 99;
const tiles = new Map();

export function worstAlarms() {
  const worst = new Map();
  for (const alarm of [...state.alarms.values()].filter((one) => !one.suppressed).sort(byUrgency)) {
    if (!worst.has(alarm.site)) worst.set(alarm.site, alarm);
  }
  return worst;
}

export const doubtful = (site) => site.offline > 0 || site.stale > 0;

function rank(site, worst) {
  const alarm = worst.get(site.id);
  if (alarm) return alarm.priority + (needsAnswer(alarm) ? 0 : 10);
  return doubtful(site) ? 50 : site.valves_closed ? 60 : NORMAL;
}

export function draw(choose) {
  const worst = worstAlarms();
  const wanted = byId("town-find").value.trim().toLowerCase();
  const all = [...state.sites.values()].map((site) => [rank(site, worst), site]);
  const found = all.filter(([, site]) => `${site.id} ${site.name} ${site.name_en}`.toLowerCase().includes(wanted));
  found.sort(([a, one], [b, other]) => a - b || one.id.localeCompare(other.id));
  arrange(byId("sites"), found.slice(0, MOST).map(([, site]) => tile(site, worst.get(site.id), choose)));
  const odd = all.filter(([at]) => at !== NORMAL).length;
  const note = t("town.note", { all: all.length, odd });
  byId("town-note").textContent = found.length > MOST ? `${note} · ${t("town.more", { n: found.length - MOST })}` : note;
}

export const marks = (site) => [
  site.offline && t("site.offline", { n: site.offline, all: site.devices }),
  site.stale && t("site.stale", { n: site.stale }),
  site.valves_closed && t("site.closed", { n: site.valves_closed }),
].filter(Boolean).join(" · ");

function tile(site, alarm, choose) {
  let button = tiles.get(site.id);
  if (!button) {
    button = element("button", { type: "button", onclick: () => choose(site.id) });
    tiles.set(site.id, button);
  }
  button.className = look(site, alarm);
  rebuild(button, JSON.stringify([site, alarm, language()]), () => contents(site, alarm));
  return button;
}

function look(site, alarm) {
  return ["tile", alarm && "alarmed", alarm && needsAnswer(alarm) && "need", doubtful(site) && "doubtful",
    state.site === site.id && "selected"].filter(Boolean).join(" ");
}

function contents(site, alarm) {
  const word = alarm ? priorityWord(alarm.priority) : "";
  const looks = alarm && { hollow: !alarm.active, quiet: !needsAnswer(alarm) };
  return [
    alarm ? symbol(alarm.priority, word, looks) : element("i", { class: "dot" }),
    element("span", { class: "tile-name", text: pick({ zh: site.name, en: site.name_en }) }),
    element("span", { class: "tile-state", text: [word, marks(site)].filter(Boolean).join(" · ") || t("site.normal") }),
  ];
}
