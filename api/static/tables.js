// Tables of the pages: a head that stays, rows that scroll, by keyboard too.
import { element } from "./dom.js";
import { t } from "./i18n.js";

export const cell = (...parts) =>
  element("td", {}, ...parts.filter(Boolean).map((part) => (part instanceof Node ? part : element("span", { text: part }))));

export const percent = (share) => (share === "unknown" ? t("unknown") : `${Math.floor(share * 10000) / 100} %`);

export function table({ id, label, columns, rows, empty = "" }) {
  return element("div", { class: "scrolls", tabindex: 0, role: "region", "aria-label": label },
    element("table", { id },
      element("thead", {}, element("tr", {}, ...columns.map((key) => element("th", { scope: "col", text: t(key) })))),
      element("tbody", {}, ...rows)),
    !rows.length && element("p", { class: "hint", text: empty || t("nothing") }));
}
