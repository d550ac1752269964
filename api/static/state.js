// What the page knows. Whoever changes it calls `changed()`; the page is drawn once soon after.

export const state = {
  me: { rights: [] },
  alarms: new Map(),
  sites: new Map(),
  totals: null,
  health: null, // the latest health event
  truncated: false, // more alarms stand than were told
  page: "overview",
  line: false, // the stream is open and talks
  fresh: false, // what it says is not old
  tab: "standing",
  selected: "",
  site: "",
  notes: new Map(), // alarm id -> text shown on its row for a while
};

let draw = () => {};
let due = false;

export function onChange(callback) {
  draw = callback;
}

export function changed() {
  if (due) return;
  due = true;
  setTimeout(() => {
    due = false;
    draw();
  }, 40);
}

export const may = (right) => state.me.rights.includes(right);
export const trusted = () => state.line && state.fresh;

export function note(id, text) {
  state.notes.set(id, text);
  setTimeout(() => {
    if (state.notes.get(id) === text) state.notes.delete(id);
    changed();
  }, 8000);
  changed();
}

// A valve or fan has moved: every alarm of its site shows it.
export function moved(device) {
  for (const alarm of state.alarms.values()) {
    if (alarm.site !== device.site) continue;
    for (const linked of [...alarm.linkage.valves, ...alarm.linkage.fans]) {
      if (linked.device !== device.id) continue;
      Object.assign(linked, { position: device.position, online: device.online, time: device.position_time });
    }
  }
}

export function keep(alarm) {
  if (alarm.state.letter === "A") state.alarms.delete(alarm.id);
  else state.alarms.set(alarm.id, alarm);
  changed();
}
