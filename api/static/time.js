// Times of the server, in Asia/Shanghai whatever the browser's zone, 24 h.
import { t } from "./i18n.js";

let offset = 0;
const FORMAT = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Asia/Shanghai", hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
  hour: "2-digit", minute: "2-digit", second: "2-digit",
});

export const sync = (serverTime) => { offset = Date.parse(serverTime) - Date.now(); };
export const now = () => Date.now() + offset;

function parts(moment) {
  return Object.fromEntries(FORMAT.formatToParts(moment).map((part) => [part.type, part.value]));
}

const ms = (moment) => (typeof moment === "string" ? Date.parse(moment) : moment);

export function clock(moment) {
  const p = parts(ms(moment));
  return `${p.hour}:${p.minute}:${p.second}`;
}

export const minute = (moment) => clock(moment).slice(0, 5);

export function dated(moment) {
  const p = parts(ms(moment));
  return `${p.year}-${p.month}-${p.day} ${p.hour}:${p.minute}:${p.second}`;
}

// With the date when it is not today.
export function stamp(moment) {
  const full = dated(moment);
  return full.slice(0, 10) === dated(now()).slice(0, 10) ? full.slice(11) : full.slice(5);
}

const UNITS = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];

export function ago(moment) {
  const seconds = Math.max(0, Math.round((now() - ms(moment)) / 1000));
  const [unit, size] = UNITS.find(([, length]) => seconds >= length) ?? UNITS[3];
  return t(`ago.${unit}`, { n: Math.floor(seconds / size) });
}

// What a person types, as RFC 3339 in the zone of the control room; "" when it is no time.
export function parse(text) {
  const found = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(:\d\d)?)?$/.exec(text.trim());
  const written = found ? `${found[1]}T${found[2] ?? "00:00"}${found[3] ?? ":00"}+08:00` : "";
  return Number.isNaN(Date.parse(written)) ? "" : written;
}
