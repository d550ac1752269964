// c City: what a platform of the city asks the desk, and whether each one takes what we send.
import { fill } from "../ask.js";
import * as asked from "../asked.js";
import { age } from "../detail.js";
import { element } from "../dom.js";
import { fetched, hint, panel } from "../fetched.js";
import { get, post } from "../http.js";
import { named, t } from "../i18n.js";
import { may } from "../state.js";
import { cell, table } from "../tables.js";
import { dated, now, stamp } from "../time.js";

const LATE_MS = 5 * 60000; // a record waits no longer where all is well
const UNREAD_TIMES = 3; // so often in a row: nobody reads
const unread = new Map(); // target -> how often in a row something was unread

// ---------------------------------------------------------------- targets
function troubles(one) {
  const told = [];
  if (one.trouble) told.push(t("city.trouble", { why: one.trouble }));
  else if (one.oldest && now() - Date.parse(one.oldest) > LATE_MS) told.push(t("city.late"));
  if (unread.get(one.target) >= UNREAD_TIMES) told.push(t("city.unread"));
  if (one.dead) told.push(t("city.dead", { n: one.dead }));
  return told;
}

const reasons = (refused) => element("details", {}, element("summary", { text: t("city.why", { n: refused.length }) }),
  element("ul", { class: "members" }, ...refused.map((one) => element("li", {},
    element("b", { text: one.answer || "–" }), element("span", { class: "kind", text: `${one.key} · ${stamp(one.refused)}` })))));

function target(one) {
  const told = troubles(one);
  return element("tr", { class: told.length ? "bad" : "" }, cell(one.target),
    element("td", {}, ...(told.length ? told.map((text) => element("p", {}, element("i", { "aria-hidden": "true", text: "▲ " }), text))
      : [element("span", { text: t(one.accepted ? "city.well" : "city.never") })]),
    one.refused.length && reasons(one.refused)),
    cell(one.accepted ? age(one.accepted) : "–"), cell(String(one.waiting)), cell(one.oldest ? age(one.oldest) : "–"),
    cell(String(one.unread)), cell(String(one.dead)));
}

const COLUMNS = ["column.platform", "column.state", "column.accepted", "column.waiting", "column.oldest", "column.unmade", "column.refused"];

const targets = (items) => (items.length
  ? table({ id: "city-table", label: t("city.targets"), columns: COLUMNS, rows: items.map(target) })
  : hint("city.none"));

// ---------------------------------------------------------------- inquiries
function left(one) {
  if (one.state === "answered") return t("city.answered", { name: one.answered_by, time: stamp(one.answered) });
  const minutes = asked.minutes(one);
  return minutes > 0 ? t("city.until", { time: stamp(one.answer_by), n: minutes }) : t("city.overdue", { time: stamp(one.answer_by) });
}

function reply(one) {
  fill({ title: t("city.reply"), text: one.text, fields: ["comment"], labels: { comment: t("city.reply.text") },
    async send({ comment }) {
      try {
        await post(`/lifeline/inquiries/${one.id}/answer`, { text: comment.trim() });
        await page.refresh();
        return "";
      } catch (problem) {
        if (problem.status === 409) page.refresh();
        return t("act.failed", { why: problem.message });
      }
    } });
}

const inquiry = (one) => element("li", { class: one.state === "answered" ? "" : "waits" },
  element("p", {}, element("b", { text: named("city.inquiry", one.state) }),
    element("span", { class: "kind", text: [one.target, one.person, dated(one.asked).slice(0, 16)].filter(Boolean).join(" · ") })),
  element("p", { text: one.text }),
  element("p", { class: one.state === "overdue" ? "row-note" : "quiet", text: left(one) }),
  one.answer && element("p", { text: one.answer }),
  one.state !== "answered" && (may("hand_over")
    ? element("p", { class: "buttons" }, element("button", { type: "button", class: "primary", text: t("city.reply"), onclick: () => reply(one) }))
    : element("p", { class: "quiet", text: t("city.other") })));

const RANK = { open: 0, overdue: 1, answered: 2 };

function inquiries(items) {
  if (!items) return hint("city.whole");
  const sorted = [...items].sort((one, other) => RANK[one.state] - RANK[other.state]); // else the newest first
  return items.length ? element("ol", { class: "scrolls signed", tabindex: 0, "aria-label": t("city.inquiries") }, ...sorted.map(inquiry))
    : hint("city.unasked");
}

// ---------------------------------------------------------------- the page
const page = fetched("city", {
  every_s: 10,
  async read() {
    const [platforms, questions] = await Promise.all([get("/lifeline/status"), asked.sees() ? get("/lifeline/inquiries") : { items: null }]);
    for (const one of platforms.items) unread.set(one.target, one.unread > 0 ? (unread.get(one.target) ?? 0) + 1 : 0);
    if (questions.items) asked.take(questions.items);
    return { targets: platforms.items, asked: questions.items };
  },
  body: () => element("div", { class: "cities" }, panel("city", "inquiries", "city-inquiries"), panel("city", "targets", "city-targets")),
  parts: {
    "city-targets": { of: ({ targets: items }) => [items, items.map(troubles)], view: ({ targets: items }) => targets(items) },
    "city-inquiries": { of: ({ asked: items }) => [items, items?.map(left)], view: ({ asked: items }) => inquiries(items) },
  },
});

export const { mount, show, draw, tick } = page;
