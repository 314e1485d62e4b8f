// A story as a line: what was seen, decided and done, and how long each took.

import { h, svg } from "./dom.js";
import { clock, exact, mark, now, span } from "./time.js";
import { icon, kind_of } from "./words.js";

/** Pauses longer than this are drawn as such. */
const PAUSE = 30_000;

/** Entries that were read as `{items}` or as a list. */
export function story({ value, problem }, { newest_first = false, from = null } = {}) {
  if (problem) return h("p", { class: "problem" }, problem.message);
  if (!value) return h("p", { class: "empty", "aria-busy": "true" }, "Reading…");
  const entries = value.items ?? value;
  if (!entries.length) return h("p", { class: "empty" }, "Nothing has happened yet.");
  return h("ol", { class: "story panel" }, entries.map((entry, index) => [
    pause(entry, entries[index - 1]),
    item(entry, { from, index, newest_first }),
  ]));
}

function pause(entry, before) {
  if (!before) return null;
  const passed = Math.abs(Date.parse(entry.at) - Date.parse(before.at));
  return passed > PAUSE && h("li", { class: "pause", "aria-label": `${span(passed)} without news` }, span(passed));
}

function item(entry, { from, index }) {
  const { word, tone, icon: drawn } = look_of(entry);
  const at = from === null ? clock(entry.at) : `+${seconds(Date.parse(entry.at) - from)}`;
  return h("li", { class: "entry", "data-tone": tone, "data-key": entry.id ? `event ${entry.id}` : `entry ${index}` },
    h("span", { class: "sign" }, icon(drawn)),
    h("span", { class: "entry-kind" }, word),
    h("time", { datetime: entry.at, title: exact(entry.at) }, at),
    h("span", { class: "entry-text" }, said(entry.text), entry.by && h("span", { class: "muted" }, ` · ${entry.by}`)));
}

/** An outcome that is none has another look. */
function look_of({ kind, detail }) {
  const look = kind_of(kind);
  if (kind !== "outcome" || [undefined, "done", "already_there"].includes(detail?.outcome)) return look;
  return detail.outcome === "withdrawn" ? { ...look, tone: "mute", icon: "dot" } : { ...look, tone: "bad", icon: "cross" };
}

/** A text of the service's: its times as the reader has them, its quoted words as code. */
function said(text) {
  return text.split(/(`[^`]+`|\d{4}-\d\d-\d\dT[\d:.]+Z)/).map((part, index) => {
    if (index % 2 === 0) return part;
    return part.startsWith("`") ? h("code", {}, part.slice(1, -1)) : h("time", { datetime: part, title: exact(part) }, clock(part));
  });
}

const seconds = (milliseconds) => (milliseconds < 100_000 ? `${(milliseconds / 1000).toFixed(1)} s` : span(milliseconds));

/** Incidents as bars along one axis of time, a lane for each instance or host. */
export function lanes(incidents) {
  const end = now();
  const starts = incidents.map(({ opened_at }) => Date.parse(opened_at));
  const whole = Math.max(end - Math.min(...starts), 10_000) * 1.04;
  const begin = end - whole;
  const share = (at) => (100 * (at - begin)) / whole;
  const by_name = new Map();
  for (const incident of incidents) {
    const name = incident.name ?? (incident.instance ? incident.instance.slice(0, 8) : incident.host);
    by_name.set(name, [...(by_name.get(name) ?? []), incident]);
  }
  const marks = [0, 0.25, 0.5, 0.75].map((part) => begin + whole * part);
  return h("div", { class: "lanes panel", "aria-hidden": "true", "data-key": "lanes" },
    [...by_name].slice(0, 20).map(([name, list]) =>
      h("div", { class: "lane", "data-key": name }, h("span", { class: "lane-name" }, name), lane(list, share, end))),
    h("div", { class: "lane axis" }, h("span", { class: "lane-name" }),
      h("div", { class: "axis-marks" }, marks.map((at) => h("span", {}, mark(at, whole))), h("span", { class: "axis-now" }, "now"))));
}

function lane(list, share, end) {
  return svg("svg", { class: "lane-line", viewBox: "0 0 100 10", preserveAspectRatio: "none" },
    svg("line", { x1: 0, y1: 9.5, x2: 100, y2: 9.5, class: "lane-base" }),
    list.map((incident) => {
      const from = share(Date.parse(incident.opened_at));
      const to = share(incident.closed_at ? Date.parse(incident.closed_at) : end);
      const width = Math.max(0.6, to - from);
      return svg("rect", { x: Math.min(from, 100 - width), y: 2, width, height: 6, rx: 0.3, class: incident.closed_at ? "span closed" : "span open", "data-severity": incident.severity });
    }));
}

/** One incident as a strip: when it was seen, tried, and over. */
export function strip(incident) {
  const begin = Date.parse(incident.opened_at);
  const end = incident.closed_at ? Date.parse(incident.closed_at) : now();
  const whole = Math.max(end - begin, 1);
  const share = (at) => 2 + (96 * Math.min(1, Math.max(0, (Date.parse(at) - begin) / whole)));
  const entries = incident.timeline ?? [];
  const drawn = ["observed", "attempt", "outcome"];
  return h("div", { class: "strip panel", "aria-hidden": "true", "data-key": "strip" },
    svg("svg", { class: "strip-line", viewBox: "0 0 100 4", preserveAspectRatio: "none" },
      svg("rect", { x: 2, y: 1.4, width: 96, height: 1.2, rx: 0.6, class: incident.closed_at ? "span closed" : "span open" })),
    drawn.map((kind) => h("div", { class: "strip-row", "data-key": kind }, h("span", { class: "strip-kind" }, kind),
      entries.filter((entry) => entry.kind === kind).slice(0, 60).map((entry) =>
        h("span", { class: "strip-mark", "data-tone": look_of(entry).tone, style: { left: `${share(entry.at)}%` } }, icon(look_of(entry).icon))))),
    h("div", { class: "strip-ends small muted" }, h("span", {}, clock(incident.opened_at)),
      h("span", {}, incident.closed_at ? `${clock(incident.closed_at)}, after ${seconds(whole)}` : `now, since ${seconds(whole)}`)));
}
