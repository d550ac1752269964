// What the forms of the ledger have in common.
import { element } from "./dom.js";
import { pick, t } from "./i18n.js";
import { state } from "./state.js";

export const labelled = (text, control) => element("label", {}, element("span", { text }), control);
export const input = (name, more = {}) => element("input", { name, maxlength: 128, autocomplete: "off", ...more });
export const area = (name, more = {}) => element("textarea", { name, rows: 2, maxlength: 2000, ...more });
export const option = (value, text) => element("option", { value, text });
export const ruleName = (rule) => `${rule.code} ${pick(rule.text)}`;

// A site of the registry by its id, found by its name.
export const siteInput = (id, more = {}) => element("span", { class: "site-input" },
  input("site", { list: id, ...more }),
  element("datalist", { id }, ...[...state.sites.values()].map((site) =>
    element("option", { value: site.id, label: pick({ zh: site.name, en: site.name_en }) }))));

// Its id, also of a name that one site alone has; "" for what is none.
export function siteOf(text) {
  if (state.sites.has(text)) return text;
  const found = [...state.sites.values()].filter((site) => [site.name, site.name_en].includes(text));
  return found.length === 1 ? found[0].id : "";
}

export const told = (id) => element("p", { id, class: "row-note", role: "alert", hidden: true });

export function tell(node, text) {
  node.hidden = !text;
  node.textContent = text;
}

// The fields of a form as they are sent: trimmed, without empty ones.
export const filled = (form) => Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]).filter(([, value]) => value));

// Sends once; `send` gives what is to be told.
export async function submit(event, note, send) {
  event.preventDefault();
  const form = event.target;
  const empty = [...form.elements].find((field) => field.required && field.checkVisibility() && !field.value.trim());
  if (empty) {
    empty.focus();
    return tell(note, t("field.missing", { name: empty.closest("label").querySelector("span").textContent }));
  }
  const button = form.querySelector("[type=submit]");
  button.disabled = true;
  tell(note, await send(filled(form)));
  button.disabled = false;
  return null;
}

export const base64 = (chosen) => new Promise((resolve, reject) => {
  const reader = new FileReader();
  reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
  reader.onerror = () => reject(reader.error);
  reader.readAsDataURL(chosen);
});
