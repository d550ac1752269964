// Texts by key; one JSON file for each language, equal key sets.

const KEY = "gas-lifeline.language";
const LANGUAGES = ["zh-CN", "en"];
let texts = {};

export function language() {
  const chosen = localStorage.getItem(KEY);
  return LANGUAGES.includes(chosen) ? chosen : LANGUAGES[0];
}

export async function load(chosen = language()) {
  const answer = await fetch(`/static/i18n/${chosen}.json`);
  if (!answer.ok) throw new Error(`texts ${chosen}: HTTP ${answer.status}`);
  texts = await answer.json();
  localStorage.setItem(KEY, chosen);
  document.documentElement.lang = chosen;
  apply();
}

export const other = () => LANGUAGES.find((name) => name !== language());

export function t(key, parameters = {}) {
  const text = texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => parameters[name] ?? whole);
}

export const has = (key) => key in texts;

// The text of a code, or the code itself where a newer server knows more than we.
export const named = (family, code) => (has(`${family}.${code}`) ? t(`${family}.${code}`) : code);

// The codes of a family, such as every kind of alarm.
export const codes = (family) =>
  Object.keys(texts).filter((key) => key.startsWith(`${family}.`)).map((key) => key.slice(family.length + 1));

// The server sends texts in both languages.
export const pick = (text) => (text ? text[language() === "en" ? "en" : "zh"] : "");

function apply() {
  document.title = t("title");
  for (const node of document.querySelectorAll("[data-i18n]")) node.textContent = t(node.dataset.i18n);
  for (const node of document.querySelectorAll("[data-i18n-label]")) {
    node.setAttribute("aria-label", t(node.dataset.i18nLabel));
  }
  for (const node of document.querySelectorAll("[data-i18n-hint]")) node.placeholder = t(node.dataset.i18nHint);
}
