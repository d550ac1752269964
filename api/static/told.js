// Who was told of an alarm, when, by which channel, and how it went; and what the escalation does next.
import { element } from "./dom.js";
import { language, named, t } from "./i18n.js";
import { stamp } from "./time.js";

export function toldOf(alarm) {
  const { escalation, notices } = alarm.told;
  const own = notices.filter((notice) => notice.occurrence === alarm.occurrence);
  return [
    escalation && element("p", { class: "hint", text: next(escalation) }),
    own.length ? element("ol", { class: "told" }, ...own.map(line)) : element("p", { class: "hint", text: t("told.nobody") }),
  ].filter(Boolean);
}

function next({ next_time, ended_time, why, step, nobody }) {
  const lost = nobody ? ` · ${t("told.lost", { n: nobody })}` : "";
  if (ended_time) return t("told.ended", { time: stamp(ended_time), why: named("told.why", why) }) + lost;
  return (next_time ? t("told.next", { n: step + 1, time: stamp(next_time) }) : t("told.last")) + lost;
}

export const who = (person) => (language() === "en" ? person.name_en : person.name);

const ARRIVED = new Set(["accepted", "delivered"]); // what the provider said matters where it did not

function line(notice) {
  const time = notice.accepted_time ?? notice.first_time ?? notice.due_time;
  const text = [notice.person ? who(notice.person) : t("told.all"), named("channel", notice.channel), named("notice", notice.state),
    t("told.step", { n: notice.step + 1 }), notice.carried_by && t("told.carried"),
    !ARRIVED.has(notice.state) && notice.answer].filter(Boolean).join(" · ");
  return element("li", {}, element("time", { text: time ? stamp(time) : "–", datetime: time }), element("span", { text }));
}
