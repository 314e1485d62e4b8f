// Keeps what the page knows like what the service knows: by its stream of events, and by asking
// every few seconds while there is none. An event says what to read again, not what it is now.

import { all, get, new_token } from "./api.js";
import { changed, set_link, state, touch, touch_all } from "./store.js";
import { listen } from "./stream.js";
import { set_clock } from "./time.js";

/** Events that come close together are answered by one round of reads. */
const GATHER = 80;
const PULSE = 5000;
/** More changed instances than this are read as a whole. */
const MANY = 40;
const LONGEST_PAUSE = 15_000;
const LATELY = 6;

let last = null;
let streaming = false;
let doubts = 0;
let declined = false;
const due = { instances: new Set(), hosts: new Set(), whole: false, incidents: false };
let timer = null;
let busy = false;

/** Begins, and goes on for as long as the page is open. */
export function start() {
  document.addEventListener("visibilitychange", () => document.hidden || pulse());
  window.addEventListener("online", pulse);
  follow();
  beat();
}

/** Ends the pause before the next try of the stream. */
let wake = () => {};
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function beat() {
  for (;;) {
    await pulse();
    await pause(PULSE);
  }
}

/** The service at a glance, its hosts, and without a stream the events since the last time. */
let pulsing = null;
function pulse() {
  pulsing ??= pulse_once().finally(() => (pulsing = null));
  return pulsing;
}

async function pulse_once() {
  try {
    const back = !state.loaded || state.link.mode === "offline" || state.link.mode === "locked";
    const [status, hosts] = await Promise.all([get("/api/v1/status"), all("/api/v1/hosts")]);
    // Another life of the service: what is shown may be from before a crash, or from another database.
    const reborn = state.status && state.status.service.started_at !== status.service.started_at;
    if (last === null || reborn) last = (await get("/api/v1/events?order=desc&limit=1")).items[0]?.id ?? 0;
    set_clock(status.service.started_at, status.service.uptime_seconds);
    state.status = status;
    replace(state.hosts, hosts);
    if (back || reborn) {
      wake();
      await read_whole();
      touch_all();
    } else if (!streaming) await catch_up();
    check_counts();
    state.loaded = true;
    set_link(streaming ? "live" : "polling");
    touch("pulse");
    changed();
  } catch (problem) {
    failed(problem);
  }
}

function failed(problem) {
  if (problem.status === 401) {
    set_link("locked", problem.message);
    // Whoever does not give one is not asked again and again: there is a button for it.
    if (!declined) new_token(problem.message).then((given) => (given ? pulse() : (declined = true)));
  } else set_link("offline", problem.message);
}

async function catch_up() {
  const page = await get("/api/v1/events?order=desc&limit=200");
  const fresh = page.items.filter((event) => event.id > last);
  if (fresh.length === page.items.length && fresh.length === 200) due.whole = true;
  for (const event of fresh.reverse()) took(event);
  if (due.whole) schedule();
}

async function follow() {
  let wait = 500;
  for (;;) {
    if (last === null || state.link.mode === "locked") {
      await pause(200);
      continue;
    }
    try {
      await listen(last, {
        opened: () => {
          [streaming, wait] = [true, 500];
          set_link("live");
        },
        event: ({ data }) => took(JSON.parse(data)),
      });
    } catch {
      const was = streaming;
      streaming = false;
      // Whether the service is gone, or only its stream, shows at once.
      if (was) pulse();
    }
    await Promise.race([pause(wait * (0.75 + Math.random() / 2)), new Promise((now) => (wake = now))]);
    wait = Math.min(wait * 2, LONGEST_PAUSE);
  }
}

