// A table as a file for spreadsheets: UTF-8 with its mark, so that they read Chinese; no cell becomes a formula.
import { save } from "./save.js";

function quoted(value) {
  const text = String(value ?? "");
  const safe = /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}

export function csv(name, rows) {
  const text = `\ufeff${rows.map((row) => row.map(quoted).join(",")).join("\r\n")}\r\n`;
  save({ name, content: new Blob([text], { type: "text/csv" }) });
}
