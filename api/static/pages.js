// Every page of the console. A page is a line here, its texts, and a module that may export
//   mount(section)   build it, once; without it the page is made of the panes that name it in `data-on`
//   show(argument)   it is on the screen now; the argument is what follows its name in the address
//   draw()           what the page knows has changed
//   tick()           a second has passed
// It is reached by its key, by a link `#id` or `#id/argument`, and only with the right, where it names one.
import * as alarm from "./pages/alarm.js";
import * as city from "./pages/city.js";
import * as handover from "./pages/handover.js";
import * as hazards from "./pages/hazards.js";
import * as history from "./pages/history.js";
import * as incident from "./pages/incident.js";
import * as kpi from "./pages/kpi.js";
import * as oncall from "./pages/oncall.js";
import * as overview from "./pages/overview.js";
import * as reports from "./pages/reports.js";
import * as silenced from "./pages/silenced.js";
import * as site from "./pages/site.js";
import * as system from "./pages/system.js";

export const PAGES = [
  { id: "overview", key: "1", title: "page.overview", right: "", module: overview },
  { id: "alarm", key: "2", title: "page.alarm", right: "", module: alarm },
  { id: "site", key: "3", title: "page.site", right: "", module: site },
  { id: "history", key: "4", title: "page.history", right: "", module: history },
  { id: "system", key: "5", title: "page.system", right: "", module: system },
  { id: "oncall", key: "6", title: "page.oncall", right: "", module: oncall },
  { id: "incident", key: "7", title: "page.incident", right: "", module: incident },
  { id: "kpi", key: "8", title: "page.kpi", right: "", module: kpi },
  { id: "silenced", key: "9", title: "page.silenced", right: "", module: silenced },
  { id: "handover", key: "0", title: "page.handover", right: "", module: handover },
  { id: "hazards", key: "h", title: "page.hazards", right: "", module: hazards },
  { id: "reports", key: "r", title: "page.reports", right: "", module: reports },
  { id: "city", key: "c", title: "page.city", right: "", module: city },
];
