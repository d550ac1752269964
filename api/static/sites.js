// The town at a glance: quiet grey tiles; only what is not normal takes colour.
import { arrange, byId, element, rebuild } from "./dom.js";
import { language, pick, t } from "./i18n.js";
import { state } from "./state.js";
import { symbol } from "./symbols.js";
import { byUrgency, needsAnswer, priorityWord } from "./words.js";

const MOST = 300;
const tiles = new Map();

export function draw(selectSite) {
  const worst = worstAlarms();
  const sites = [...state.sites.values()].sort((a, b) => rank(a, worst) - rank(b, worst) || a.id.localeCompare(b.id));
  arrange(byId("sites"), sites.slice(0, MOST).map((site) => tile(site, worst.get(site.id), selectSite)));
  const quiet = sites.filter((site) => rank(site, worst) === 99).length;
  byId("town-note").textContent = t("town.note", { all: sites.length, odd: sites.length - quiet });
}

function worstAlarms() {
  const worst = new Map();
  for (const alarm of [...state.alarms.values()].filter((one) => !one.suppressed).sort(byUrgency)) {
    if (!worst.has(alarm.site)) worst.set(alarm.site, alarm);
  }
  return worst;
}

function rank(site, worst) {
  const alarm = worst.get(site.id);
  if (alarm) return alarm.priority + (needsAnswer(alarm) ? 0 : 10);
  return site.offline || site.stale ? 50 : site.valves_closed ? 60 : 99;
}

function marks(site) {
  return [
    site.offline && t("site.offline", { n: site.offline, all: site.devices }),
    site.stale && t("site.stale", { n: site.stale }),
    site.valves_closed && t("site.closed", { n: site.valves_closed }),
  ].filter(Boolean).join(" · ");
}

function tile(site, alarm, selectSite) {
  let button = tiles.get(site.id);
  if (!button) {
    button = element("button", { type: "button" });
    tiles.set(site.id, button);
  }
  button.onclick = () => selectSite(site.id, alarm);
  button.className = look(site, alarm);
  rebuild(button, JSON.stringify([site, alarm, language()]), () => contents(site, alarm));
  return button;
}

function look(site, alarm) {
  const selected = state.site === site.id || (!state.site && state.alarms.get(state.selected)?.site === site.id);
  return ["tile", alarm && "alarmed", alarm && needsAnswer(alarm) && "need", (site.offline || site.stale) && "doubtful",
    selected && "selected"].filter(Boolean).join(" ");
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
