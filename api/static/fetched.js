// A page whose content is fetched again and again: all such pages load, fail and grow old alike.
//   name      of the page: its title is `page.<name>`, its problem stands in `#<name>-problem`, its age in `#<name>-old`
//   every_s   seconds between two readings
//   read      () => Promise of what is shown
//   head      () => more elements of the head
//   body      () => the frame below the head, built once for each language
//   parts     id of an element of the frame -> (what was read) => its children; or { of, view } for a part that is built
//             anew only when `of(what was read)` reads differently
//   depends   () => what the parts are made of besides
import { byId, element, rebuild } from "./dom.js";
import { post } from "./http.js";
import { language, t } from "./i18n.js";
import { say } from "./say.js";
import { state } from "./state.js";
import { now, stamp } from "./time.js";

const OLD_AFTER = 3; // readings that did not come

export const hint = (key) => element("p", { class: "hint", text: t(key) });

export const panel = (family, name, id, ...more) => element("section", { class: `panel ${family}-${name}` },
  element("div", { class: "head" }, element("h3", { text: t(`${family}.${name}`) }), ...more),
  element("div", { id, class: "panel-body" }));

export function fetched(name, { every_s, read, head = () => [], body, parts, depends = () => "" }) {
  let root = null;
  let seconds = 0;
  let busy = 0; // readings under way
  let newest = 0; // only the one that began last counts
  let found = null;
  let came = 0;
  let lost = ""; // why the last reading failed
  let refused = ""; // why the last act was

  async function refresh() {
    seconds = 0;
    busy += 1;
    newest += 1;
    const mine = newest;
    let [answer, failure] = [null, ""];
    try {
      answer = await read();
    } catch (error) {
      failure = t("act.failed", { why: error.message });
    }
    busy -= 1;
    if (mine !== newest) return;
    lost = failure;
    if (!failure) [found, came] = [answer, now()];
    draw();
  }

  function mark(id, text) {
    byId(id).hidden = !text;
    byId(id).textContent = text;
  }

  function drawState() {
    const old = found !== null && now() - came > OLD_AFTER * every_s * 1000;
    root.classList.toggle("old", old);
    mark(`${name}-problem`, refused || lost);
    mark(`${name}-old`, old || (lost && found !== null) ? t("page.old", { time: stamp(came) }) : "");
  }

  function draw() {
    if (!root) return;
    rebuild(root, language(), () => [
      element("div", { class: "head" }, element("h2", { text: t(`page.${name}`) }), ...head(),
        element("span", { id: `${name}-old`, class: "row-note", role: "status", hidden: true }),
        element("p", { id: `${name}-problem`, class: "row-note", role: "alert", hidden: true })),
      body(),
    ]);
    drawState();
    const nothing = found === null && [lost ? "page.none" : "loading"];
    const known = JSON.stringify([nothing, language(), state.me.rights, depends()]);
    const all = JSON.stringify(found);
    for (const [id, part] of Object.entries(parts)) {
      const { of, view } = part.view ? part : { of: () => all, view: part };
      rebuild(byId(id), known + (nothing ? "" : JSON.stringify(of(found))), () => (nothing ? nothing.map(hint) : [view(found)].flat()));
    }
  }

  function fail(text) {
    refused = text;
    draw();
  }

  async function attempt(ask) {
    try {
      const answer = await ask();
      refused = "";
      return answer;
    } catch (error) {
      fail(t("act.failed", { why: error.message }));
      return null;
    }
  }

  return {
    mount: (section) => { root = section; },
    show() {
      refused = "";
      refresh();
    },
    draw,
    tick() {
      seconds += 1;
      if (root) drawState();
      if (seconds >= every_s && !busy) refresh();
    },
    refresh,
    data: () => found,
    forget() {
      found = null;
      draw();
    },
    fail,
    attempt,
    // Sends an act and reads again; the page says what was refused. Gives the answer, or null.
    async act(path, sent = {}, done = "") {
      const answer = await attempt(() => post(path, sent));
      if (!answer) return null;
      if (done) say(done);
      await refresh();
      return answer;
    },
  };
}
