// Thousands of instances as a grid of which only what can be seen is in the page.
//
// Rows are placed by hand in an element as tall as all of them. A cell is a place, not an instance:
// scrolling changes what a cell shows, and makes few new ones.

import { h } from "./dom.js";
import { icon, seen, status_of } from "./words.js";

const ROW = 52;
const GAP = 8;
const NARROWEST = 176;
/** Rows above and below what can be seen, so that fast scrolling shows no holes. */
const MORE = 6;

let element = null;
let items = [];
let columns = 1;
let rows = new Map();
let active = null;
let asked = false;
let beside = null;

new ResizeObserver(() => paint_soon()).observe(document.documentElement);
window.addEventListener("scroll", () => paint_soon(), { passive: true });

/** Shows these instances in this element; `second` is what is said of each beside its status. */
export function fill_grid(target, list, second = (item) => item.host) {
  if (target !== element) {
    element = target;
    rows = new Map();
    element.replaceChildren();
    element.addEventListener("keydown", on_key);
    element.addEventListener("focusin", (event) => {
      active = event.target.closest("[data-id]")?.dataset.id ?? active;
    });
  }
  items = list;
  beside = second;
  paint();
}

function paint_soon() {
  if (asked || !element?.isConnected) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    paint();
  });
}

function paint() {
  if (!element?.isConnected) return;
  const width = element.clientWidth;
  columns = Math.max(1, Math.floor((width + GAP) / (NARROWEST + GAP)));
  const total = Math.ceil(items.length / columns);
  element.style.height = `${Math.max(0, total * (ROW + GAP) - GAP)}px`;
  element.setAttribute("aria-rowcount", String(total));
  element.setAttribute("aria-colcount", String(columns));
  const top = element.getBoundingClientRect().top;
  // One row at least, so that keys lead into a grid that is still below what can be seen.
  const first = Math.max(0, Math.min(total - 1, Math.floor(-top / (ROW + GAP)) - MORE));
  const last = Math.min(total - 1, Math.max(first, Math.ceil((window.innerHeight - top) / (ROW + GAP)) + MORE));
  const had_focus = element.contains(document.activeElement);
  choose_active(had_focus, first, last);
  for (const [number, row] of rows) {
    if (number >= first && number <= last) continue;
    const list = items.slice(number * columns, (number + 1) * columns);
    // The focus stays where it is, also when that is scrolled out of sight.
    if (row.contains(document.activeElement) && list.length) paint_row(row, list);
    else {
      row.remove();
      rows.delete(number);
    }
  }
  let before = [...rows].filter(([number]) => number > last).map(([, row]) => row)[0] ?? null;
  for (let number = last; number >= first; number -= 1) {
    let row = rows.get(number);
    if (!row) {
      row = h("div", { role: "row", class: "row", "aria-rowindex": String(number + 1) });
      row.style.transform = `translateY(${number * (ROW + GAP)}px)`;
      rows.set(number, row);
      // Readers and the tab key go by the order in the page.
      element.insertBefore(row, before);
    }
    row.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    paint_row(row, items.slice(number * columns, (number + 1) * columns));
    before = row;
  }
  if (had_focus) keep_focus();
}

/** The tab key leads to the tile that had the focus last, or to the first one that is in the page. */
function choose_active(has_focus, first, last) {
  const at = items.findIndex((item) => item.id === active);
  const row = Math.floor(at / columns);
  if (at >= 0 && (has_focus || (row >= first && row <= last))) return;
  active = items[Math.max(0, Math.min(last, first)) * columns]?.id ?? items[0]?.id ?? null;
}

function paint_row(row, list) {
  while (row.children.length > list.length) row.lastChild.remove();
  list.forEach((item, column) => {
    let cell = row.children[column];
    if (!cell) {
      cell = h("div", { role: "gridcell" }, h("a", { class: "tile" }));
      row.append(cell);
    }
    paint_cell(cell, item, column);
  });
}

function paint_cell(cell, item, column) {
  const tile = cell.firstChild;
  tile.tabIndex = item.id === active ? 0 : -1;
  // The object is new whenever something in it is.
  if (cell.shown === item) return;
  cell.shown = item;
  const { word, tone, icon: drawn } = status_of(item.status);
  cell.setAttribute("aria-colindex", String(column + 1));
  tile.href = `#/instances/${item.id}`;
  Object.assign(tile.dataset, { id: item.id, tone, status: item.status, name: item.name });
  tile.title = `${item.name}: ${item.desired.state} desired, ${seen(item.observed)} seen`;
  tile.replaceChildren(
    h("span", { class: "sign" }, icon(drawn)),
    h("span", { class: "tile-text" }, h("b", {}, item.name), h("small", {}, `${word} · ${beside(item)}`)),
  );
}

function on_key(event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const page = Math.max(1, Math.floor(window.innerHeight / (ROW + GAP)) - 2) * columns;
  const steps = {
    ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns, PageDown: page, PageUp: -page,
    Home: -items.length, End: items.length,
  };
  const step = steps[event.key];
  if (step === undefined || !items.length) return;
  event.preventDefault();
  const at = Math.max(0, items.findIndex((item) => item.id === active));
  const next = Math.min(items.length - 1, Math.max(0, at + step));
  active = items[next].id;
  const from = element.getBoundingClientRect().top + Math.floor(next / columns) * (ROW + GAP);
  const head = document.querySelector(".top").offsetHeight + GAP;
  if (from < head) window.scrollBy({ top: from - head, behavior: "instant" });
  else if (from + ROW > window.innerHeight) window.scrollBy({ top: from + ROW + GAP - window.innerHeight, behavior: "instant" });
  paint();
  keep_focus();
}

function keep_focus() {
  const tile = element.querySelector(`[data-id="${CSS.escape(active)}"]`);
  if (tile && tile !== document.activeElement) tile.focus({ preventScroll: true });
}
