// What an operator can do. Everything is asked back first, with what it will lead to.

import { order } from "./api.js";
import { question, toast } from "./dialogs.js";
import { state } from "./store.js";
import { look_at } from "./sync.js";
import { count } from "./words.js";

const leads_to = {
  running: "It will be started, or resumed.",
  paused: "It will be paused: it keeps its memory, and does nothing.",
  shutoff: "It will be asked to shut down; if it does not, it is switched off after the time that its policy says.",
};

async function carry(about, method, path, body, done) {
  try {
    await order(method, path, body);
    toast(done);
  } catch (problem) {
    toast(problem.message, { failed: true });
  }
  look_at(about);
}

export const deeds = {
  async desire({ id, state: wanted }) {
    const instance = state.instances.get(id);
    const sure = await question({
      title: `${instance.name}: ${wanted} is desired`,
      text: [`${instance.desired.state} is desired now.`, leads_to[wanted]],
      yes: `Make it ${wanted}`,
      danger: wanted !== "running",
    });
    if (!sure) return;
    await carry({ instance: id }, "PUT", `/api/v1/instances/${id}/desired`, { state: wanted }, `${instance.name}: ${wanted} is desired now.`);
  },

  async hold({ id }) {
    const instance = state.instances.get(id);
    const answer = await question({
      title: `Hold ${instance.name}`,
      text: ["While it is held, it is looked at, and nothing is done to it."],
      fields: [
        { name: "ttl", label: "For at most", value: "30m", options: [["10m", "10 minutes"], ["30m", "30 minutes"], ["2h", "2 hours"], ["8h", "8 hours"], ["1d", "a day"], ["7d", "a week"]] },
        { name: "reason", label: "Because" },
      ],
      yes: "Hold it",
    });
    if (!answer) return;
    await carry({ instance: id }, "PUT", `/api/v1/instances/${id}/hold`, answer, `${instance.name} is held.`);
  },

  async release({ id, by }) {
    const instance = state.instances.get(id);
    const sure = await question({
      title: `Release ${instance.name}`,
      text: [`The hold of ${by} ends. If nobody else holds it, what is not as desired is repaired at once.`],
      yes: "Release it",
    });
    if (!sure) return;
    await carry({ instance: id }, "DELETE", `/api/v1/instances/${id}/hold?by=${encodeURIComponent(by)}`, undefined, `${instance.name} is released.`);
  },

  async retry({ id }) {
    const instance = state.instances.get(id);
    const sure = await question({
      title: `Try again: ${instance.name}`,
      text: [`${instance.attempts.used} of ${count(instance.attempts.budget, "attempt")} used. It gets a fresh budget, and the next attempt is made at once.`],
      yes: "Try again",
    });
    if (!sure) return;
    await carry({ instance: id }, "POST", `/api/v1/instances/${id}/retry`, undefined, `${instance.name} gets a fresh budget.`);
  },

  async maintain({ host }) {
    const answer = await question({
      title: `Maintenance of ${host}`,
      text: ["Looks go on, actions stop, and nothing is reported, until somebody says that it is over."],
      fields: [{ name: "reason", label: "Because" }],
      yes: "Begin maintenance",
    });
    if (!answer) return;
    await carry({ host }, "PUT", `/api/v1/hosts/${encodeURIComponent(host)}/maintenance`, answer, `${host} is in maintenance.`);
  },

  async resume({ host }) {
    const sure = await question({
      title: `End the maintenance of ${host}`,
      text: ["What is not as desired on it is repaired from now on."],
      yes: "End maintenance",
    });
    if (!sure) return;
    await carry({ host }, "DELETE", `/api/v1/hosts/${encodeURIComponent(host)}/maintenance`, undefined, `${host} is in service again.`);
  },

  async adopt({ host, id, name }) {
    const sure = await question({
      title: `Adopt ${name}`,
      text: [`It becomes an instance. What is desired of it is what it is now.`],
      yes: "Adopt it",
    });
    if (!sure) return;
    await carry({ host }, "POST", `/api/v1/hosts/${encodeURIComponent(host)}/adopt`, { domains: [id] }, `${name} is an instance now.`);
  },
};
