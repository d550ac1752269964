// Sound for each priority, repeated until answered or muted. Being muted is a flag of the position: all windows of this
// browser have it and a reload keeps it. It ends by itself after five minutes and answers nothing.
import { byId } from "./dom.js";
import { t } from "./i18n.js";

const MUTE_MS = 300000;
const KEY = "muted-until";
const PATTERNS = {
  1: { hertz: 960, beeps: 3, every: 2000 },
  2: { hertz: 720, beeps: 2, every: 4000 },
  3: { hertz: 560, beeps: 1, every: 8000 },
  4: { hertz: 440, beeps: 1, every: 30000 },
};
let audio = null;
let worst = 0;
let next = 0;

// Browsers allow sound only after a click or key.
function wake() {
  audio ??= new AudioContext();
  if (audio.state !== "running") audio.resume().then(draw);
}

export function wire() {
  for (const name of ["pointerdown", "keydown"]) document.addEventListener(name, wake, { capture: true });
  byId("sound").addEventListener("click", toggle);
  addEventListener("storage", draw);
  setInterval(play, 250);
}

export function toggle() {
  localStorage.setItem(KEY, mutedMs() ? 0 : Date.now() + MUTE_MS);
  draw();
}

function mutedMs() {
  const left = Number(localStorage.getItem(KEY)) - Date.now();
  return left > 0 && left <= MUTE_MS ? left : 0; // more is left only where the machine's clock was set back
}

export function sound(priority) {
  if (priority && (!worst || priority < worst)) next = 0;
  worst = priority;
}

export function draw() {
  const left = mutedMs();
  const key = audio?.state !== "running" ? "sound.off" : left > 0 ? "sound.muted" : "sound.on";
  const time = `${Math.floor(left / 60000)}:${String(Math.floor(left / 1000) % 60).padStart(2, "0")}`;
  byId("sound").textContent = t(key, { time });
  byId("sound").className = key === "sound.on" ? "" : "marked";
}

function play() {
  if (!worst || audio?.state !== "running" || mutedMs() || performance.now() < next) return;
  const { hertz, beeps, every } = PATTERNS[worst];
  next = performance.now() + every;
  for (let beep = 0; beep < beeps; beep += 1) tone(hertz, audio.currentTime + beep * 0.22);
}

function tone(hertz, start) {
  const oscillator = new OscillatorNode(audio, { frequency: hertz });
  const volume = new GainNode(audio, { gain: 0.15 });
  oscillator.connect(volume).connect(audio.destination);
  oscillator.start(start);
  oscillator.stop(start + 0.14);
}
