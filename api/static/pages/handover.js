// 0 Hand-over: what stands is signed by whoever leaves and counter-signed by whoever comes.
import { age } from "../detail.js";
import { element } from "../dom.js";
import { fetched, hint, panel } from "../fetched.js";
import { get } from "../http.js";
import { named, pick, t } from "../i18n.js";
import { address } from "../router.js";
import { may, state } from "../state.js";
import { symbol } from "../symbols.js";
import { now, stamp } from "../time.js";
import { priorityWord } from "../words.js";

const LATE_MS = 15 * 60000; // a signature that waits longer is marked
const PAGES = { incidents: "incident", alarms: "alarm", shelved: "alarm", permits: "alarm" };

function line(section, one) {
  const text = pick(one.text);
  return element("li", {},
    one.priority > 0 && symbol(one.priority, priorityWord(one.priority), { quiet: true }),
    PAGES[section] ? element("a", { href: address(PAGES[section], one.id), text }) : element("span", { text }),
    one.until && element("span", { class: "kind", text: t("handover.until", { time: stamp(one.until) }) }));
}

const section = ({ name, count, lines }) => element("section", { class: "handed" },
  element("h4", { text: `${named("handover.section", name)} ${count}` }),
  count > 0 && element("ul", {}, ...lines.map((one) => line(name, one)),
    count > lines.length && element("li", { text: t("handover.more", { n: count - lines.length }) })));

const counts = (sections) => sections.map(({ name, count }) => `${named("handover.section", name)} ${count}`).join(" · ");

function sign(seen) {
  return element("form", { class: "filters", id: "handover-sign", onsubmit: async (event) => {
    event.preventDefault();
    const form = event.target;
    if (await page.act("/handovers", { seen, note: form.elements.note.value.trim() }, t("handover.signed"))) form.reset();
  } },
  element("label", { class: "filter wide" }, element("span", { text: t("handover.note") }),
    element("input", { name: "note", maxlength: 1000, autocomplete: "off" })),
  element("button", { type: "submit", class: "primary", text: t("handover.sign") }));
}

function take(one) {
  if (!may("hand_over")) return null;
  if (one.outgoing === state.me.name) return element("p", { class: "hint", text: t("handover.other") });
  return element("p", { class: "buttons" }, element("button", { type: "button", class: "primary", text: t("handover.take"),
    onclick: async (event) => {
      event.target.disabled = true; // once
      await page.act(`/handovers/${one.id}/take`, {}, t("handover.taken"));
      event.target.disabled = false;
    } }));
}

const late = (one) => one.waits && now() - Date.parse(one.time) > LATE_MS;
const ended = (one) => (one.incoming ? t("handover.by", { name: one.incoming, time: stamp(one.taken_time) })
  : t(one.waits ? "handover.waits" : "handover.covered"));

const signature = (one) => element("li", { class: one.waits ? "waits" : "" },
  element("p", {}, element("b", { text: t("handover.of", { name: one.outgoing, time: stamp(one.time) }) }), age(one.time)),
  element("p", { class: late(one) ? "row-note" : "", text: ended(one) }),
  one.note && element("p", { text: one.note }),
  element("p", { class: "quiet", text: counts(one.sections) }),
  one.waits && element("details", {}, element("summary", { text: t("handover.list") }), ...one.sections.map(section)),
  one.waits && take(one));

const page = fetched("handover", {
  every_s: 10,
  read: () => get("/handovers"),
  body: () => element("div", { class: "handovers" }, panel("handover", "now", "handover-now"), panel("handover", "latest", "handover-latest")),
  parts: {
    "handover-now": { of: ({ sections, seen }) => [sections, seen], view: ({ sections, seen }) => [
      element("div", { class: "scrolls", tabindex: 0, role: "region", "aria-label": t("handover.now") }, ...sections.map(section)),
      may("hand_over") && sign(seen)] },
    "handover-latest": { of: ({ signed }) => [signed, signed.map(late)], view: ({ signed }) => (signed.length
      ? element("ol", { class: "scrolls signed", tabindex: 0, "aria-label": t("handover.latest") }, ...signed.map(signature))
      : hint("handover.none")) },
  },
});

export const { mount, show, draw, tick } = page;
