// The town on a plain ground, without tiles: pipes in quiet grey, normal sites as small dots; only what is not normal
// grows and takes colour. Names lie beneath the symbols, so that no name hides one. The list says everything that the
// map says: it is the way for the keyboard.
import { byId, element } from "./dom.js";
import { get } from "./http.js";
import { language, pick, t } from "./i18n.js";
import { sides } from "./names.js";
import { doubtful, marks, worstAlarms } from "./sites.js";
import { state } from "./state.js";
import { symbol } from "./symbols.js";
import { chosen, colour } from "./theme.js";
import { needsAnswer, priorityWord } from "./words.js";

const MANY = 1000; // from here on, dots are painted on a canvas
const DRAW_MS = 200;
const NEAR = 12; // below this zoom, normal sites stand together by district
const PANES = ["pipes", "dots", "names", "odd"]; // from below
const dots = new Map(); // site or district -> layer
const odd = new Map(); // site -> { signature, layers }
let map = null;
let renderer = null;
let pipes = [];
let fitted = false;
let due = 0;
let painted = "";
let open = () => {};

export async function wire(choose) {
  open = choose;
  map = L.map(byId("map"), {
    zoomControl: false, attributionControl: false, keyboard: false, zoomSnap: 0.25, minZoom: 5, maxZoom: 19,
    fadeAnimation: false, zoomAnimation: false, markerZoomAnimation: false, center: [0, 0], zoom: NEAR,
  });
  for (const pane of PANES) map.createPane(pane).classList.add(`pane-${pane}`);
  renderer = (state.sites.size > MANY ? L.canvas : L.svg)({ pane: "dots", padding: 0.3 });
  byId("map").append(zoomButtons());
  map.on("zoomend", paint);
  new ResizeObserver(show).observe(byId("map"));
  show();
  paint();
  pipes = (await get("/network")).features.filter((feature) => feature.geometry.type === "LineString").map(pipe);
}

function zoomButtons() {
  const button = (text, key, step) => element("button", {
    type: "button", text, "data-i18n-label": key, "aria-label": t(key), onclick: () => map.setZoom(map.getZoom() + step),
  });
  return element("div", { class: "zoom" }, button("+", "map.in", 1), button("−", "map.out", -1));
}

// Leaflet measures its box; while the page is hidden it has none.
export function show() {
  if (!map || !byId("map").clientWidth) return;
  map.invalidateSize({ animate: false });
  if (fitted || !state.sites.size) return;
  fitted = true;
  map.fitBounds(L.latLngBounds([...state.sites.values()].map(at)), { padding: [36, 36], animate: false });
}

const at = (site) => [site.location.lat, site.location.lon];
const name = (site) => pick({ zh: site.name, en: site.name_en });

function pipe({ geometry, properties }) {
  const look = {
    pane: "pipes", interactive: false, color: colour("--pipe"), weight: 1.5 + properties.diameter_mm / 80,
    dashArray: properties.in_service ? null : "4 6",
  };
  return L.polyline(geometry.coordinates.map(([lon, lat]) => [lat, lon]), look).addTo(map);
}

// At most five times a second: a flood must leave time for the list.
export function draw() {
  due ||= setTimeout(() => {
    due = 0;
    paint();
  }, DRAW_MS);
}

function paint() {
  if (!map || !byId("map").clientWidth) return;
  repaint();
  const worst = worstAlarms();
  const strange = [...state.sites.values()].filter((site) => worst.has(site.id) || doubtful(site) || site.valves_closed);
  const strangers = new Set(strange.map((site) => site.id));
  drawOdd(strange, worst);
  drawDots([...state.sites.values()].filter((site) => !strangers.has(site.id)));
  byId("map-note").textContent = t("town.note", { all: state.sites.size, odd: strange.length });
}

// Colours of lines and canvas are painted; another theme paints anew.
function repaint() {
  const look = `${chosen()} ${colour("--ink")}`;
  if (look === painted) return;
  painted = look;
  for (const line of pipes) line.setStyle({ color: colour("--pipe") });
  for (const layer of dots.values()) layer.remove();
  dots.clear();
}

