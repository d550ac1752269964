// 2 Alarm: the whole story of one alarm, and everything that may be done about it.
import { actButton, allowed } from "../acts.js";
import { facts, pairs, timeline, todo, together, verdict } from "../detail.js";
import { byId, element, rebuild } from "../dom.js";
import { get } from "../http.js";
import { language, t } from "../i18n.js";
import { again, select } from "../selection.js";
import { changed, note, state } from "../state.js";
import { address } from "../router.js";
import { closeButtons } from "../valve.js";
import { toldOf } from "../told.js";
import { place } from "../words.js";

const AGAIN_S = 10; // notices go their way without a transition
let loaded = null;
let seconds = 0;
let asked = "";
let missing = ""; // why the one that was asked for cannot be shown

export function show(id) {
  if (id && id !== state.selected) loaded = null;
  state.selected = id || state.selected;
  again();
  if (state.selected) load(state.selected);
}

// Called again at each transition of the alarm that is looked at.
export async function load(id) {
  asked = id;
  try {
    const [story, told] = await Promise.all(["", "/notices"].map((part) => get(`/alarms/${encodeURIComponent(id)}${part}`)));
    story.told = told;
    // an incident that began at a site out of sight is not shown
    story.incident = story.incident_id && await get(`/incidents/${encodeURIComponent(story.incident_id)}`).catch(() => null);
    const first = loaded?.id !== id;
    if (id !== state.selected) return;
    missing = "";
    loaded = story;
    if (first && !state.alarms.has(id)) select(id, { focus: false, alarm: story });
  } catch (problem) {
    if (id === state.selected) missing = problem.message;
    note(id, t("act.failed", { why: problem.message }));
  }
  changed();
}

export function tick() {
  seconds += 1;
  if (seconds < AGAIN_S || !state.selected) return;
  seconds = 0;
  load(state.selected);
}

const current = () => loaded?.id === state.selected && { ...loaded, ...state.alarms.get(loaded.id) };

export function draw() {
  const alarm = current();
  if (state.selected && asked !== state.selected) {
    missing = "";
    load(state.selected);
  }
  const text = state.notes.get(state.selected) ?? "";
  const signature = JSON.stringify([alarm, text, missing, language(), state.me.rights]);
  rebuild(byId("detail"), signature, () => (alarm ? view(alarm, text) : nothing()));
}

const head = (text, ...more) =>
  element("div", { class: "head" }, element("h2", { id: "detail-title", text }), ...more);

const nothing = () => [head(t("detail.title")),
  element("p", { class: "hint", text: missing || t(state.selected ? "loading" : "detail.none") })];

function view(alarm, text) {
  return [
    head(place(alarm), alarm.drill && element("b", { class: "drill-mark", text: t("drill") }),
      alarm.incident_id && element("a", { class: "more", href: address("incident", alarm.incident_id), text: t("detail.incident") }),
      state.sites.has(alarm.site) && element("a", { class: "more", href: address("site", alarm.site), text: t("detail.site") })),
    element("div", { class: "story scrolls", tabindex: 0, role: "group", "aria-labelledby": "detail-title" },
      element("div", {},
        verdict(alarm),
        text && element("p", { class: "row-note", text }),
        element("div", { class: "acts" }, ...allowed(alarm).map((verb) => actButton(alarm, verb)),
          ...closeButtons(alarm)),
        todo(alarm),
        pairs(facts(alarm)),
        ...together(alarm.incident)),
      element("div", {},
        element("h3", { text: t("detail.journal") }),
        timeline(alarm.journal),
        element("h3", { text: t("detail.told") }),
        ...toldOf(alarm))),
  ];
}
