// What the operator does. Every act is bound to the occurrence that was on the screen when it began; whether it is
// allowed, the server decides: a button that it would refuse is only not offered.
import { confirm, fill } from "./ask.js";
import { byId, element } from "./dom.js";
import { get, leave, post } from "./http.js";
import { t } from "./i18n.js";
import { say } from "./say.js";
import { keep, may, note } from "./state.js";
import { mayReset, needsAnswer, place, what } from "./words.js";

const hideable = (alarm) => !alarm.safety_critical && alarm.kind !== "protection_missing" && (alarm.state.letter !== "A");
const worst = (alarm) => alarm.active && alarm.priority === 1;

// In the order of the buttons. `path` is that of the API, `fields` those of the form; without any, one press acts.
export const VERBS = [
  { name: "ack", right: "ack", fits: needsAnswer, path: "ack", fields: [] },
  { name: "reset", right: "reset", fits: mayReset, path: "reset", fields: [] },
  { name: "shelve", right: "shelve", path: "shelve", fields: ["until", "comment"],
    fits: (alarm) => hideable(alarm) && !alarm.suppressed && !worst(alarm) },
  { name: "unshelve", right: "shelve", fits: (alarm) => alarm.state.letter === "G", path: "unshelve", fields: [] },
  { name: "out", right: "out_of_service", path: "out-of-service", fields: ["permit_no", "until", "comment"],
    fits: (alarm) => hideable(alarm) && alarm.state.letter !== "I" && !(worst(alarm) && !alarm.acknowledged) },
  { name: "in", right: "out_of_service", fits: (alarm) => alarm.state.letter === "I", path: "in-service", fields: [] },
  { name: "comment", right: "comment", fits: () => true, path: "comment", fields: ["comment"] },
];
const LABELS = { out: { comment: "field.measure" }, shelve: { comment: "field.reason" } };

export const allowed = (alarm) => VERBS.filter((verb) => may(verb.right) && verb.fits(alarm));

// "" or why not.
async function send(alarm, verb, values = {}) {
  try {
    keep(await post(`/alarms/${alarm.id}/${verb.path}`, { ...values, occurrence: alarm.occurrence }));
    note(alarm.id, "");
    return "";
  } catch (problem) {
    if (problem.status === 401) leave("expired");
    if (problem.status === 409) get(`/alarms/${alarm.id}`).then(keep, () => {}); // the stream tells it too
    return problem.status === 409 ? t("act.changed") : t("act.failed", { why: problem.message });
  }
}

async function act(alarm, verb) {
  const problem = await send(alarm, verb);
  if (!problem) return;
  note(alarm.id, problem);
  say(problem, true);
}

export async function perform(alarm, verb) {
  if (byId("confirm").open || byId("act").open) return;
  const title = `${place(alarm)} · ${what(alarm)}`;
  if (verb.fields.length) {
    const labels = Object.fromEntries(Object.entries(LABELS[verb.name] ?? {}).map(([name, key]) => [name, t(key)]));
    fill({ title: t(`act.${verb.name}`), text: title, fields: verb.fields, labels, send: (values) => send(alarm, verb, values) });
  } else if (verb.name !== "ack" || alarm.priority !== 1 || (await confirm(title))) {
    await act(alarm, verb);
  }
}

export function acknowledge(alarm) {
  const [verb] = VERBS;
  if (alarm && may(verb.right) && verb.fits(alarm)) perform(alarm, verb);
}

export const actButton = (alarm, verb) => element("button", {
  type: "button", class: `act ${verb.name}`, text: t(`act.${verb.name}`), onclick: () => perform(alarm, verb),
});

// The one that a row of the list offers.
export function nextButton(alarm) {
  const verb = allowed(alarm).find((one) => one.name === "ack" || one.name === "reset");
  return verb ? actButton(alarm, verb) : null;
}
