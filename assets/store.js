// What the page knows. Those who show it are told when it changes; `sync.js` keeps it true.

import { get } from "./api.js";

export const state = {
  status: null,
  hosts: new Map(),
  instances: new Map(),
  /** The open ones. */
  incidents: new Map(),
  /** Incidents that ended while somebody watched, the newest first. */
  lately: [],
  /** connecting, live, polling, offline, locked. */
  link: { mode: "connecting", since: Date.now(), heard: null, why: null },
  /** Whether everything was read once. */
  loaded: false,
};

/** Grows when an instance changed: lists that were made of them are old. */
export let version = 0;
const watchers = new Set();

export function watch(watcher) {
  watchers.add(watcher);
}

/** Tells that something has changed. */
export function changed({ instances = false } = {}) {
  if (instances) version += 1;
  for (const watcher of watchers) watcher();
}

export function set_link(mode, why = null) {
  if (mode !== state.link.mode) state.link = { ...state.link, mode, why, since: Date.now() };
  if (mode === "live" || mode === "polling") state.link.heard = Date.now();
  changed();
}

/** Things that only one view needs, by their address. */
const held = new Map();
/** A read that failed is tried again after this. */
const AGAIN = 5000;

/** What was read from there, or undefined as long as it is on its way. It is read anew when one of its topics changed. */
export function read(path, ...topics) {
  let entry = held.get(path);
  if (!entry) {
    entry = { value: undefined, problem: null, old: true, loading: false, retry_at: 0, topics };
    held.set(path, entry);
  }
  if (entry.old && !entry.loading && Date.now() >= entry.retry_at) load(path, entry);
  return entry;
}

async function load(path, entry) {
  Object.assign(entry, { loading: true, old: false });
  try {
    entry.value = await get(path);
    entry.problem = null;
  } catch (problem) {
    Object.assign(entry, { problem, old: true, retry_at: Date.now() + AGAIN });
  }
  entry.loading = false;
  changed();
}

/** What has these topics is to be read again, by whoever looks at it. */
export function touch(...topics) {
  for (const [path, entry] of held) {
    if (!entry.topics.some((topic) => topics.includes(topic))) continue;
    entry.old = true;
    // What nobody looks at is not kept up to date, only thrown away.
    if (held.size > 50 && !entry.loading) held.delete(path);
  }
}

/** Everything is to be read again. */
export function touch_all() {
  for (const entry of held.values()) entry.old = true;
}
