// Words, icons and tones. No meaning is carried by a colour alone: an icon and a word go with each.

import { h, svg } from "./dom.js";

const icons = {
  check: "M3.5 8.5 6.5 11.5 12.5 4.5",
  clock: "M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 1 1 0-11M8 5v3.200l2 1.300",
  repair: "M13 8a5 5 0 1 1-1.600-3.700M13 2.5v3h-3",
  later: "M8 3v5M8 8l3 3M3.5 5A5.5 5.5 0 1 0 8 2.5",
  unequal: "M3.5 6h9M3.5 10h9M10.5 3l-5 10",
  cross: "M4.5 4.5l7 7M11.5 4.5l-7 7",
  hold: "M6 4v8M10 4v8",
  question: "M5.800 6.200a2.200 2.200 0 1 1 3.300 1.900c-.8.5-1.100.9-1.100 1.700M8 12.200v.1",
  alarm: "M8 4v5M8 11.900v.1M8 1.800 14.200 8 8 14.200 1.800 8z",
  info: "M8 7.5v4M8 4.600v.1",
  warning: "M8 2.5 14 13H2zM8 6.5v3M8 11.200v.1",
  eye: "M1.5 8S4 3.800 8 3.800 14.5 8 14.5 8 12 12.200 8 12.200 1.5 8 1.5 8M8 6.300a1.700 1.700 0 1 1 0 3.400a1.700 1.700 0 1 1 0-3.400",
  scales: "M8 3v10M5 13h6M3 5h10M3 5l-1.5 4h3zM13 5l-1.5 4h3z",
  play: "M5 3.5 12 8l-7 4.5z",
  flag: "M4 14V3h8l-2 3 2 3H4",
  mail: "M2.5 4.5h11v7h-11zM2.5 4.5 8 9l5.5-4.5",
  dot: "M8 6.5a1.5 1.5 0 1 1 0 3a1.5 1.5 0 1 1 0-3",
  wrench: "M10.5 3a3 3 0 0 0-3 4L3 11.5 4.5 13 9 8.5a3 3 0 0 0 4-3.5l-2 1.5-1.5-1.5z",
};

/** An icon; what it means is said beside it. */
export function icon(name) {
  return svg("svg", { viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true" }, svg("path", { d: icons[name] }));
}

/** What each status is called, from the calmest to the worst. */
export const statuses = {
  in_sync: { word: "in sync", icon: "check", tone: "good", rank: 0, says: "as desired" },
  held: { word: "held", icon: "hold", tone: "hold", rank: 1, says: "somebody works on it" },
  unknown: { word: "unknown", icon: "question", tone: "mute", rank: 2, says: "its host cannot be asked, or was not read yet" },
  settling: { word: "settling", icon: "clock", tone: "warn", rank: 3, says: "not as desired, within its grace" },
  repairing: { word: "repairing", icon: "repair", tone: "bad", rank: 4, says: "an action is under way" },
  backing_off: { word: "backing off", icon: "later", tone: "bad", rank: 5, says: "waits before the next attempt" },
  out_of_sync: { word: "out of sync", icon: "unequal", tone: "worst", rank: 6, says: "not as desired, and nothing will be done" },
  given_up: { word: "given up", icon: "cross", tone: "worst", rank: 7, says: "the attempts are spent" },
  quarantined: { word: "quarantined", icon: "alarm", tone: "worst", rank: 8, says: "its actor fails again and again" },
};
export const status_of = (name) => statuses[name] ?? { word: name, icon: "question", tone: "mute", rank: 2, says: "" };

export const host_states = {
  up: { word: "up", icon: "check", tone: "good" },
  connecting: { word: "connecting", icon: "clock", tone: "mute" },
  unreachable: { word: "unreachable", icon: "cross", tone: "worst" },
  maintenance: { word: "maintenance", icon: "wrench", tone: "hold" },
};

export const severities = {
  critical: { word: "critical", icon: "alarm", tone: "worst", rank: 3 },
  warning: { word: "warning", icon: "warning", tone: "warn", rank: 2 },
  info: { word: "info", icon: "info", tone: "info", rank: 1 },
  none: { word: "minor", icon: "dot", tone: "mute", rank: 0 },
};
export const severity_of = (name) => severities[name] ?? severities.none;

export const kinds = {
  observed: { word: "observed", icon: "eye", tone: "info" },
  verdict: { word: "verdict", icon: "scales", tone: "hold" },
  attempt: { word: "attempt", icon: "play", tone: "warn" },
  outcome: { word: "outcome", icon: "flag", tone: "good" },
  delivery: { word: "delivery", icon: "mail", tone: "mute" },
  desired: { word: "desired", icon: "flag", tone: "info" },
  incident_opened: { word: "incident opened", icon: "warning", tone: "bad" },
  incident_closed: { word: "incident closed", icon: "check", tone: "good" },
  supervision: { word: "supervision", icon: "repair", tone: "warn" },
  note: { word: "note", icon: "dot", tone: "mute" },
};
export const kind_of = (name) => kinds[name] ?? { ...kinds.note, word: name };

/** A word with its icon, in its tone. */
export function badge({ word, icon: name, tone }, more) {
  return h("span", { class: "badge", "data-tone": tone, ...more }, icon(name), h("span", {}, word));
}

/** `shutoff/destroyed`. */
export const seen = (observed) =>
  observed?.state ? (observed.reason ? `${observed.state}/${observed.reason}` : observed.state) : "not seen yet";

/** `1 instance`, `2 instances`. */
export const count = (number, one, many = `${one}s`) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
