// Which page is on the screen: the address says it, so that reload and back work.
import { byId, element } from "./dom.js";
import { t } from "./i18n.js";
import { may, state } from "./state.js";

let pages = [];
const mounted = new Set();

export const address = (id, argument = "") => `#${id}${argument ? `/${encodeURIComponent(argument)}` : ""}`;

export function go(id, argument = "") {
  location.hash = address(id, argument);
}

// The same page with another argument: no step for the back button.
export function stay(argument) {
  if (location.hash !== address(state.page, argument)) history.replaceState(null, "", address(state.page, argument));
}

export const open = () => pages.filter((page) => !page.right || may(page.right));
const page = () => pages.find((one) => one.id === state.page);

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return ""; // a broken link opens the page alone
  }
}

function follow() {
  const [id, argument = ""] = location.hash.slice(1).split("/");
  const found = open().find((one) => one.id === id) ?? open()[0];
  state.page = found.id;
  document.body.dataset.page = found.id;
  mount(found);
  for (const pane of document.querySelectorAll("[data-on]")) {
    pane.hidden = !pane.dataset.on.split(" ").includes(found.id);
  }
  drawLinks();
  found.module.show?.(found.id === id ? decoded(argument) : "");
  found.module.draw?.();
}

function mount(found) {
  if (!found.module.mount || mounted.has(found.id)) return;
  mounted.add(found.id);
  const section = element("section", { id: `page-${found.id}`, class: "full", "data-on": found.id });
  byId("main").append(section);
  found.module.mount(section);
}

export function drawLinks() {
  byId("pages").replaceChildren(...open().map((one) => element("li", {},
    element("a", { href: address(one.id), "aria-current": one.id === state.page && "page" },
      element("kbd", { text: one.key }), element("span", { text: t(one.title) })))));
}

export function draw() {
  page()?.module.draw?.();
}

export function tick() {
  page()?.module.tick?.();
}

export function start(all) {
  pages = all;
  window.addEventListener("hashchange", follow);
  follow();
}
