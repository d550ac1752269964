// 1 Overview: the list, the map, the trend of the selected alarm, and what to do about it.
import { linkage, pairs, todo } from "../detail.js";
import { byId, element, rebuild } from "../dom.js";
import { language, t } from "../i18n.js";
import * as map from "../map.js";
import { address } from "../router.js";
import { again } from "../selection.js";
import { state } from "../state.js";
import { place } from "../words.js";

export function show() {
  map.show();
  again();
}

export function draw() {
  map.draw();
  const alarm = state.alarms.get(state.selected);
  const pane = byId("brief");
  rebuild(pane, JSON.stringify([alarm, language()]), () => (alarm ? about(alarm) : nothing()));
}

const head = (text, more) => element("div", { class: "head" }, element("h2", { id: "brief-title", text }), more);
const nothing = () => [head(t("brief.title")), element("p", { class: "hint", text: t("brief.none") })];

const about = (alarm) => [
  head(place(alarm), element("a", { class: "more", href: address("alarm", alarm.id), text: t("brief.more") })),
  todo(alarm), pairs(linkage(alarm)),
];
