// What is wrong now, the worst first; and what was put right a moment ago.

import { h, joined } from "./dom.js";
import { state } from "./store.js";
import { ago, now, span, until } from "./time.js";
import { badge, count, seen, severity_of, status_of } from "./words.js";

const SHOWN = 8;
/** More than these one does not read: the grid has them all. */
const MOST = 200;
const LATELY = 10 * 60_000;

/** Everything that is wrong: hosts that cannot be reached, incidents, and instances that have none. */
export function troubles() {
  const found = [];
  const told = new Set();
  for (const incident of state.incidents.values()) {
    if (incident.instance) told.add(incident.instance);
    else told.add(`host ${incident.host}`);
    found.push(of_incident(incident));
  }
  for (const host of state.hosts.values()) {
    if (host.state === "unreachable" && !told.has(`host ${host.id}`)) found.push(of_host(host));
  }
  for (const instance of state.instances.values()) {
    const { rank } = status_of(instance.status);
    if (rank > 2 && !told.has(instance.id)) found.push(of_instance(instance));
  }
  return found.sort((a, b) => b.rank - a.rank || a.since.localeCompare(b.since));
}

function of_incident(incident) {
  const instance = incident.instance && state.instances.get(incident.instance);
  const severity = severity_of(incident.severity);
  return {
    key: `incident ${incident.id}`,
    rank: severity.rank * 10 + (instance ? status_of(instance.status).rank : 9),
    since: incident.opened_at,
    severity,
    name: incident.name ?? incident.host,
    host: incident.host,
    instance,
    link: `#/incidents/${incident.id}`,
    text: incident.summary,
  };
}

function of_host(host) {
  return {
    key: `host ${host.id}`, rank: 39, since: host.since, severity: severity_of("critical"), name: host.id, host: host.id,
    link: `#/hosts/${encodeURIComponent(host.id)}`, text: `${host.id} cannot be reached${host.error ? `: ${host.error}` : ""}`,
  };
}

function of_instance(instance) {
  const text = `${instance.name} is ${seen(instance.observed)}, ${instance.desired.state} is desired`;
  const { rank } = status_of(instance.status);
  return {
    key: `instance ${instance.id}`, rank, since: instance.desired.since, severity: severity_of(rank > 6 ? "warning" : "none"),
    name: instance.name, host: instance.host, instance, link: `#/instances/${instance.id}`, text,
  };
}

/** What will happen, in a few words. */
export function next_of(instance) {
  const { next } = instance;
  if (!next) return null;
  return joined([`${next.action}${next.at ? ` ${until(next.at)}` : ""}`, next.why], ": ").join("");
}

/** The section at the top. */
export function wrong(found, all) {
  const shown = found.slice(0, all ? MOST : SHOWN);
  const title = found.length ? `Wrong now: ${found.length.toLocaleString("en")}` : "Nothing is wrong";
  return h(
    "section",
    { class: "wrong", "aria-labelledby": "wrong-title", "data-tone": found.length ? "bad" : "good", "data-key": "wrong" },
    h("h2", { id: "wrong-title" }, title),
    found.length === 0 && h("p", { class: "calm" }, calm_words()),
    found.length > 0 && h("ul", { class: "lines" }, shown.map(line)),
    found.length > SHOWN &&
      h("button", { type: "button", class: "quiet", "data-do": "more", "aria-expanded": String(all) },
        all ? "Show fewer" : `Show ${found.length > MOST ? `the first ${MOST}` : `all ${found.length}`}`),
    lately(),
  );
}

function calm_words() {
  const { total, held, unknown } = state.status.instances;
  const but = [held && `${held.toLocaleString("en")} held`, unknown && `${unknown.toLocaleString("en")} unknown`].filter(Boolean);
  const all = total === 1 ? "The one instance is" : `All ${total.toLocaleString("en")} instances are`;
  if (total === 0) return "There are no instances yet.";
  return but.length ? `No instance is known to be out of its desired state (${but.join(", ")}).` : `${all} as desired.`;
}

function line(trouble) {
  const { instance } = trouble;
  return h(
    "li",
    { class: "line", "data-key": trouble.key, "data-tone": trouble.severity.tone },
    badge(trouble.severity),
    h("a", { class: "line-name", href: trouble.link }, trouble.name),
    h("span", { class: "line-text" }, trouble.text),
    h("span", { class: "line-next" },
      instance && badge(status_of(instance.status)),
      instance && h("span", { class: "muted small" }, next_of(instance) ?? "nothing comes by itself")),
    h("span", { class: "line-since muted small" }, ago(trouble.since)),
  );
}

/** Repairs happen faster than one looks: what was put right stays for a while. */
function lately() {
  const fresh = state.lately.filter(({ closed_at }) => now() - Date.parse(closed_at) < LATELY);
  if (!fresh.length) return null;
  return h(
    "div",
    { class: "lately" },
    h("h3", {}, "Over a moment ago"),
    h("ul", {}, fresh.map((incident) =>
      h("li", { "data-key": `over ${incident.id}` },
        h("a", { href: `#/incidents/${incident.id}` }, incident.name ?? incident.host),
        ` ${incident.resolution ?? "over"} after ${span(Date.parse(incident.closed_at) - Date.parse(incident.opened_at))}`,
        incident.attempts > 0 && `, ${count(incident.attempts, "attempt")}`,
        h("span", { class: "muted" }, ` · ${ago(incident.closed_at)}`)))),
  );
}

/** One sentence for those who listen. */
export function spoken(found) {
  if (!found.length) return "Nothing is wrong.";
  const critical = found.filter(({ severity }) => severity.rank === 3).length;
  const worst = found.slice(0, 2).map(({ text }) => text).join("; ");
  return `${count(found.length, "thing is", "things are")} wrong${critical ? `, ${critical} critical` : ""}: ${worst}.`;
}
