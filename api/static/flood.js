// A flood of alarms begins at ten annunciations within ten minutes and ends below five: below priority 1 they are then
// shown in groups. What counts is occurrences, so that one that is told twice counts once.
import { now } from "./time.js";

const WINDOW_MS = 600000;
const BEGINS = 10;
const ENDS = 5;
const heard = new Map();
let on = false;

export function hear(id, occurrence, time) {
  if (time) heard.set(`${id} ${occurrence}`, Date.parse(time));
}

export function flooding() {
  for (const [key, time] of heard) if (time <= now() - WINDOW_MS) heard.delete(key);
  on = heard.size >= (on ? ENDS : BEGINS);
  return on;
}
