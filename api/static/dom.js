// Elements by the DOM alone: data reaches the page through textContent, never as markup.

export const byId = (id) => document.getElementById(id);

export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") made.textContent = value;
    else if (name === "class") made.className = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child));
  return made;
}

// Build anew only what reads differently: focus stays, and a click that has begun finds its button.
export function rebuild(node, signature, contents) {
  if (node.signature === signature) return;
  const focused = node.contains(document.activeElement) && document.activeElement !== node;
  node.replaceChildren(...contents().filter(Boolean));
  node.signature = signature;
  if (focused) (node.querySelector("button") ?? node).focus({ preventScroll: true });
}

// Children in this order, with no more moves than needed.
export function arrange(parent, children) {
  children.forEach((child, index) => {
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
  });
  while (parent.children.length > children.length) parent.lastChild.remove();
}

const SVG = "http://www.w3.org/2000/svg";

export function drawing(tag, attributes, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}