// ---------------------------------------------------------------- what is normal
function drawDots(sites) {
  const wanted = map.getZoom() < NEAR ? districts(sites) : new Map(sites.map((site) => [site.id, () => dot(site)]));
  for (const [key, layer] of dots) if (!wanted.has(key)) layer.remove() && dots.delete(key);
  for (const [key, make] of wanted) if (!dots.has(key)) dots.set(key, make().addTo(map));
}

function dot(site) {
  const look = { renderer, pane: "dots", radius: 4, weight: 1, color: colour("--ink"), fillColor: colour("--border"), fillOpacity: 1 };
  return L.circleMarker(at(site), look)
    .bindTooltip(() => element("span", { text: name(site) })).on("click", () => open(site.id));
}

function districts(sites) {
  const groups = new Map();
  for (const site of sites) groups.set(site.district, [...(groups.get(site.district) ?? []), site]);
  return new Map([...groups].map(([district, members]) => [`${district} ${members.length}`, () => together(district, members)]));
}

function together(district, members) {
  const middle = (axis) => members.reduce((sum, site) => sum + site.location[axis], 0) / members.length;
  const html = element("span", { class: "district", text: `${district} ${members.length}` });
  return L.marker([middle("lat"), middle("lon")], {
    pane: "dots", interactive: false, icon: L.divIcon({ html, className: "map-icon", iconSize: null }),
  });
}

// ---------------------------------------------------------------- what is not
function drawOdd(sites, worst) {
  const rank = (site) => worst.get(site.id)?.priority ?? 9;
  const signs = [...sites].sort((a, b) => rank(a) - rank(b))
    .map((site) => ({ id: site.id, text: label(site, worst.get(site.id)), ...map.latLngToLayerPoint(at(site)) }));
  const named = sides(signs);
  const here = new Set(sites.map((site) => site.id));
  for (const [id, { layers }] of odd) {
    if (here.has(id)) continue;
    for (const layer of layers) layer.remove();
    odd.delete(id);
  }
  for (const site of sites) drawSite(site, worst.get(site.id), named.get(site.id) ?? "");
}

// What is old says so in words; an alarm says so by its sign.
const label = (site, alarm) => (alarm ? name(site) : [name(site), marks(site)].filter(Boolean).join(" · "));

function drawSite(site, alarm, side) {
  const selected = Boolean(alarm) && state.alarms.get(state.selected)?.site === site.id;
  const signature = JSON.stringify([alarm, marks(site), side, selected, language()]);
  const before = odd.get(site.id);
  if (before?.signature === signature) return;
  for (const layer of before?.layers ?? []) layer.remove();
  odd.set(site.id, { signature, layers: layersOf(site, alarm, side, selected).map((layer) => layer.addTo(map)) });
}

function layersOf(site, alarm, side, selected) {
  const title = [name(site), alarm && priorityWord(alarm.priority), marks(site)].filter(Boolean).join(" · ");
  const size = alarm ? 34 : 22;
  const icon = L.divIcon({ html: mark(site, alarm, selected), className: "map-icon", iconSize: [size, size] });
  const sign = L.marker(at(site), { pane: "odd", icon, keyboard: false, zIndexOffset: alarm ? 1000 * (5 - alarm.priority) : 0 })
    .bindTooltip(() => element("span", { text: title })).on("click", () => open(site.id, alarm));
  if (!side) return [sign];
  const html = element("span", { class: `map-name ${side} ${doubtful(site) ? "doubtful" : ""}`, text: label(site, alarm) });
  const text = L.divIcon({ html, className: "map-icon", iconSize: null, iconAnchor: [(side === "left" ? 1 : -1) * (size / 2 + 3), 12] });
  return [L.marker(at(site), { pane: "names", interactive: false, icon: text }), sign];
}

function mark(site, alarm, selected) {
  if (!alarm) return element("i", { class: doubtful(site) ? "sign doubt" : "sign shut" });
  const drawn = symbol(alarm.priority, priorityWord(alarm.priority), { hollow: !alarm.active, quiet: !needsAnswer(alarm) });
  return element("span", { class: `sign ${needsAnswer(alarm) ? "need" : ""} ${selected ? "selected" : ""}` }, drawn);
}