function took(event) {
  // The stream's last word, before it ends, has no number.
  if (!Number.isInteger(event.id) || event.id <= last) return;
  last = event.id;
  state.link.heard = Date.now();
  if (event.instance) {
    due.instances.add(event.instance);
    touch(`instance:${event.instance}`);
  } else if (event.host) {
    due.hosts.add(event.host);
    touch(`host:${event.host}`);
  }
  if (event.incident) touch(`incident:${event.incident}`);
  if (event.kind === "incident_opened" || event.kind === "incident_closed") due.incidents = true;
  if (event.kind === "incident_opened" || event.kind === "incident_closed") touch("incidents");
  if (event.kind === "supervision") touch("supervision");
  if (event.kind === "service") {
    due.whole = true;
    touch_all();
  }
  schedule();
}

function schedule() {
  timer ??= setTimeout(async () => {
    timer = null;
    if (busy) return schedule();
    busy = true;
    try {
      await settle();
    } catch (problem) {
      due.whole = true;
      failed(problem);
    }
    busy = false;
  }, GATHER);
}

/** Reads what is due. */
async function settle() {
  const { whole, incidents } = due;
  const [instances, hosts] = [[...due.instances], [...due.hosts]];
  Object.assign(due, { whole: false, incidents: false });
  due.instances.clear();
  due.hosts.clear();
  if (whole || instances.length > MANY) await read_whole();
  else {
    await Promise.all([
      ...instances.map(read_instance),
      ...hosts.map(read_host),
      incidents && read_incidents(),
      get("/api/v1/status").then((status) => (state.status = status)),
    ]);
  }
  changed({ instances: true });
}

async function read_instance(id) {
  try {
    state.instances.set(id, await get(`/api/v1/instances/${id}`));
  } catch (problem) {
    if (problem.status !== 404) throw problem;
    state.instances.delete(id);
  }
}

async function read_host(id) {
  const [host, instances] = await Promise.all([
    get(`/api/v1/hosts/${encodeURIComponent(id)}`).catch(gone),
    all(`/api/v1/instances?host=${encodeURIComponent(id)}`),
  ]);
  if (host) state.hosts.set(id, host);
  else state.hosts.delete(id);
  for (const instance of instances) state.instances.set(instance.id, instance);
}

function gone(problem) {
  if (problem.status !== 404) throw problem;
  return null;
}

async function read_incidents() {
  const open = await all("/api/v1/incidents?state=open", 2000);
  const ended = [...state.incidents.values()].filter((was) => !open.some((is) => is.id === was.id));
  replace(state.incidents, open);
  if (!state.loaded) return;
  const closed = (await get(`/api/v1/incidents?state=closed&limit=${LATELY}`)).items;
  const watched = new Set([...ended, ...state.lately].map((incident) => incident.id));
  const since = Date.parse(state.opened_page);
  state.lately = closed.filter((i) => watched.has(i.id) || Date.parse(i.closed_at) > since);
}

async function read_whole() {
  const [instances] = await Promise.all([all("/api/v1/instances"), read_incidents()]);
  replace(state.instances, instances);
  const status = await get("/api/v1/status");
  state.status = status;
  state.opened_page ??= new Date(Date.parse(status.service.started_at) + status.service.uptime_seconds * 1000).toISOString();
  changed({ instances: true });
}

/** Counts that stay different from those of the service mean that something was missed. */
function check_counts() {
  const { total, in_sync, unknown, held } = state.status.instances;
  const mine = { in_sync: 0, unknown: 0, held: 0 };
  for (const { status } of state.instances.values()) if (status in mine) mine[status] += 1;
  const open = state.status.incidents.open;
  const same = state.instances.size === total && mine.in_sync === in_sync && mine.unknown === unknown && mine.held === held;
  doubts = same && state.incidents.size === Math.min(open, 2000) ? 0 : doubts + 1;
  if (doubts > 1) {
    doubts = 0;
    due.whole = true;
    schedule();
  }
}

function replace(map, items) {
  map.clear();
  for (const item of items) map.set(item.id, item);
}

/** After a change of one's own: it is read at once. */
export function look_at({ instance, host }) {
  if (instance) due.instances.add(instance);
  if (host) due.hosts.add(host);
  touch(`instance:${instance}`, `host:${host}`);
  schedule();
}

/** Asks at once, whatever the time. */
export const again = () => pulse();
