// Requests to our own API.

const PREFIX = "/api/v1";
const KNOWN = "gas-lifeline.known";
const PAGE = "gas-lifeline.page";
let csrf = "";

export class Problem extends Error {
  constructor(status, body) {
    super(body.detail ?? `HTTP ${status}`);
    this.status = status;
    this.code = body.code ?? "";
  }
}

const keepPage = () => sessionStorage.setItem(PAGE, location.hash);

// Whoever was sent to log in comes back to the page that he was on, or that a link had named.
export function comeBack() {
  const page = sessionStorage.getItem(PAGE);
  sessionStorage.removeItem(PAGE);
  if (page && !location.hash) history.replaceState(null, "", page);
}

export function leave(reason) {
  if (reason) keepPage();
  location.assign(`/login${reason ? `?reason=${reason}` : ""}`);
}

async function ask(path, options) {
  const answer = await fetch(PREFIX + path, { credentials: "same-origin", cache: "no-store", ...options });
  const body = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
  if (answer.ok) return body;
  throw new Problem(answer.status, body);
}

export const get = (path) => ask(path, {});

export function post(path, body = {}) {
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
  return ask(path, { method: "POST", headers, body: JSON.stringify(body) });
}

// Who is logged in; without a login the login page says why.
export async function me() {
  try {
    const person = await get("/me");
    csrf = person.csrf;
    localStorage.setItem(KNOWN, "yes");
    return person;
  } catch (problem) {
    if (problem.status !== 401) throw problem;
    keepPage();
    leave(localStorage.getItem(KNOWN) ? "expired" : ""); // who was never here has nothing that could expire
    return new Promise(() => {}); // the page is on its way out
  }
}

export async function all(path) {
  const items = [];
  let next = "";
  do {
    const page = await get(`${path}?limit=500&after=${encodeURIComponent(next)}`);
    items.push(...page.items);
    next = page.next;
  } while (next);
  return items;
}
