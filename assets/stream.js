// The service's events as they happen, by fetch: an EventSource cannot send an Authorization header.

import { Problem, authorization } from "./api.js";

/** The stream says something at least this often, if only a comment. */
const SILENCE = 40_000;

/** Reads the stream after this event until it ends; throws when it does. */
export async function listen(after, { opened, event }) {
  const cut = new AbortController();
  let timer = setTimeout(() => cut.abort(), SILENCE);
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => cut.abort(), SILENCE);
  };
  const gone = () => cut.abort();
  window.addEventListener("offline", gone);
  try {
    const headers = { Accept: "text/event-stream", ...authorization() };
    if (after !== null) headers["Last-Event-ID"] = String(after);
    const answer = await fetch("/api/v1/events/stream", { headers, cache: "no-store", signal: cut.signal });
    const is_stream = answer.headers.get("content-type")?.startsWith("text/event-stream");
    if (!answer.ok || !is_stream) throw new Problem(answer.status, "there is no stream of events");
    opened();
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    const lines = line_reader(event);
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new Problem(0, "the stream of events has ended");
      heard();
      lines(value);
    }
  } finally {
    clearTimeout(timer);
    window.removeEventListener("offline", gone);
    cut.abort();
  }
}

/** Takes text piece by piece, and tells each event that is complete. */
export function line_reader(tell) {
  let rest = "";
  let [id, kind, data] = [null, "message", []];
  return (text) => {
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    for (const line of lines) {
      if (line === "") {
        if (data.length) tell({ id, kind, data: data.join("\n") });
        [kind, data] = ["message", []];
        continue;
      }
      const colon = line.indexOf(":");
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "id") id = value;
      else if (field === "event") kind = value;
      else if (field === "data") data.push(value);
    }
  };
}
