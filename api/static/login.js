import { byId } from "./dom.js";
import { get, post } from "./http.js";
import { has, load, other, t } from "./i18n.js";

const told = new URLSearchParams(location.search).get("reason") ?? "";
let reason = told === "expired" ? "login.expired" : "";

function show() {
  byId("reason").hidden = !reason;
  byId("reason").textContent = reason ? t(reason) : "";
}

const REASONS = { 401: "login.wrong", 429: "login.wait" };

async function submit(event) {
  event.preventDefault();
  reason = "";
  try {
    await post("/login", { name: byId("name").value, password: byId("password").value });
    location.assign("/");
  } catch (problem) {
    reason = REASONS[problem.status] ?? "login.away";
    byId("password").value = "";
    byId("password").focus();
  }
  show();
}

byId("form").addEventListener("submit", submit);
byId("language").addEventListener("click", () => load(other()).then(show));
await load();
const refused = `login.refused.${told.replace(/^oidc-/, "")}`;
if (told.startsWith("oidc-") && has(refused)) reason = refused;
show();
byId("submit").disabled = false; // before, Enter would have sent the form without us
if (document.activeElement === document.body) byId("name").focus();
byId("oidc").hidden = !(await get("/login").catch(() => ({}))).oidc; // a password works without the answer
