// What the operator does. Every act is bound to the occurrence that was on the screen when it began.
import { byId } from "./dom.js";
import { get, leave, post } from "./http.js";
import { t } from "./i18n.js";
import { say } from "./say.js";
import { keep, may, note } from "./state.js";
import { mayReset, needsAnswer, place, what } from "./words.js";

let answer = () => {};

function ask(text) {
  byId("confirm-text").textContent = text;
  byId("confirm").showModal();
  byId("confirm-yes").focus();
  return new Promise((resolve) => { answer = resolve; });
}

function settle(agreed) {
  byId("confirm").close();
  answer(agreed);
}

export function wireConfirm() {
  const dialog = byId("confirm");
  byId("confirm-yes").addEventListener("click", () => settle(true));
  byId("confirm-no").addEventListener("click", () => settle(false));
  dialog.addEventListener("cancel", () => settle(false));
  dialog.addEventListener("close", () => dialog.open || answer(false)); // a late one may meet the next question
  // A key that is held down must not answer the question that it has just opened.
  dialog.addEventListener("keydown", (event) => event.repeat && event.preventDefault());
}

async function send(alarm, verb) {
  try {
    keep(await post(`/alarms/${alarm.id}/${verb}`, { occurrence: alarm.occurrence }));
    note(alarm.id, "");
  } catch (problem) {
    if (problem.status === 401) return leave("expired");
    const text = problem.status === 409 ? t("act.changed") : t("act.failed", { why: problem.message });
    note(alarm.id, text);
    say(text, true);
    if (problem.status === 409) keep(await get(`/alarms/${alarm.id}`));
  }
}

export async function acknowledge(alarm) {
  if (!alarm || !needsAnswer(alarm) || !may("ack") || byId("confirm").open) return;
  if (alarm.priority === 1 && !(await ask(`${place(alarm)} · ${what(alarm)}`))) return;
  await send(alarm, "ack");
}

export async function reset(alarm) {
  if (mayReset(alarm) && may("reset")) await send(alarm, "reset");
}
