// Hosts as cards.

import { bar, counted } from "./bars.js";
import { h } from "./dom.js";
import { state } from "./store.js";
import { ago } from "./time.js";
import { badge, count, host_states } from "./words.js";

/** How a host stands, in one word: maintenance counts before the connection. */
export const state_of = (host) => host_states[host.maintenance && host.state === "up" ? "maintenance" : host.state] ?? host_states.connecting;

/** All hosts; those with trouble first. */
export function cards() {
  const by_host = new Map();
  for (const instance of state.instances.values()) {
    const list = by_host.get(instance.host) ?? [];
    list.push(instance);
    by_host.set(instance.host, list);
  }
  const rank = (host) => (host.state === "unreachable" ? 0 : host.out_of_sync ? 1 : 2);
  const hosts = [...state.hosts.values()].sort((a, b) => rank(a) - rank(b) || a.id.localeCompare(b.id, "en", { numeric: true }));
  return h("ul", { class: "cards" }, hosts.map((host) => card(host, by_host.get(host.id) ?? [])));
}

function card(host, instances) {
  const labels = Object.entries(host.labels).map(([key, value]) => `${key} ${value}`);
  return h(
    "li",
    { class: "card", "data-key": host.id, "data-tone": state_of(host).tone, "data-host": host.id },
    h("div", { class: "card-head" },
      h("h3", {}, h("a", { href: `#/hosts/${encodeURIComponent(host.id)}` }, host.id)),
      badge(state_of(host))),
    bar(counted(instances)),
    h("p", { class: "facts" },
      count(host.instances, "instance"),
      host.out_of_sync > 0 && h("b", {}, ` · ${host.out_of_sync} not as desired`),
      host.unmanaged.length > 0 && ` · ${host.unmanaged.length} unmanaged`),
    h("p", { class: "small muted" },
      host.state === "up" ? `seen ${ago(host.last_seen)}` : (host.error ?? `since ${ago(host.since)}`),
      labels.length > 0 && ` · ${labels.join(", ")}`),
  );
}
