// Day or night: as the machine says, until a person chooses; the choice stays in this browser.
const KEY = "gas-lifeline.theme";
const DARK = matchMedia("(prefers-color-scheme: dark)");
const NAMES = ["auto", "day", "night"];
let redraw = () => {};

export function chosen() {
  const name = localStorage.getItem(KEY);
  return NAMES.includes(name) ? name : "auto";
}

const night = () => chosen() === "night" || (chosen() === "auto" && DARK.matches);

// A canvas knows no variables: the colour that one stands for now.
export function colour(name) {
  const [day, dark] = getComputedStyle(document.documentElement).getPropertyValue(name).match(/#\w{6}/g);
  return night() ? dark : day;
}

function apply() {
  document.documentElement.dataset.theme = chosen();
  redraw();
}

export function next() {
  localStorage.setItem(KEY, NAMES[(NAMES.indexOf(chosen()) + 1) % NAMES.length]);
  apply();
}

export function onTheme(callback) {
  redraw = callback;
}

DARK.addEventListener("change", () => redraw());
apply();
