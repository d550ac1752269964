import { byId } from "./dom.js";
import { post } from "./http.js";
import { load, other, t } from "./i18n.js";

let reason = new URLSearchParams(location.search).get("reason") === "expired" ? "login.expired" : "";

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
show();
byId("submit").disabled = false; // before, Enter would have sent the form without us
if (document.activeElement === document.body) byId("name").focus();
