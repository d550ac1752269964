// Saves what was made or read as a file.
import { element } from "./dom.js";

export function save({ name, content }) {
  const url = URL.createObjectURL(content);
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
