// Closing a valve: say why, look once more, confirm in time, and stay until the valve itself says that it is closed.
// There is no way to ask for anything else.
import { fill } from "./ask.js";
import { element } from "./dom.js";
import { get, post } from "./http.js";
import { t } from "./i18n.js";
import { may } from "./state.js";
import { ago, now } from "./time.js";

const OPEN = new Set(["requested", "sent", "accepted"]);
const WAIT_MS = 1000;

export const closeButtons = (alarm) => (may("close_valve") ? alarm.linkage.valves : [])
  .filter((valve) => valve.position !== 0)
  .map((valve) => element("button", { type: "button", class: "act close-valve", text: `${t("valve.close")} ${valve.device}`,
    onclick: () => ask(valve) }));

function ask(valve) {
  fill({ title: t("valve.title", { device: valve.device }), text: t("valve.close"), fields: ["comment"],
    labels: { comment: t("valve.reason") }, send: (values) => request(valve, values.comment) });
}

// "" or why not.
async function request(valve, reason) {
  try {
    const command = await post(`/valves/${encodeURIComponent(valve.device)}/close`, { reason });
    window.setTimeout(() => follow(command)); // after the form has closed
    return "";
  } catch (problem) {
    return problem.message;
  }
}

function follow(first) {
  const told = element("p", { class: "said", role: "status" });
  const yes = element("button", { type: "button", class: "primary" });
  const no = element("button", { type: "button", text: t("valve.cancel") });
  const dialog = element("dialog", { id: "valve", "aria-labelledby": "valve-title" },
    element("h2", { id: "valve-title", text: t("valve.title", { device: first.device }) }),
    element("p", { text: words(first) }), first.seen.incident && element("p", { class: "row-note", text: t("valve.incident") }),
    told, element("div", { class: "buttons" }, no, yes));
  let command = first;
  const act = async (path) => {
    yes.disabled = no.disabled = true;
    try {
      command = await post(`/commands/${command.id}/${path}`, {});
    } catch (problem) {
      told.textContent = problem.message;
    }
    draw();
  };
  const draw = () => {
    const asking = command.state === "requested";
    const left = Math.max(0, Math.ceil((Date.parse(command.confirm_by) - now()) / 1000));
    yes.hidden = !asking;
    yes.disabled = !left;
    yes.textContent = t("valve.confirm", { n: left });
    no.disabled = false;
    no.textContent = t(asking ? "valve.cancel" : "close");
    if (!asking || !told.textContent) told.textContent = t(`valve.state.${command.state}`);
  };
  const look = async () => {
    if (!dialog.open) return;
    if (OPEN.has(command.state)) command = await get(`/commands/${command.id}`).catch(() => command);
    draw();
    if (OPEN.has(command.state)) window.setTimeout(look, WAIT_MS);
  };
  yes.addEventListener("click", () => act("confirm"));
  no.addEventListener("click", async () => {
    if (command.state === "requested") await act("cancel");
    dialog.close();
  });
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("keydown", (event) => event.repeat && event.preventDefault());
  document.body.append(dialog);
  dialog.showModal();
  no.focus(); // a key that was meant for the form must not confirm
  look();
}

function words({ seen }) {
  const key = seen.position === null ? "position.unknown" : `position.valve.${seen.position === 1 ? "1" : seen.position === 0 ? "0" : "moving"}`;
  return t("valve.ask", { feeds: seen.feeds, position: t(key), age: ago(seen.position_time) });
}
