// A device under a work permit: what a detector reads meanwhile is calibration, a valve is not closed from afar. Given and ended by whoever may take out of service.
import { fill } from "./ask.js";
import { element } from "./dom.js";
import { get, post } from "./http.js";
import { t } from "./i18n.js";
import { may } from "./state.js";
import { stamp } from "./time.js";

export const KINDS = new Set(["gas_detector", "manhole", "cutoff_valve"]);

export const permits = async () => new Map((await get("/maintenance")).items.map((permit) => [permit.device, permit]));

export const words = (permit) => t("maintenance.until", { permit: permit.permit_no, until: stamp(permit.until), by: permit.by });

// `done` is called when something changed.
export function button(device, permit, done) {
  if (!may("out_of_service")) return null;
  return element("button", { type: "button", text: t(permit ? "maintenance.end" : "maintenance.begin"),
    onclick: () => (permit ? end(device, permit, done) : begin(device, done)) });
}

// "" or why not.
async function send(device, path, values, done) {
  try {
    await post(`/devices/${encodeURIComponent(device)}/${path}`, values);
    done();
    return "";
  } catch (problem) {
    return problem.message;
  }
}

function begin(device, done) {
  fill({ title: t("maintenance.begin"), text: t("maintenance.ask", { device }),
    fields: ["permit_no", "until", "comment"], labels: { comment: t("field.measure") },
    send: (values) => send(device, "maintenance", values, done) });
}

function end(device, permit, done) {
  fill({ title: t("maintenance.end"), text: `${device} · ${words(permit)}`, fields: ["comment"], labels: {},
    send: (values) => send(device, "in-service", values, done) });
}
