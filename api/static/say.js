// Speaks to screen readers: priority 1 and failures at once, the rest when there is time.
import { byId } from "./dom.js";

export function say(text, now = false) {
  byId(now ? "say-now" : "say").textContent = text;
}
