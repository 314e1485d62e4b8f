// Incidents: all of them as bars and lines, and each with its story.

import { h } from "./dom.js";
import { read, state } from "./store.js";
import { lanes, story, strip } from "./timeline.js";
import { ago, exact, span } from "./time.js";
import { badge, count, seen, severity_of, status_of } from "./words.js";

export const title = ({ id }) => (id ? `Incident ${id}` : "Incidents");

export const view = ({ id }) => (id ? one(id) : list());

function list() {
  const found = read("/api/v1/incidents?limit=200", "incidents");
  const items = found.value?.items ?? [];
  const { open, last_hour } = state.status.incidents;
  return [
    h("div", { class: "page-head", "data-key": "head" }, h("h1", {}, "Incidents"),
      h("p", { class: "muted" }, `${open.toLocaleString("en")} open, ${last_hour.toLocaleString("en")} in the last hour`)),
    items.length > 0 && lanes(items.slice(0, 100)),
    h("section", { "aria-labelledby": "list-title", "data-key": "list" },
      h("h2", { id: "list-title" }, "The newest first"), incident_list(found)),
  ];
}

/** Incidents that were read, as a table. */
export function incident_list({ value, problem }) {
  if (problem) return h("p", { class: "problem" }, problem.message);
  if (!value) return h("p", { class: "empty", "aria-busy": "true" }, "Reading…");
  if (!value.items.length) return h("p", { class: "empty" }, "There were none.");
  return h("div", { class: "scroll panel", tabindex: "0", role: "region", "aria-label": "Incidents, a table" },
    h("table", {},
      h("thead", {}, h("tr", {}, ["Incident", "Severity", "State", "About", "Opened", "Lasted", "Attempts"].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, value.items.map(row))));
}

function row(incident) {
  const end = incident.closed_at ? Date.parse(incident.closed_at) : null;
  return h("tr", { "data-key": String(incident.id) },
    h("th", { scope: "row" }, h("a", { href: `#/incidents/${incident.id}` }, `#${incident.id}`)),
    h("td", {}, badge(severity_of(incident.severity))),
    h("td", {}, badge(ended(incident))),
    h("td", { class: "wide" }, incident.summary),
    h("td", { title: exact(incident.opened_at) }, ago(incident.opened_at)),
    h("td", {}, end === null ? "goes on" : span(end - Date.parse(incident.opened_at))),
    h("td", {}, String(incident.attempts)));
}

const ended = (incident) => (incident.closed_at
  ? { word: incident.resolution ?? "over", icon: "check", tone: "good" }
  : { word: "open", icon: "warning", tone: "bad" });

function one(id) {
  const found = read(`/api/v1/incidents/${encodeURIComponent(id)}`, `incident:${id}`);
  const incident = found.value;
  if (!incident) {
    const said = found.problem ? h("p", { class: "problem" }, found.problem.message) : h("p", { class: "empty", "aria-busy": "true" }, "Reading…");
    return [h("h1", {}, `Incident ${id}`), said];
  }
  const instance = incident.instance && state.instances.get(incident.instance);
  return [
    h("div", { class: "page-head", "data-key": "head" },
      h("p", { class: "crumbs" }, h("a", { href: "#/incidents" }, "Incidents"), ` / ${id}`),
      h("div", { class: "title-line" }, h("h1", {}, incident.summary)),
      h("p", { class: "badges" }, badge(severity_of(incident.severity)), badge(ended(incident)), instance && badge(status_of(instance.status)))),
    facts(incident),
    strip(incident),
    h("section", { "aria-labelledby": "story-title", "data-key": "story" },
      h("h2", { id: "story-title" }, "Story"), story({ value: incident.timeline }, { from: Date.parse(incident.opened_at) })),
  ];
}

function facts(incident) {
  const row = (name, ...said) => h("div", {}, h("dt", {}, name), h("dd", {}, said));
  const link = (id) => h("a", { href: `#/instances/${id}` }, state.instances.get(id)?.name ?? id.slice(0, 8));
  const concerned = incident.instances ?? [];
  return h("dl", { class: "panel facts-list wide", "data-key": "facts" },
    incident.instance && row("Instance", link(incident.instance)),
    row("Host", h("a", { href: `#/hosts/${encodeURIComponent(incident.host)}` }, incident.host)),
    incident.desired && row("Desired", incident.desired),
    incident.observed && row("Seen first", seen(incident.observed)),
    row("Opened", exact(incident.opened_at)),
    incident.closed_at && row("Over", exact(incident.closed_at)),
    row("Attempts", count(incident.attempts, "attempt")),
    concerned.length > 0 && row("Concerns", concerned.slice(0, 30).map((id) => [link(id), " "]), concerned.length > 30 && `and ${concerned.length - 30} more`));
}
