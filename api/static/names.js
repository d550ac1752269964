// Where names have room on the map: to the right of their sign or to its left, over no sign and over no other name.
const MOST = 40;
const LETTER_PX = 16; // at most
const LINE_PX = 26;
const SIGN_PX = 17; // half of one

const meet = (one, other) => one.left < other.right && other.left < one.right && Math.abs(one.y - other.y) < LINE_PX;

// `signs`: id, x, y and text, the most important first. Gives the side of each name that has room.
export function sides(signs) {
  const placed = new Map();
  const taken = signs.map(({ id, x, y }) => ({ id, left: x - SIGN_PX, right: x + SIGN_PX, y }));
  for (const { id, x, y, text } of signs) {
    if (placed.size === MOST) break;
    const width = LETTER_PX * text.length;
    const boxes = { right: { id, left: x + SIGN_PX, right: x + SIGN_PX + width, y }, left: { id, left: x - SIGN_PX - width, right: x - SIGN_PX, y } };
    const side = ["right", "left"].find((name) => !taken.some((one) => one.id !== id && meet(one, boxes[name])));
    if (!side) continue;
    taken.push(boxes[side]);
    placed.set(id, side);
  }
  return placed;
}
