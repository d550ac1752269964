// The live stream. What it must never do: look alive when it is not.
//
// Three ways to notice a cut line: the browser reports an error; no event came for 15 s (`health` comes every 5 s,
// the server's pings are comments that a page never sees); the local clock jumped (sleep). After an HTTP error the
// browser gives up for good (readyState 2): then we ask /me (401 leads to the login page) and open a new one.
import { get, leave } from "./http.js";

const SILENCE_MS = 15000;
const NAMES = ["snapshot", "alarm", "device", "reading", "health"];

export class Stream {
  constructor({ event, trusted }) {
    this.event = event;
    this.trusted = trusted;
    this.device = "";
    this.last = "";
    this.heard = Date.now();
    this.tries = 0;
    setInterval(() => this.check(), 1000);
    document.addEventListener("visibilitychange", () => this.check());
  }

  open(device = this.device) {
    this.device = device;
    this.next?.close();
    clearTimeout(this.timer);
    const query = new URLSearchParams({ device, ...(this.last && { last_event_id: this.last }) });
    const source = (this.next = new EventSource(`/api/v1/stream?${query}`));
    for (const name of NAMES) source.addEventListener(name, (event) => this.take(source, name, event));
    source.addEventListener("error", () => this.failed(source));
  }

  // A new stream takes over with its snapshot; until then the old one goes on.
  take(source, name, event) {
    this.heard = Date.now();
    this.last = event.lastEventId || this.last;
    if (source === this.next && name === "snapshot") {
      this.current?.close();
      this.current = source;
      this.next = undefined;
    }
    this.event(name, JSON.parse(event.data));
    if (name === "snapshot") {
      this.tries = 0;
      this.trusted(true);
    }
  }

  failed(source) {
    if (source !== this.current && source !== this.next) return;
    this.trusted(false);
    if (source.readyState === EventSource.CLOSED) this.later();
  }

  check() {
    const silent = Date.now() - this.heard;
    if (silent < 0) this.heard = Date.now();
    if (silent <= SILENCE_MS) return;
    this.heard = Date.now();
    this.trusted(false);
    this.later();
  }

  later() {
    const wait = Math.min(10000, 1000 * 2 ** this.tries) * (0.5 + Math.random() / 2);
    this.tries += 1;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.again(), Math.max(1000, wait));
  }

  async again() {
    try {
      await get("/me");
    } catch (problem) {
      if (problem.status === 401) leave("expired");
      else this.later();
      return;
    }
    this.current?.close();
    this.current = undefined;
    this.open();
  }
}
