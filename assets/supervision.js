// The tree of actors, with what has restarted.

import { h } from "./dom.js";
import { read, state } from "./store.js";
import { badge, count } from "./words.js";

/** More children than this are shown by what is unusual among them. */
const MANY = 30;

const states = {
  running: { word: "running", icon: "check", tone: "good" },
  starting: { word: "starting", icon: "clock", tone: "mute" },
  restarting: { word: "restarting", icon: "repair", tone: "warn" },
  quarantined: { word: "quarantined", icon: "alarm", tone: "worst" },
  stopped: { word: "stopped", icon: "hold", tone: "mute" },
};
const state_of = (name) => states[name] ?? { word: name, icon: "question", tone: "mute" };

export const title = () => "Supervision";

export function view() {
  const found = read("/api/v1/supervision", "supervision", "pulse");
  const { actors, restarts, quarantined } = state.status.supervision;
  return [
    h("div", { class: "page-head", "data-key": "head" }, h("h1", {}, "Supervision"),
      h("p", { class: "muted" }, `${count(actors, "actor")}, ${count(restarts, "restart")} so far, ${quarantined} quarantined`)),
    found.value
      ? h("ul", { class: "tree panel", "data-key": "tree" }, node(found.value, "", true))
      : h("p", { class: "empty" }, found.problem?.message ?? "Reading…"),
  ];
}

const unusual = (actor) => actor.restarts > 0 || actor.state !== "running" || actor.children.some(unusual);
const sum = (actor) => actor.restarts + actor.children.reduce((all, child) => all + sum(child), 0);

function node(actor, above, open) {
  const key = `${above}/${actor.kind} ${actor.name}`;
  const inside = actor.children.length > 0;
  return h("li", { "data-key": key, "data-kind": actor.kind },
    inside
      ? h("details", { open }, h("summary", {}, line(actor, true)), h("ul", {}, children(actor, key)))
      : h("div", { class: "leaf" }, line(actor, false)));
}

function children(actor, key) {
  const odd = actor.children.filter(unusual);
  const calm = actor.children.filter((child) => !unusual(child));
  const shown = actor.children.length > MANY ? odd.slice(0, 200) : [...actor.children];
  return [
    shown.map((child) => node(child, key, unusual(child))),
    actor.children.length > MANY && h("li", { class: "muted small leaf", "data-key": "calm" },
      `${odd.length ? "and " : ""}${count(calm.length, `${calm[0]?.kind ?? "actor"}`)} running since the start`),
  ];
}

function line(actor, inside) {
  const below = inside ? sum(actor) - actor.restarts : 0;
  return h("span", { class: "actor" },
    h("span", { class: "actor-kind muted" }, actor.kind), h("b", {}, actor.name), badge(state_of(actor.state)),
    actor.restarts > 0 && h("span", { class: "restarts" }, `${count(actor.restarts, "restart")}, life ${actor.incarnation}`),
    inside && actor.kind === "host" && h("span", { class: "muted small" }, count(actor.children.length, "instance")),
    below > 0 && h("span", { class: "muted small" }, `${count(below, "restart")} below`),
    actor.last_exit && h("span", { class: "small muted" }, `last exit: ${actor.last_exit}`));
}
