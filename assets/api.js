// Requests to the service. The token, once it was asked for, is kept for this tab only.

const TOKEN = "assured.token";
/** How long an answer may take: the service has a deadline of its own, which is shorter. */
const PATIENCE = 30_000;

let asking = null;
let ask_for_token = async () => null;

/** A refusal of the service's, or that it cannot be reached (`status` 0). */
export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/** Sets who asks a person for the token. */
export function set_asker(asker) {
  ask_for_token = asker;
}

/** What an Authorization header has to say, if anything. */
export function authorization() {
  const token = sessionStorage.getItem(TOKEN);
  return token ? { Authorization: `Bearer ${token}` } : {};
}

export const forget_token = () => sessionStorage.removeItem(TOKEN);
export const has_token = () => sessionStorage.getItem(TOKEN) !== null;

/** Asks once, however many requests wait for the answer. */
export function new_token(why) {
  asking ??= ask_for_token(why)
    .then((token) => {
      if (token) sessionStorage.setItem(TOKEN, token);
      return Boolean(token);
    })
    .finally(() => (asking = null));
  return asking;
}

async function once(method, path, body) {
  const headers = { Accept: "application/json", ...authorization() };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE),
    });
  } catch {
    throw new Problem(0, "The service does not answer.");
  }
  const said = await answer.json().catch(() => null);
  if (!answer.ok) throw new Problem(answer.status, said?.detail ?? `The service answered ${answer.status}.`);
  return said;
}

/** Reads something. */
export const get = (path) => once("GET", path);

/** Asks a question that is posted: it changes nothing. */
export const ask = (path, body) => once("POST", path, body);

/** Changes something. Without the right token a person is asked for it. */
export async function order(method, path, body) {
  for (;;) {
    try {
      return await once(method, path, body);
    } catch (problem) {
      if (problem.status !== 401 || !(await new_token(problem.message))) throw problem;
    }
  }
}

/** All pages of a list. */
export async function all(path, most = Infinity) {
  const items = [];
  let cursor = null;
  do {
    const more = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page = await get(`${path}${path.includes("?") ? "&" : "?"}limit=1000${more}`);
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== null && items.length < most);
  return items;
}
