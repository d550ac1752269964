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
    this.problems = body.problems ?? [];
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

async function answered(path, options) {
  const answer = await fetch(PREFIX + path, { credentials: "same-origin", cache: "no-store", ...options });
  if (answer.ok) return answer;
  throw new Problem(answer.status, await answer.json().catch(() => ({})));
}

async function ask(path, options) {
  const answer = await answered(path, options);
  return answer.status === 204 ? {} : answer.json().catch(() => ({}));
}

export const get = (path) => ask(path, {});

// What is to be saved as a file, with the name that the server gives it; a refusal is an error, not a broken file.
export async function file(path) {
  const answer = await answered(path, {});
  const [, name = ""] = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "") ?? [];
  return { name, content: await answer.blob() };
}

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
