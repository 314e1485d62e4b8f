// A policy as a matrix: what is seen in the rows, what is desired in the columns, what is done in the cells.

import { ask } from "./api.js";
import { h } from "./dom.js";
import { changed, read } from "./store.js";
import { icon, severity_of } from "./words.js";

const columns = ["running", "paused", "shutoff"];
const drawn = {
  accept: "check", alert: "alarm", ignore: "dot", start: "play", start_paused: "play", resume: "play", pause: "hold",
  wakeup: "play", shutdown: "later", destroy: "cross", restart: "repair", redefine: "wrench",
};
const tones = { accept: "hold", alert: "warn", ignore: "mute" };

let chosen = "default";
let open = null;
let answer = null;

export const title = () => "Policies";

export function enter(query) {
  chosen = query.get("policy") ?? "default";
  [open, answer] = [null, null];
}

export const changes = {
  policy(input) {
    chosen = input.value;
    [open, answer] = [null, null];
  },
};
export const address = () => (chosen === "default" ? "#/policies" : `#/policies?policy=${encodeURIComponent(chosen)}`);

export const deeds = {
  async cell({ desired, observed }) {
    const question = { desired, observed, policy: chosen };
    open = `${desired} ${observed}`;
    answer = { text: "Asking…" };
    changed();
    const mine = open;
    const said = await ask("/api/v1/policies/explain", question).catch((problem) => ({ text: problem.message }));
    if (open === mine) answer = said;
    changed();
    document.getElementById("explained")?.scrollIntoView({ block: "nearest" });
  },
  uncell: () => ([open, answer] = [null, null]),
};

export function view() {
  const found = read("/api/v1/policies?limit=1000", "policies");
  const items = found.value?.items;
  const policy = items?.find(({ name }) => name === chosen);
  return [
    h("div", { class: "page-head", "data-key": "head" }, h("h1", {}, "Policies"),
      h("p", { class: "muted" }, "For what is seen (rows) and what is desired (columns): what would be done. Choose a cell to be told in full."),
      items && picker(items)),
    !items && (found.problem ? h("p", { class: "problem" }, found.problem.message) : h("p", { class: "empty", "aria-busy": "true" }, "Reading…")),
    items && !policy && h("p", { class: "empty" }, `There is no policy ${chosen}.`),
    policy && explained(),
    policy && matrix(policy),
    policy && legend(),
  ];
}

function picker(items) {
  return h("div", { "data-key": "picker" }, h("label", {}, "Policy ",
    h("select", { "data-change": "policy" }, items.map(({ name }) => h("option", { value: name, selected: name === chosen }, name)))));
}

function explained() {
  const words = open?.split(" ");
  return h("section", { class: "explained panel", id: "explained", "aria-live": "polite", "data-key": "explained", hidden: !open },
    open && [
      h("h2", {}, `Seen ${words[1]}, ${words[0]} desired`),
      h("p", {}, answer.text),
      h("button", { type: "button", class: "quiet", "data-do": "uncell" }, "Close")]);
}

function matrix(policy) {
  return h("div", { class: "scroll panel", tabindex: "0", role: "region", "aria-label": "The policy, a table", "data-key": "matrix" },
    h("table", { class: "matrix" },
      h("caption", { class: "unseen" }, `What the policy ${policy.name} does`),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Seen"), columns.map((name) => h("th", { scope: "col" }, `${name} desired`)))),
      h("tbody", {}, rows(policy).map((row) =>
        h("tr", { "data-key": row.conditions[0] }, h("th", { scope: "row" }, name_of(row)),
          row.cells.map((cell, index) => h("td", {}, button(cell, columns[index], row.conditions[0]))))))));
}

const states = ["running", "blocked", "paused", "shutdown", "shutoff", "crashed", "pmsuspended", "nostate", "missing"];

/** The conditions of a state for which all is the same are one row: `[conditions, whole state?, cells]`. */
function rows(policy) {
  const groups = new Map();
  for (const condition of Object.keys(policy.running)) {
    const state = condition.split("/")[0];
    const cells = columns.map((desired) => policy[desired][condition]);
    // Which key of the table a rule stands under makes no difference here.
    const key = state + JSON.stringify(cells.map((cell) => ({ ...cell, rule: null })));
    const group = groups.get(key) ?? { state, conditions: [], cells };
    group.conditions.push(condition);
    groups.set(key, group);
  }
  const all = [...groups.values()];
  const place = ({ state }) => (states.includes(state) ? states.indexOf(state) : states.length);
  return all
    .map((group) => ({ ...group, whole: all.filter(({ state }) => state === group.state).length === 1 }))
    .sort((a, b) => place(a) - place(b));
}

function name_of({ state, conditions, whole }) {
  if (whole) return conditions[0].includes("/") ? `${state}/*` : state;
  return conditions.map((condition) => condition.replace(`${state}/`, "")).reduce((said, reason) => [...said, said.length ? ", " : `${state}/`, reason], []);
}

function button(cell, desired, condition) {
  const words = cell.in_sync ? "in sync" : cell.action.replace("_", " ");
  const tone = cell.in_sync ? "good" : (tones[cell.action] ?? "info");
  const small = !cell.in_sync && [
    cell.grace !== "0s" && `after ${cell.grace}`,
    cell.retry && `${cell.retry.attempts}×`,
    cell.force_after && `then off after ${cell.force_after}`,
  ].filter(Boolean).join(" · ");
  const severity = cell.severity && cell.severity !== "none" ? severity_of(cell.severity) : null;
  const id = `${desired} ${condition}`;
  return h("button", { type: "button", class: "cell", "data-tone": tone, "data-do": "cell", "data-desired": desired, "data-observed": condition,
    "aria-expanded": String(open === id), "data-key": id },
    h("span", { class: "cell-word" }, icon(cell.in_sync ? "check" : (drawn[cell.action] ?? "play")), words),
    (small || severity || (cell.layer && cell.layer !== "built-in")) && h("small", {},
      [small, severity?.word, cell.layer && cell.layer !== "built-in" && `by ${cell.layer}`].filter(Boolean).join(" · ")));
}

function legend() {
  const one = (tone, name, text) => h("li", {}, h("span", { class: "badge", "data-tone": tone }, icon(name), text));
  return h("ul", { class: "legend", "data-key": "legend" },
    one("good", "check", "in sync: nothing is done"), one("info", "play", "the machine is put right"),
    one("hold", "check", "accept: the record follows"), one("warn", "alarm", "alert: reported only"), one("mute", "dot", "ignore"));
}
