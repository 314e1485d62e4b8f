// Elements made of data, and laid over the page so that focus, selection and scrolling stay.
// Text is only ever set as text: nothing that the service tells can become markup.

const SVG = "http://www.w3.org/2000/svg";

/** An element. `style` is an object of properties; false, null and undefined are left out. */
export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for a drawing. */
export function svg(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === false || value === null || value === undefined) continue;
    if (name === "style") for (const [key, said] of Object.entries(value)) element.style.setProperty(key, said);
    else element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
  return element;
}

/** Makes the children of an element like these, with as few changes as it takes. */
export function show(target, ...children) {
  const focused = document.activeElement;
  const wanted = document.createElement("div");
  wanted.append(...children.flat(Infinity).filter((child) => child));
  children_like(target, wanted);
  // A move takes the focus away, though the element is still there.
  if (focused?.isConnected && document.activeElement !== focused && focused !== document.body) {
    focused.focus({ preventScroll: true });
  }
}

function like(target, wanted) {
  if (target.nodeType === Node.TEXT_NODE) {
    if (target.data !== wanted.data) target.data = wanted.data;
    return;
  }
  attributes_like(target, wanted);
  // What is inside of these is somebody else's.
  if (!target.hasAttribute("data-own")) children_like(target, wanted);
}

function attributes_like(target, wanted) {
  for (const { name, value } of [...wanted.attributes]) {
    if (name === "style") continue;
    if (target.getAttribute(name) !== value) target.setAttribute(name, value);
  }
  for (const { name } of [...target.attributes]) {
    // What a person has opened stays open, and what code has placed stays placed.
    const kept = name === "style" || (name === "open" && target.tagName === "DETAILS");
    if (!kept && !wanted.hasAttribute(name)) target.removeAttribute(name);
  }
  // By the object: the policy of the page forbids style attributes in markup.
  if (!target.hasAttribute("data-own") && target.style.cssText !== wanted.style.cssText) {
    target.style.cssText = wanted.style.cssText;
  }
}

const key_of = (node) => (node.nodeType === Node.ELEMENT_NODE ? node.getAttribute("data-key") : null);
const same_kind = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName;

function children_like(target, wanted) {
  const keyed = new Map();
  for (const child of target.children) {
    const key = key_of(child);
    if (key !== null) keyed.set(key, child);
  }
  let at = target.firstChild;
  for (const child of [...wanted.childNodes]) {
    const key = key_of(child);
    let match = key === null ? at : keyed.get(key);
    if (match && (!same_kind(match, child) || key_of(match) !== key)) match = null;
    if (!match) target.insertBefore(child, at);
    else {
      if (match === at) at = at.nextSibling;
      else target.insertBefore(match, at);
      like(match, child);
    }
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

/** A list of words with something between them. */
export function joined(parts, between = " · ") {
  return parts.filter(Boolean).flatMap((part, index) => (index ? [between, part] : [part]));
}
