// The page: which view is shown, what is said about the service, and whose turn a click is.

import { deeds as actions } from "./actions.js";
import { forget_token, has_token, new_token } from "./api.js";
import "./dialogs.js";
import { h, show } from "./dom.js";
import * as fleet from "./fleet.js";
import * as host from "./host.js";
import * as incidents from "./incidents.js";
import * as instance from "./instance.js";
import * as policies from "./policies.js";
import { state, watch } from "./store.js";
import * as supervision from "./supervision.js";
import { again, start } from "./sync.js";
import { span, ago } from "./time.js";
import { count, icon } from "./words.js";
import { spoken, troubles } from "./wrong.js";

const routes = { "": fleet, hosts: host, instances: instance, incidents, policies, supervision };
const main = document.getElementById("main");
let here = { view: fleet, id: null };
let painted = false;

function route() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, id] = path.split("/");
  const view = routes[name] ?? fleet;
  const moved = view !== here.view || (id ?? null) !== here.id;
  here = { view, id: id === undefined ? null : decodeURIComponent(id) };
  view.enter?.(new URLSearchParams(query));
  if (moved) {
    main.replaceChildren();
    window.scrollTo({ top: 0, behavior: "instant" });
  }
  paint();
  // A new page is read from its beginning; at the first load the browser has its own way.
  if (moved && painted) main.focus({ preventScroll: true });
}

let asked = false;
function paint_soon() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    paint();
  });
}

function paint() {
  banners();
  link();
  pages();
  if (!state.loaded) {
    show(main, h("h1", { class: "unseen" }, "assured"), h("p", { class: "empty", "aria-busy": "true" }, state.link.mode === "offline" ? "The service does not answer yet." : "Reading the fleet…"));
    return;
  }
  show(main, here.view.view(here));
  here.view.shown?.(main, here);
  document.title = `${here.view.title(here)} · assured${state.status.incidents.open ? ` (${state.status.incidents.open})` : ""}`;
  painted = true;
  speak();
}

function pages() {
  const current = here.view === host || here.view === instance ? "#/" : `#/${Object.keys(routes).find((name) => routes[name] === here.view)}`;
  for (const page of document.querySelectorAll("#pages a")) {
    if (page.getAttribute("href") === current) page.setAttribute("aria-current", "page");
    else page.removeAttribute("aria-current");
  }
}

const links = {
  connecting: ["mute", "clock", "Connecting"],
  live: ["good", "check", "Live", "What happens is shown as it happens"],
  polling: ["warn", "later", "Every 5 s", "There is no stream of events: what is shown may be 5 seconds old"],
  offline: ["worst", "cross", "Disconnected"],
  locked: ["warn", "hold", "Token needed"],
};
function link() {
  const [tone, drawn, word, says = ""] = links[state.link.mode];
  const box = document.getElementById("link");
  box.dataset.tone = tone;
  box.dataset.mode = state.link.mode;
  box.title = says;
  show(box, icon(drawn), h("span", {}, word));
}

function banners() {
  const said = [];
  // What changes by the second stands outside of what is said aloud.
  const say = (tone, key, text, ...more) => said.push(h("div", { class: "banner", "data-tone": tone, "data-key": key },
    icon(tone === "worst" ? "cross" : "warning"), h("p", { role: "alert" }, text), h("div", {}, more)));
  const { mode, heard, why } = state.link;
  if (mode === "offline") {
    say("worst", "offline", [h("b", {}, "Disconnected. "), `${why} It is tried again by itself. `],
      heard && h("span", {}, `What is shown is ${span(Date.now() - heard)} old. `),
      h("button", { type: "button", class: "quiet", "data-do": "again" }, "Try now"));
  }
  if (mode === "locked") say("warn", "locked", h("b", {}, "An access token is needed."), h("button", { type: "button", class: "quiet", "data-do": "token" }, "Give one"));
  const status = state.status;
  if (status) {
    if (!status.service.ready) say("warn", "ready", [h("b", {}, "Not ready yet: "), "the service has not heard of every host so far."]);
    if (status.service.config_error) say("warn", "config", [h("b", {}, "The configuration was refused: "), status.service.config_error]);
    if (!status.database.healthy) say("worst", "database", [h("b", {}, "The database cannot be used: nothing is repaired. "), status.database.error ?? ""]);
  }
  show(document.getElementById("banners"), said);
  document.body.classList.toggle("stale", mode === "offline" || mode === "locked");
  const foot = status && [
    h("span", {}, `assured ${status.service.version}, up ${span(status.service.uptime_seconds * 1000)}, ${status.database.backend}`),
    h("span", {}, `${count(status.actions.in_flight, "action")} under way, ${status.actions.waiting} waiting`),
    h("span", {}, `configuration read ${ago(status.service.config_loaded_at)}`),
    has_token() && h("button", { type: "button", class: "quiet", "data-do": "forget" }, "Forget the token"),
  ];
  show(document.getElementById("foot"), foot);
}

let said_last = null;
let said_at = 0;
/** Tells those who listen what is wrong: when that has changed, and not more than every few seconds. */
function speak() {
  const found = troubles();
  const key = found.map((trouble) => trouble.key).sort().join();
  if (key === said_last || Date.now() - said_at < 3000) return;
  // At the first look it is told only if something is wrong.
  if (said_last !== null || found.length) {
    document.getElementById("said").textContent = spoken(found);
    said_at = Date.now();
  }
  said_last = key;
}

const common = {
  again,
  token: () => new_token("The service wants to know who asks.").then((given) => given && again()),
  forget: () => forget_token(),
  skip: () => main.focus(),
  theme: next_theme,
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (!button || button.disabled) return;
  const deed = here.view.deeds?.[button.dataset.do] ?? actions[button.dataset.do] ?? common[button.dataset.do];
  if (!deed) return;
  event.preventDefault();
  deed(button.dataset);
  keep_address();
  paint_soon();
});

for (const kind of ["input", "change"]) {
  document.addEventListener(kind, (event) => {
    const change = here.view.changes?.[event.target.dataset.change];
    if (!change) return;
    change(event.target);
    keep_address();
    paint_soon();
  });
}

/** The address says what is shown, without a step back for each letter typed. */
function keep_address() {
  const wanted = here.view.address?.();
  if (wanted && wanted !== (location.hash || "#/")) history.replaceState(null, "", wanted);
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, select, textarea");
  const search = document.getElementById("search");
  if (event.key === "/" && !typing && !document.querySelector("dialog[open]") && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    if (search) search.focus();
    else location.hash = "#/";
  } else if (event.key === "Escape" && event.target === search) {
    if (search.value === "") search.blur();
    else fleet.deeds.clear();
    keep_address();
    paint_soon();
  }
});

const themes = { auto: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" };
function theme() {
  const chosen = localStorage.getItem("assured.theme") ?? "auto";
  if (chosen === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
  const button = document.getElementById("theme");
  button.setAttribute("aria-label", themes[chosen]);
  button.title = themes[chosen];
  button.textContent = { auto: "◐", light: "○", dark: "●" }[chosen];
}
function next_theme() {
  const order = Object.keys(themes);
  const chosen = localStorage.getItem("assured.theme") ?? "auto";
  localStorage.setItem("assured.theme", order[(order.indexOf(chosen) + 1) % order.length]);
  theme();
}

theme();
watch(paint_soon);
window.addEventListener("hashchange", route);
// Ages grow by themselves.
setInterval(() => document.hidden || paint_soon(), 1000);
route();
start();
