// The town at a glance: quiet grey tiles; only what is not normal takes colour.
import { byId, element } from "./dom.js";
import { pick, t } from "./i18n.js";
import { state } from "./state.js";
import { symbol } from "./symbols.js";
import { byUrgency, needsAnswer, priorityWord } from "./words.js";

const MOST = 300;

export function draw(selectSite) {
  const worst = worstAlarms();
  const sites = [...state.sites.values()].sort((a, b) => rank(a, worst) - rank(b, worst) || a.id.localeCompare(b.id));
  byId("sites").replaceChildren(...sites.slice(0, MOST).map((site) => tile(site, worst.get(site.id), selectSite)));
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
  const doubtful = site.offline || site.stale;
  const selected = state.site === site.id || (!state.site && state.alarms.get(state.selected)?.site === site.id);
  const need = alarm && needsAnswer(alarm);
  const look = `tile ${alarm ? "alarmed" : ""} ${need ? "need" : ""} ${doubtful ? "doubtful" : ""} ${selected ? "selected" : ""}`;
  const word = alarm ? priorityWord(alarm.priority) : "";
  return element("button", { type: "button", class: look, onclick: () => selectSite(site.id, alarm) },
    alarm ? symbol(alarm.priority, word, { hollow: !alarm.active, quiet: !need }) : element("i", { class: "dot" }),
    element("span", { class: "tile-name", text: pick({ zh: site.name, en: site.name_en }) }),
    element("span", { class: "tile-state", text: [word, marks(site)].filter(Boolean).join(" · ") || t("site.normal") }));
}
