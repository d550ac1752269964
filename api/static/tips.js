// What the public reports: written down, verified before it is a hazard, and a true report can be rewarded.
import { fill } from "./ask.js";
import { element } from "./dom.js";
import { area, input, option, ruleName, siteInput, siteOf } from "./forms.js";
import { get, post } from "./http.js";
import { codes, named, t } from "./i18n.js";
import { address } from "./router.js";
import { may } from "./state.js";
import { dated } from "./time.js";

const PAGE = 50;
const MOST = 500; // at once; older ones are found by their state
const UNFOUNDED = "unfounded"; // in the place of a rule
let wanted = ""; // a state, or all
let most = PAGE;

export const read = async () => get(`/public-reports?limit=${most}${wanted && `&state=${wanted}`}`);

// ---------------------------------------------------------------- the list
const said = (...parts) => parts.filter(Boolean).join(" · ");
const minute = (time) => dated(time).slice(0, 16);
const place = (one) => said(one.object, one.township);

export const list = (page, rules, { items, next }) => [
  element("h3", { text: t("tips.title") }),
  element("div", { class: "acts" },
    may("inspect") && element("button", { type: "button", class: "primary", text: t("tips.new"), onclick: () => write(page) }),
    element("label", { class: "filter-line" }, element("span", { text: t("hazards.state") }), element("select", { id: "tips-state",
      onchange: (event) => {
        [wanted, most] = [event.target.value, PAGE];
        page.refresh();
      } }, option("", t("history.all")), ...codes("tips.state").map((name) =>
      element("option", { value: name, selected: name === wanted, text: named("tips.state", name) }))))),
  items.length ? element("ol", { class: "signed tips" }, ...items.map((one) => entry(page, rules, one)))
    : element("p", { class: "hint", text: t("tips.none") }),
  next && most < MOST && element("p", { class: "buttons" }, element("button", { type: "button", text: t("more"), onclick: () => {
    most = Math.min(MOST, most + PAGE);
    page.refresh();
  } })),
];

const entry = (page, rules, one) => element("li", { class: one.state === "new" ? "waits" : "" },
  element("p", {}, element("b", { text: named("tips.state", one.state) }),
    element("span", { class: "kind", text: said(place(one), minute(one.time), one.user) })),
  element("p", { text: one.text }),
  one.contact && element("p", { class: "quiet", text: `${t("tips.contact")}: ${one.contact}` }),
  one.verified_by && element("p", { class: "quiet", text: said(one.verified_by, minute(one.verified_time), one.note) }),
  one.reward_yuan > 0 && element("p", { text: t("tips.rewarded", { n: one.reward_yuan }) }),
  element("p", { class: "buttons" },
    one.hazard_id && element("a", { class: "more", href: address("hazards", one.hazard_id), text: t("tips.hazard") }),
    one.state === "new" && may("inspect") && element("button", { type: "button", text: t("tips.verify"), onclick: () => verify(page, rules, one) }),
    one.state === "verified" && !one.reward_yuan && may("supervise")
      && element("button", { type: "button", text: t("tips.reward"), onclick: () => reward(page, one) })));

// ---------------------------------------------------------------- acts
// "" or why not.
async function send(page, path, sent) {
  try {
    await post(`/public-reports${path}`, sent);
    await page.refresh();
    return "";
  } catch (problem) {
    if (problem.status === 409) page.refresh();
    return t("act.failed", { why: problem.message });
  }
}

function write(page) {
  fill({ title: t("tips.new"), text: t("tips.new.text"),
    fields: [[t("tips.site"), siteInput("tip-sites")], [t("tips.object"), input("object")], [t("tips.township"), input("township")],
      [t("tips.text"), area("text", { required: true })], [t("tips.contact"), input("contact")]],
    send: ({ site: name, ...values }) => {
      const site = siteOf(name);
      return name && !site ? t("register.no_site", { name }) : send(page, "", { ...values, site });
    } });
}

function verify(page, rules, one) {
  fill({ title: t("tips.verify"), text: said(place(one), one.text),
    fields: [
      [t("tips.verdict"), element("select", { name: "rule", required: true }, option("", t("register.choose")), option(UNFOUNDED, named("tips.state", UNFOUNDED)),
        ...rules.map((rule) => option(rule.code, t("tips.founded", { rule: ruleName(rule) }))))],
      [t("tips.seen"), area("text", { required: true })], [t("tips.responsible"), input("responsible")]],
    send: ({ rule, text, responsible }) => send(page, `/${one.id}/verify`,
      rule === UNFOUNDED ? { founded: false, text } : { founded: true, text, rule, responsible }) });
}

function reward(page, one) {
  fill({ title: t("tips.reward"), text: said(place(one), one.text),
    fields: [[t("tips.yuan"), element("input", { name: "yuan", type: "number", required: true, min: 1, max: 1000000, step: 1 })]],
    send: ({ yuan }) => send(page, `/${one.id}/reward`, { yuan: Number(yuan) }) });
}
