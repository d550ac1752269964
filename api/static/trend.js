// The trend of one quantity from some time to now, limits drawn and named, gaps left open.
import { byId } from "./dom.js";
import { get } from "./http.js";
import { named, pick, t } from "./i18n.js";
import { colour } from "./theme.js";
import { ago, clock, dated, now } from "./time.js";
import { number, said } from "./words.js";

const POINTS = 800;
const MOST_POINTS = 4000;
const DRAW_MS = 500;
const TRUSTED = new Set(["good", "uncertain", "over_range"]);
const SWITCHED = new Set(["valve_open", "fan_on", "power_ok"]);
const FONT = '15px "Noto Sans CJK SC","Microsoft YaHei",sans-serif';
const DAY = "\n{MM}-{DD}";
const AXIS_TIMES = [
  [86400 * 365, "{YYYY}", null, null, null, null, null, null, 1],
  [86400 * 28, "{MM}", "\n{YYYY}", null, null, null, null, null, 1],
  [86400, "{MM}-{DD}", "\n{YYYY}", null, null, null, null, null, 1],
  [3600, "{HH}:00", DAY, null, DAY, null, null, null, 1],
  [60, "{HH}:{mm}", DAY, null, DAY, null, null, null, 1],
  [1, "{HH}:{mm}:{ss}", DAY, null, DAY, null, null, null, 1],
];
let plot = null;
let shown = null; // { device, quantity, interval, step, from, unit, limits, rows: [[ms, value, quality]] }
let pending = 0;
let asked = 0;

export async function open(device, quantity, from, name) {
  const ask = (asked += 1);
  if (!device || !quantity) return close();
  const query = new URLSearchParams({ device, quantity, from: new Date(from).toISOString(), points: POINTS });
  const [known, series] = await Promise.all([get(`/devices/${encodeURIComponent(device)}`), get(`/series?${query}`)]);
  if (ask !== asked) return; // another one was opened meanwhile
  const rows = series.time.map((time, i) => [Date.parse(time), series.value[i], series.quality[i]]);
  const { unit, limits, step_s: step } = series;
  shown = { device, name, quantity, from, interval: known.interval_s, step, unit, limits, rows };
  build();
}

function close() {
  shown = null;
  plot?.destroy();
  plot = null;
  byId("trend-title").textContent = t("trend.none");
  byId("trend-value").textContent = "";
}

export function append(reading) {
  if (!shown || reading.device !== shown.device || reading.quantity !== shown.quantity) return;
  const newest = shown.rows.at(-1)?.[0] ?? 0;
  reading.time.forEach((time, i) => {
    if (Date.parse(time) > newest) shown.rows.push([Date.parse(time), reading.value[i], reading.quality[i]]);
  });
  if (shown.rows.length > MOST_POINTS) shown.rows.splice(0, shown.rows.length - MOST_POINTS);
  refresh();
}

// At most twice a second.
export function refresh() {
  pending ||= setTimeout(() => {
    pending = 0;
    if (!plot || !shown) return;
    plot.setData(columns());
    readout();
  }, DRAW_MS);
}

export function redraw() {
  if (shown) build();
  else close();
}

// Three periods of the device, or two minutes or hours that were rolled up; in a thinned-out trend never less than the
// distance that thinning leaves.
function gapMs() {
  const span = (shown.rows.at(-1)?.[0] ?? 0) - (shown.rows[0]?.[0] ?? 0);
  return Math.max(3000 * shown.interval, 2000 * shown.step, (2.1 * span) / (POINTS / 2 - 1));
}

// A missing stretch stays a gap; values that are not to be trusted get a series of their own.
function columns() {
  const time = [], good = [], bad = [];
  const push = (ms, value, trusted) => {
    time.push(ms / 1000);
    good.push(trusted ? value : null);
    bad.push(trusted ? null : value);
  };
  let before = 0;
  const gap = gapMs();
  for (const [ms, value, quality] of shown.rows) {
    if (before && ms - before > gap) push((ms + before) / 2, null, true);
    push(ms, value, TRUSTED.has(quality));
    before = ms;
  }
  if (!time.length) push(shown.from, null, true);
  const end = now() / 1000;
  if (time.at(-1) < end) push(end * 1000, null, true); // limits reach to the edge
  if (time[0] > shown.from / 1000) { time.unshift(shown.from / 1000); good.unshift(null); bad.unshift(null); }
  return [time, good, bad, ...shown.limits.map((limit) => time.map(() => limit.value))];
}

