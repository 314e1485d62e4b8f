// One instance: what is desired and what is seen, what comes next, its story, and what can be done.

import { h } from "./dom.js";
import { incident_list } from "./incidents.js";
import { read, state } from "./store.js";
import { story } from "./timeline.js";
import { ago, exact, until } from "./time.js";
import { badge, seen, status_of } from "./words.js";
import { next_of } from "./wrong.js";

export const title = ({ id }) => state.instances.get(id)?.name ?? "Instance";

export function view({ id }) {
  const fresh = read(`/api/v1/instances/${id}`, `instance:${id}`, "pulse");
  const instance = fresh.value ?? state.instances.get(id);
  if (!instance || fresh.problem?.status === 404) {
    return [h("h1", {}, "Instance"), h("p", { class: "empty" }, "There is no such instance.")];
  }
  const events = read(`/api/v1/events?instance=${id}&order=desc&limit=100`, `instance:${id}`);
  const incidents = read(`/api/v1/incidents?instance=${id}&limit=20`, `instance:${id}`, "incidents");
  return [
    head(instance),
    h("div", { class: "two", "data-key": "two" }, sides(instance), facts(instance)),
    h("section", { "aria-labelledby": "story-title", "data-key": "story" },
      h("h2", { id: "story-title" }, "Story"), story(events, { newest_first: true })),
    h("section", { "aria-labelledby": "incidents-title", "data-key": "incidents" },
      h("h2", { id: "incidents-title" }, "Incidents"), incident_list(incidents)),
  ];
}

function head(instance) {
  const desire = (wanted, text) =>
    h("button", { type: "button", "data-do": "desire", "data-id": instance.id, "data-state": wanted, "data-key": wanted,
      "aria-pressed": String(instance.desired.state === wanted), disabled: instance.desired.state === wanted }, text);
  const plain = (what, text) => h("button", { type: "button", "data-do": what, "data-id": instance.id, "data-key": what }, text);
  return h("div", { class: "page-head", "data-key": "head" },
    h("p", { class: "crumbs" }, h("a", { href: "#/" }, "Fleet"), " / ",
      h("a", { href: `#/hosts/${encodeURIComponent(instance.host)}` }, instance.host), " / instance"),
    h("div", { class: "title-line" }, h("h1", {}, instance.name), badge(status_of(instance.status), { class: "badge large", "data-status": instance.status })),
    h("div", { class: "buttons" },
      h("div", { class: "joined", role: "group", "aria-label": "What is desired" },
        desire("running", "Running"), desire("paused", "Paused"), desire("shutoff", "Shut off")),
      plain("hold", "Hold…"), plain("retry", "Try again…")));
}

/** Desired and seen, side by side. */
function sides(instance) {
  const { desired, observed, status } = instance;
  const { tone, says } = status_of(status);
  return h("div", { class: "sides panel", "data-tone": tone },
    h("div", {}, h("h2", {}, "Desired"), h("p", { class: "big", id: "desired" }, desired.state),
      h("p", { class: "small muted" }, `by ${desired.by}, ${ago(desired.since)}, generation ${desired.generation}`)),
    h("div", {}, h("h2", {}, "Seen"), h("p", { class: "big", id: "seen" }, seen(observed)),
      h("p", { class: "small muted" }, observed.at ? `looked at ${ago(observed.at)}, by ${observed.source}` : "not looked at yet",
        observed.stale && h("b", {}, " · may be out of date"))),
    h("p", { class: "next" }, h("b", {}, says), " · ", next_of(instance) ?? "nothing comes next"));
}

function facts(instance) {
  const row = (name, ...said) => h("div", {}, h("dt", {}, name), h("dd", {}, said));
  const { attempts, definition } = instance;
  return h("dl", { class: "panel facts-list" },
    row("Attempts", dots(attempts), ` ${attempts.used} of ${attempts.budget} used`,
      attempts.window_ends && `, fresh ${until(attempts.window_ends)}`),
    row("Policy", h("a", { href: `#/policies?policy=${encodeURIComponent(instance.policy)}` }, instance.policy), `, priority ${instance.priority}`),
    instance.incident && row("Incident", h("a", { href: `#/incidents/${instance.incident}` }, `Incident ${instance.incident}`)),
    instance.holds.map((hold) => row("Held",
      `by ${hold.by}: ${hold.reason}, until ${exact(hold.until)} `,
      h("button", { type: "button", class: "quiet", "data-do": "release", "data-id": instance.id, "data-by": hold.by, "aria-label": `Release the hold of ${hold.by}` }, "Release"))),
    row("Definition", definition ? `kept, taken ${ago(definition.taken_at)}` : "not read yet",
      definition?.acts_by_itself && h("b", {}, " · the hypervisor would act by itself")),
    row("UUID", h("code", {}, instance.id)));
}

/** A dot for each attempt of the budget; the number stands beside them. */
function dots({ used, budget }) {
  return h("span", { class: "dots", "aria-hidden": "true" },
    Array.from({ length: Math.min(budget, 10) }, (_, index) => h("span", { class: index < used ? "dot used" : "dot" })));
}
