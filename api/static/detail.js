// Parts of an alarm's story: verdict, what to do, facts with the linkage, what happened so far.
import { element } from "./dom.js";
import { named, pick, t } from "./i18n.js";
import { symbol } from "./symbols.js";
import { ago, stamp } from "./time.js";
import { kindWord, number, priorityWord, stateWord, what } from "./words.js";

const NUMBERED = new Set(["raise", "worsen"]);

export function verdict(alarm, ...more) {
  const mark = symbol(alarm.priority, priorityWord(alarm.priority), { hollow: !alarm.active });
  return element("div", { class: "verdict" }, mark,
    element("div", {},
      element("p", { class: "word", text: priorityWord(alarm.priority) }),
      element("p", { class: "said value", text: what(alarm) })),
    ...more);
}

const hundredths = (share) => Math.round(100 * share);

export const todo = (alarm) => element("div", { class: "todo" },
  element("h3", { text: t("detail.todo") }), element("p", { text: pick(alarm.what_to_do) }));

export const linkage = (alarm) => [
  ...alarm.linkage.valves.map((valve) => [t("detail.valve"), `${valve.device} ${position(valve, "valve")}`]),
  ...alarm.linkage.fans.map((fan) => [t("detail.fan"), `${fan.device} ${position(fan, "fan")}`]),
];

// Where the network may leak: the likeliest pipes, and where to begin.
export function whereabouts({ location: found }) {
  if (!found || found.elsewhere === null) return [];
  const pipes = found.pipes.map((share) => t("place.pipe", { pipe: share.pipe, percent: hundredths(share.probability) }));
  const elsewhere = hundredths(found.elsewhere) > 0 && t("place.elsewhere", { percent: hundredths(found.elsewhere) });
  const begin = found.within_m !== null
    && t("place.begin", { lat: found.lat.toFixed(5), lon: found.lon.toFixed(5), m: Math.round(found.within_m) });
  return [[t("detail.place"), [...pipes, elsewhere, begin].filter(Boolean).join(" · ")]];
}

export const facts = (alarm) => [
  [t("detail.state"), stateWord(alarm)],
  [t("detail.since"), alarm.first_time ? stamp(alarm.first_time) : "–", alarm.first_time],
  [t("detail.device"), alarm.device],
  ...taken(alarm),
  ...whereabouts(alarm),
  ...linkage(alarm),
  [t("detail.occurrence"), String(alarm.occurrence)],
];

const percent = (share) => `${hundredths(share)} %`;

const taken = (alarm) => (alarm.confidence === null ? [] :
  [[t("detail.taken"), `${named("class", alarm.classification)} ${percent(alarm.confidence)}`]]);

const MEMBERS = 8;

// What is behind the incident of an alarm, and which of its alarms speak for that or against it.
export function together(incident) {
  if (!incident) return [];
  const side = (alarm) => (incident.evidence_for.includes(alarm.id) ? "+" : incident.evidence_against.includes(alarm.id) ? "−" : "·");
  const said = (alarm) => element("li", { text: `${side(alarm)} ${kindWord(alarm.kind)} ${alarm.device}` });
  const rest = incident.alarms.length - MEMBERS;
  return [
    element("h3", { text: t("incident.title") }),
    pairs([
      [t("incident.cause"), `${pick(incident.cause_text)} ${percent(incident.confidence)}`],
      ...(incident.place ? [[t("incident.place"), incident.place]] : []),
    ]),
    element("ul", { class: "members" }, ...incident.alarms.slice(0, MEMBERS).map(said),
      rest > 0 && element("li", { text: t("incident.more", { count: rest }) })),
  ];
}

export const pairs = (rows) => element("dl", { class: "pairs" },
  ...rows.flatMap(([name, value, since]) => [
    element("dt", { text: name }),
    element("dd", {}, element("span", { class: "value", text: value }), since && age(since)),
  ]));

export const age = (time) => element("span", { class: "age", "data-ago": time, text: ago(time) });

function position(linked, kind) {
  if (!linked.online) return t("position.offline");
  if (linked.position === null) return t("position.unknown");
  return t(`position.${kind}.${linked.position === 1 ? "1" : linked.position === 0 ? "0" : "moving"}`);
}

export const timeline = (entries) => element("ol", { class: "journal" }, ...[...entries].reverse().map(line));

function line(entry) {
  const value = NUMBERED.has(entry.event) && entry.value !== null ? number(entry.value) : "";
  const note = pick(entry.reason) || (entry.note ?? "").replace(/ ?\[until_ns=(\d+)\d{6}(?: permit_no=(.*))?\]$/,
    (_, ms, permit) => ` → ${stamp(Number(ms))}${permit ? ` (${permit})` : ""}`);
  const text = [named("event", entry.event), entry.user, note, value].filter(Boolean).join(" · ");
  return element("li", {}, element("time", { text: entry.time ? stamp(entry.time) : "–", datetime: entry.time }),
    symbol(entry.priority, priorityWord(entry.priority), { quiet: true, hollow: entry.after === "A" }),
    element("span", { text }));
}
