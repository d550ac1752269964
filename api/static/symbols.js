// A priority is shape, number, colour and word at once: triangle 1, square 2, circle 3, diamond 4.
import { drawing } from "./dom.js";

const SHAPES = {
  1: ["path", { d: "M16 3 L30 28 H2 Z" }, 23],
  2: ["rect", { x: 4, y: 4, width: 24, height: 24 }, 21.5],
  3: ["circle", { cx: 16, cy: 16, r: 13 }, 21.5],
  4: ["path", { d: "M16 2 L30 16 L16 30 L2 16 Z" }, 21.5],
};

export function symbol(priority, label, { hollow = false, quiet = false } = {}) {
  const [tag, shape, baseline] = SHAPES[priority];
  const number = drawing("text", { x: 16, y: baseline, "text-anchor": "middle", class: "number" });
  number.textContent = priority;
  const look = `symbol p${priority}${hollow ? " hollow" : ""}${quiet ? " quiet" : ""}`;
  return drawing(
    "svg",
    { viewBox: "0 0 32 32", class: look, role: "img", "aria-label": label },
    drawing(tag, { ...shape, class: "shape" }),
    number,
  );
}
