// The fleet at a glance: what is wrong, the hosts, and every instance.

import { bar, counted, filters } from "./bars.js";
import { cards } from "./cards.js";
import { h } from "./dom.js";
import { fill_grid } from "./grid.js";
import { state, version } from "./store.js";
import { count, seen, status_of } from "./words.js";
import { troubles, wrong } from "./wrong.js";

const chosen = { q: "", status: new Set(), host: "", sort: "trouble" };
let all_wrong = false;
let made = { for: null, list: [], counts: {} };

export const title = () => "Fleet";

/** Takes a filter from the address, so that a link shows what its sender saw. */
export function enter(query) {
  chosen.q = query.get("q") ?? "";
  chosen.status = new Set((query.get("status") ?? "").split(",").filter(Boolean));
  chosen.host = query.get("host") ?? "";
  chosen.sort = query.get("sort") ?? "trouble";
  const search = document.getElementById("search");
  if (search) search.value = chosen.q;
}

export const changes = {
  search: (input) => (chosen.q = input.value),
  sort: (input) => (chosen.sort = input.value),
  "only-host": (input) => (chosen.host = input.value),
};

export const deeds = {
  filter({ status }) {
    if (!chosen.status.delete(status)) chosen.status.add(status);
  },
  more: () => (all_wrong = !all_wrong),
  clear() {
    Object.assign(chosen, { q: "", host: "" });
    chosen.status.clear();
    const search = document.getElementById("search");
    search.value = "";
    search.focus();
  },
};

/** The filter as an address. */
export function address() {
  const query = new URLSearchParams();
  if (chosen.q) query.set("q", chosen.q);
  if (chosen.status.size) query.set("status", [...chosen.status].join(","));
  if (chosen.host) query.set("host", chosen.host);
  if (chosen.sort !== "trouble") query.set("sort", chosen.sort);
  return query.size ? `#/?${query}` : "#/";
}

export function view() {
  const { list, counts } = selected();
  const everything = counted(state.instances.values());
  return [
    h("h1", { class: "unseen", "data-key": "title" }, "The fleet"),
    wrong(troubles(), all_wrong),
    h("section", { "aria-labelledby": "hosts-title", "data-key": "hosts" },
      h("div", { class: "section-head" }, h("h2", { id: "hosts-title" }, "Hosts"), h("span", { class: "muted" }, hosts_words())),
      cards()),
    h("section", { "aria-labelledby": "instances-title", "data-key": "instances" },
      h("div", { class: "section-head" },
        h("h2", { id: "instances-title" }, "Instances"),
        h("span", { class: "muted", id: "found", role: "status" }, found_words(list.length))),
      bar(everything),
      tools(counts),
      grid("The instances"),
      list.length === 0 && nothing()),
  ];
}

export function shown(main) {
  fill_grid(main.querySelector(".grid"), selected().list);
}

/** The place of a grid; `grid.js` has what is in it. */
export const grid = (label) => h("div", { class: "grid", role: "grid", "aria-label": label, "data-own": true, "data-key": "grid" });

function tools(counts) {
  const hosts = [...state.hosts.keys()].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const option = (value, text, is) => h("option", { value, selected: is }, text);
  return h("div", { class: "tools", role: "search", "aria-label": "Instances" },
    h("label", { class: "search" },
      h("span", { class: "unseen" }, "Search by name, host, policy, state or UUID"),
      h("input", { id: "search", type: "search", placeholder: "Search   /", "data-change": "search", value: chosen.q, autocomplete: "off", spellcheck: "false" })),
    h("label", {}, h("span", { class: "unseen" }, "Host"),
      h("select", { "data-change": "only-host" }, option("", "All hosts", !chosen.host), hosts.map((id) => option(id, id, id === chosen.host)))),
    h("label", {}, h("span", { class: "unseen" }, "Order"),
      h("select", { "data-change": "sort" },
        option("trouble", "Trouble first", chosen.sort === "trouble"), option("name", "By name", chosen.sort === "name"),
        option("host", "By host", chosen.sort === "host"))),
    filters(counts, chosen.status));
}

function nothing() {
  if (state.instances.size === 0) {
    return h("p", { class: "empty", "data-key": "empty" }, "There are no instances yet. Adopt the domains of a host on its page, or name instances in the configuration.");
  }
  return h("p", { class: "empty", "data-key": "empty" }, "No instance is like this. ",
    h("button", { type: "button", class: "quiet", "data-do": "clear" }, "Show all"));
}

function hosts_words() {
  const { total, up, maintenance } = state.status.hosts;
  return `${up} of ${total} up${maintenance ? `, ${maintenance} in maintenance` : ""}`;
}

const found_words = (found) => (found === state.instances.size
  ? count(found, "instance")
  : `${found.toLocaleString("en")} of ${count(state.instances.size, "instance")}`);

/** What the filter leaves, in its order; made anew only when something changed. */
function selected() {
  const key = JSON.stringify([version, chosen.q, [...chosen.status], chosen.host, chosen.sort]);
  if (made.for === key) return made;
  const words = chosen.q.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (i) => {
    if (chosen.host && i.host !== chosen.host) return false;
    const text = `${i.name} ${i.host} ${i.policy} ${i.desired.state} ${seen(i.observed)} ${status_of(i.status).word}`.toLowerCase();
    return words.every((word) => text.includes(word) || i.id.startsWith(word));
  };
  const found = [...state.instances.values()].filter(fits);
  const list = chosen.status.size ? found.filter((i) => chosen.status.has(i.status)) : found;
  made = { for: key, list: in_order(list, chosen.sort), counts: counted(found) };
  return made;
}

const names = new Intl.Collator("en", { numeric: true });

/** Instances in an order that people expect: web-2 before web-10. */
export function in_order(list, sort = "trouble") {
  const by_name = (a, b) => names.compare(a.name, b.name) || (a.id < b.id ? -1 : 1);
  if (sort === "name") return list.sort(by_name);
  if (sort === "host") return list.sort((a, b) => names.compare(a.host, b.host) || by_name(a, b));
  return list.sort((a, b) => status_of(b.status).rank - status_of(a.status).rank || by_name(a, b));
}