function build() {
  plot?.destroy();
  const box = byId("chart");
  if (!box.clientWidth) return; // hidden: the size comes with the page
  const ink = colour("--ink");
  const axis = { font: FONT, stroke: ink, grid: { stroke: colour("--grid"), width: 1 }, ticks: { stroke: colour("--grid") } };
  const names = Array.from({ length: 12 }, (_, i) => String(i + 1));
  const options = {
    width: box.clientWidth, height: box.clientHeight, legend: { show: false },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Asia/Shanghai"),
    fmtDate: (template) => uPlot.fmtDate(template, { MMMM: names, MMM: names, WWWW: names, WWW: names }),
    cursor: { y: false },
    scales: { x: { range: () => [shown.from / 1000, now() / 1000] }, y: { range: span } },
    axes: [{ ...axis, values: AXIS_TIMES, size: 58 }, { ...axis, size: 62 }],
    series: [{}, ...lines(ink)],
    hooks: { draw: [nameLimits], setCursor: [readout] },
  };
  byId("trend-title").textContent = title();
  plot = new uPlot(options, columns(), box);
  readout();
}

function lines(ink) {
  return [
    { stroke: ink, width: 2, spanGaps: false, points: { show: shown.rows.length < 60, size: 5 } },
    { stroke: colour("--doubt"), width: 0, paths: () => null, points: { show: true, size: 6, fill: colour("--doubt") } },
    ...shown.limits.map(() => ({ stroke: colour("--limit"), width: 2, dash: [8, 5], points: { show: false } })),
  ];
}

function span(_, low, high) {
  if (low === null || SWITCHED.has(shown.quantity)) return [0, 1.2];
  const room = Math.max((high - low) * 0.08, Math.abs(high) * 0.05, 0.05);
  return [low >= 0 && low < high / 2 ? 0 : low - room, high + room * 2];
}

const limitName = (limit) => `${pick(limit.name)} ${number(limit.value)} ${shown.unit}`;

function nameLimits(u) {
  const { ctx } = u;
  const ratio = uPlot.pxRatio;
  ctx.save();
  ctx.font = FONT.replace("15px", `${15 * ratio}px`);
  ctx.fillStyle = colour("--ink");
  ctx.textAlign = "left";
  ctx.textBaseline = "bottom";
  for (const limit of shown.limits) {
    ctx.fillText(limitName(limit), u.bbox.left + 8 * ratio, u.valToPos(limit.value, "y", true) - 3 * ratio);
  }
  ctx.restore();
}

function title() {
  const name = named("quantity", shown.quantity);
  return t("trend.title", { place: pick(shown.name), device: shown.device, quantity: name });
}

function readout() {
  if (!plot || !shown) return;
  const at = plot.cursor?.idx;
  const time = at === null || at === undefined ? null : plot.data[0][at];
  const value = time === null ? null : plot.data[1][at] ?? plot.data[2][at];
  const newest = shown.rows.at(-1);
  const old = newest && (now() - newest[0] > 3000 * shown.interval || !TRUSTED.has(newest[2]));
  const words = { time: clock(newest?.[0] ?? 0), value: said(shown.quantity, newest?.[1]), unit: shown.unit, age: ago(newest?.[0] ?? 0) };
  const text = time !== null && value !== null
    ? `${dated(time * 1000)}  ${said(shown.quantity, value)} ${shown.unit}`
    : !newest ? t("trend.empty") : old ? t("trend.old", words) : t("trend.newest", words);
  byId("trend-value").classList.toggle("doubt", Boolean(old));
  byId("trend-value").textContent = text;
}

export function wire() {
  new ResizeObserver(([entry]) => {
    const { width, height } = entry.contentRect;
    if (!width || !height) return;
    if (plot) plot.setSize({ width, height });
    else if (shown) build();
  }).observe(byId("chart"));
}
