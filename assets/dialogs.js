// Questions to a person: is this meant, and what is the token.

import { h } from "./dom.js";
import { set_asker } from "./api.js";

/** Shows a dialog with these fields; gives their values, or null when a person thinks better of it. */
export function question({ title, text, fields = [], yes, danger = false }) {
  const inputs = fields.map(field);
  const problem = h("p", { class: "problem", role: "alert" });
  const dialog = h("dialog", { "aria-labelledby": "dialog-title" },
    h("form", { method: "dialog" },
      h("h2", { id: "dialog-title" }, title),
      text.map((line) => h("p", {}, line)),
      inputs,
      problem,
      h("div", { class: "buttons" },
        h("button", { type: "button", "data-answer": "no" }, "Cancel"),
        h("button", { type: "submit", class: danger ? "danger" : "main", "data-answer": "yes" }, yes))));
  const before = document.activeElement;
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    let answer = null;
    dialog.querySelector("[data-answer=no]").addEventListener("click", () => dialog.close());
    dialog.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      answer = Object.fromEntries([...dialog.querySelectorAll("[name]")].map(({ name, value }) => [name, value.trim()]));
      dialog.close();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (before?.isConnected) before.focus({ preventScroll: true });
      resolve(answer);
    });
  });
}

function field({ name, label, type = "text", value = "", options, hint }) {
  const common = { name, id: `field-${name}`, required: true, "aria-describedby": hint ? `hint-${name}` : null };
  const input = options
    ? h("select", common, options.map(([choice, text]) => h("option", { value: choice, selected: choice === value }, text)))
    : h("input", { ...common, type, value, autocomplete: "off", spellcheck: "false", maxlength: "500" });
  return h("div", { class: "field" },
    h("label", { for: `field-${name}` }, label), input, hint && h("p", { class: "small muted", id: `hint-${name}` }, hint));
}

set_asker(async (why) => {
  const answer = await question({
    title: "The access token, please",
    text: [why],
    fields: [{ name: "token", label: "Token", type: "password",
      hint: "Without configured tokens it is in the file operator.token of the service's data directory. It is kept in this tab until the tab is closed." }],
    yes: "Use it",
  });
  return answer?.token ?? null;
});

let gone = null;

/** Says something in passing. What has failed stays until it is closed. */
export function toast(text, { failed = false } = {}) {
  document.querySelector(".toast")?.remove();
  clearTimeout(gone);
  const close = h("button", { type: "button", class: "quiet", "aria-label": "Close" }, "×");
  const box = h("div", { class: "toast", role: failed ? "alert" : "status", "data-tone": failed ? "bad" : "good" }, h("span", {}, text), close);
  close.addEventListener("click", () => box.remove());
  document.body.append(box);
  if (!failed) gone = setTimeout(() => box.remove(), 6000);
}
