// Counts by status: as one bar, and as buttons that filter by them.

import { h } from "./dom.js";
import { icon, statuses } from "./words.js";

/** How many instances have each status. */
export function counted(instances) {
  const counts = Object.fromEntries(Object.keys(statuses).map((name) => [name, 0]));
  for (const { status } of instances) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** One bar of all, each status with its share; in words for those who do not see it. */
export function bar(counts) {
  const there = Object.entries(statuses).filter(([name]) => counts[name]);
  const label = there.map(([name, { word }]) => `${counts[name]} ${word}`).join(", ") || "no instances";
  return h(
    "div",
    { class: "bar", role: "img", "aria-label": label },
    // Whatever is rare is what matters: a share can be small, but not so small that it is not seen.
    there.map(([name, { tone }]) =>
      h("span", { "data-key": name, "data-tone": tone, "data-status": name, style: { "flex-grow": String(counts[name]) } })),
  );
}

/** A button for each status that there is. */
export function filters(counts, chosen) {
  return h(
    "div",
    { class: "chips", role: "group", "aria-label": "Filter by status" },
    Object.entries(statuses)
      .filter(([name]) => counts[name] || chosen.has(name))
      .map(([name, { word, tone, icon: drawn, says }]) =>
        h(
          "button",
          {
            type: "button", class: "chip", "data-key": name, "data-tone": tone, "data-do": "filter",
            "data-status": name, "aria-pressed": String(chosen.has(name)), title: says,
          },
          icon(drawn), h("span", {}, word), h("b", {}, counts[name].toLocaleString("en")),
        )),
  );
}
