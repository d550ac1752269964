// The keys of the console, by `?`.
import { byId, element } from "./dom.js";
import { t } from "./i18n.js";
import { open } from "./router.js";

const KEYS = [["↑ ↓", "help.move"], ["Enter", "help.enter"], ["help.space_key", "help.space"], ["m", "help.mute"], ["?", "help.help"]];

export function show() {
  const keys = [...open().map((page) => [page.key, page.title]), ...KEYS];
  byId("help-keys").replaceChildren(...keys.flatMap(([key, text]) => [
    element("dt", {}, element("kbd", { text: t(key) })), element("dd", { text: t(text) })]));
  byId("help").showModal();
}

export function wire() {
  byId("help-open").addEventListener("click", show);
  byId("help-close").addEventListener("click", () => byId("help").close());
}
