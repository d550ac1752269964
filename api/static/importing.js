// Tables of hazards: read one, with its mistakes row by row, and write one.
import { csv } from "./csv.js";
import { element } from "./dom.js";
import { base64 } from "./forms.js";
import { post } from "./http.js";
import { t } from "./i18n.js";
import { say } from "./say.js";
import { table } from "./tables.js";

const COLUMNS = ["rule", "site", "object", "township", "found_by", "found", "evidence", "responsible", "deadline", "interim", "grade"];
const MOST_MB = 3;

export function form(page) {
  const found = element("div", { id: "import-found", role: "status" });
  return [
    element("h3", { text: t("import.title") }),
    element("p", { class: "hint", text: t("import.how") }),
    element("form", { id: "import", class: "acts", onsubmit: (event) => submit(event, found, page) },
      element("label", { class: "filter" }, element("span", { text: t("import.file") }),
        element("input", { type: "file", name: "file", accept: ".csv,.xlsx,text/csv" })),
      element("button", { type: "submit", class: "primary", text: t("import.do") }),
      element("button", { type: "button", text: t("import.empty"), onclick: () => csv("hazards.csv", [COLUMNS]) })),
    found,
  ];
}

// Other than by Excel a table is UTF-8; Excel in Chinese writes CSV in GB 18030 as well.
async function text(chosen) {
  const bytes = await chosen.arrayBuffer();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("gb18030").decode(bytes);
  }
}

const isWorkbook = (chosen) => chosen.slice(0, 2).text().then((start) => start === "PK");

async function submit(event, found, page) {
  event.preventDefault();
  const form = event.target;
  const [chosen] = form.elements.file.files;
  const button = form.querySelector("[type=submit]");
  if (!chosen || chosen.size > MOST_MB * 1024 * 1024) return tell(found, [chosen ? t("hazards.too_large", { n: MOST_MB }) : t("import.none")]);
  button.disabled = true; // once
  try {
    const sent = await isWorkbook(chosen) ? { content: await base64(chosen) } : { csv: await text(chosen) };
    const { new: made, known } = await post("/hazards/import", sent);
    const done = t("import.done", { n: made, known });
    found.replaceChildren(element("p", { class: "hint", text: done }));
    say(done);
    await page.refresh();
  } catch (problem) {
    tell(found, problem.problems?.length ? problem.problems : [problem.message]);
  }
  button.disabled = false;
  return null;
}

// `line 3: what is wrong`, or `sheet 'x' row 3 column B: what is wrong`, in two columns; what is of no line stands alone.
function cells(problem) {
  const [, row, column, text] = /^(?:line|sheet .+? row) (\d+)(?: column (\w+))?: (.*)$/s.exec(problem) ?? [null, "–", "", problem];
  return [column ? `${row} ${column}` : row, text];
}

function tell(found, problems) {
  found.replaceChildren(
    element("p", { class: "row-note", role: "alert", text: t("import.refused", { n: problems.length }) }),
    table({ id: "import-problems", label: t("import.title"), columns: ["column.line", "column.mistake"],
      rows: problems.map((problem) => element("tr", {}, ...cells(problem).map((text) => element("td", { text })))) }));
}
