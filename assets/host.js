// One host: how it stands, what it has, and what can be done about it.

import { bar, counted } from "./bars.js";
import { state_of } from "./cards.js";
import { h } from "./dom.js";
import { grid, in_order } from "./fleet.js";
import { fill_grid } from "./grid.js";
import { incident_list } from "./incidents.js";
import { read, state } from "./store.js";
import { ago, exact } from "./time.js";
import { badge, count, seen } from "./words.js";

export const title = ({ id }) => id;

const mine = (id) => in_order([...state.instances.values()].filter((instance) => instance.host === id));

export function view({ id }) {
  const host = state.hosts.get(id);
  if (!host) return [h("h1", {}, id), h("p", { class: "empty" }, "There is no such host.")];
  const instances = mine(id);
  const story = read(`/api/v1/incidents?host=${encodeURIComponent(id)}&limit=20`, "incidents", `host:${id}`);
  return [
    head(host),
    facts(host, instances),
    h("section", { "aria-labelledby": "mine-title", "data-key": "mine" },
      h("div", { class: "section-head" }, h("h2", { id: "mine-title" }, "Instances"), h("span", { class: "muted" }, count(instances.length, "instance"))),
      bar(counted(instances)),
      grid(`Instances of ${id}`)),
    strangers(host),
    h("section", { "aria-labelledby": "incidents-title", "data-key": "incidents" },
      h("h2", { id: "incidents-title" }, "Incidents"), incident_list(story)),
  ];
}

export function shown(main, { id }) {
  const place = main.querySelector(".grid");
  if (place) fill_grid(place, mine(id), ({ observed }) => seen(observed));
}

function head(host) {
  const button = host.maintenance
    ? h("button", { type: "button", "data-do": "resume", "data-host": host.id }, "End maintenance")
    : h("button", { type: "button", "data-do": "maintain", "data-host": host.id }, "Begin maintenance");
  return h("div", { class: "page-head", "data-key": "head" },
    h("p", { class: "crumbs" }, h("a", { href: "#/" }, "Fleet"), " / host"),
    h("div", { class: "title-line" }, h("h1", {}, host.id), badge(state_of(host))),
    h("div", { class: "buttons" }, button));
}

function facts(host, instances) {
  const row = (name, ...said) => h("div", {}, h("dt", {}, name), h("dd", {}, said));
  const active = instances.filter(({ observed }) => observed.state === "running").length;
  return h("dl", { class: "panel facts-list wide", "data-key": "facts" },
    row("Address", h("code", {}, host.uri)),
    row("State", `${host.state} since ${ago(host.since)}`),
    row("Last answer", h("span", { title: host.last_seen ? exact(host.last_seen) : null }, ago(host.last_seen))),
    row("Runs", `${active} of ${count(instances.length, "instance")}`),
    host.error && row("Error", h("span", { class: "problem" }, host.error)),
    host.maintenance && row("Maintenance", `${host.maintenance.reason}, by ${host.maintenance.by}, since ${ago(host.maintenance.since)}`),
    Object.keys(host.labels).length > 0 && row("Labels", Object.entries(host.labels).map(([k, v]) => h("span", { class: "label" }, `${k} ${v}`))),
    host.pending.length > 0 && row("Not found yet", host.pending.join(", ")));
}

/** Domains that no instance stands for. */
function strangers(host) {
  if (!host.unmanaged.length) return null;
  return h("section", { "aria-labelledby": "strangers-title", "data-key": "strangers" },
    h("h2", { id: "strangers-title" }, "Unmanaged domains"),
    h("ul", { class: "lines panel" }, host.unmanaged.map((domain) =>
      h("li", { class: "line", "data-key": domain.id },
        h("b", { class: "line-name" }, domain.name), h("span", { class: "line-text" }, seen(domain)),
        h("button", { type: "button", "data-do": "adopt", "data-host": host.id, "data-id": domain.id, "data-name": domain.name, "aria-label": `Adopt ${domain.name}` }, "Adopt")))));
}
