// What a platform of the city asks the desk: seen in the top bar from every page until somebody answers.
import { byId } from "./dom.js";
import { get } from "./http.js";
import { t } from "./i18n.js";
import { say } from "./say.js";
import { changed, state } from "./state.js";
import { now } from "./time.js";

const EVERY_S = 15;
let seconds = EVERY_S;
let waiting = [];

// Only who sees everything may know of it.
export const sees = () => Boolean(state.me.name) && !state.me.townships.length && !state.me.sites.length;

export const count = () => waiting.length;
export const minutes = (one) => Math.ceil((Date.parse(one.answer_by) - now()) / 60000);

export function take(inquiries) {
  const known = new Set(waiting.map((one) => one.id));
  waiting = inquiries.filter((one) => one.state !== "answered");
  for (const one of waiting) if (!known.has(one.id)) say(t("asked.new", { target: one.target, text: one.text }), true);
  draw();
  changed();
}

export function draw() {
  const left = Math.min(...waiting.map(minutes).filter((n) => n > 0));
  byId("asked").hidden = !waiting.length;
  byId("asked").textContent = waiting.length ? `${t("asked.open", { n: waiting.length })} · ${left < Infinity ? t("asked.left", { n: left }) : t("asked.late")}` : "";
}

export function tick() {
  seconds += 1;
  if (seconds >= EVERY_S && sees()) {
    seconds = 0;
    get("/lifeline/inquiries").then(({ items }) => take(items), () => {}); // the line that is cut is told by the stream
  }
  draw();
}
