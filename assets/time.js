// Times as people say them. The service's clock counts, not the browser's.

let ahead = 0;

/** Sets how far the service's clock is ahead of this one. */
export function set_clock(started_at, uptime_seconds) {
  const found = Date.parse(started_at) + uptime_seconds * 1000 - Date.now();
  // Uptime comes in whole seconds: less than two of them are no difference.
  if (Math.abs(found - ahead) > 2000) ahead = found;
}

/** The service's time in milliseconds. */
export const now = () => Date.now() + ahead;

/** `3 s`, `5 min`, `2 h 10 min`, `4 d`. */
export function span(milliseconds) {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 1) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return hours % 24 && days < 7 ? `${days} d ${hours % 24} h` : `${days} d`;
}

/** `3 s ago`. */
export function ago(at) {
  if (!at) return "never";
  const passed = now() - Date.parse(at);
  return passed < 1000 ? "just now" : `${span(passed)} ago`;
}

/** `in 3 s`, or `now`. */
export function until(at) {
  const left = Date.parse(at) - now();
  return left < 1000 ? "now" : `in ${span(left)}`;
}

const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" });
const short = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const hours = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const dated = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** The whole date and time, in the reader's own words. */
export const exact = (at) => full.format(Date.parse(at));
/** The time of day; with the date, if that is another day. */
export function clock(at) {
  return now() - Date.parse(at) > 20 * 3600_000 ? dated.format(Date.parse(at)) : short.format(Date.parse(at));
}
/** A mark of an axis that spans so many milliseconds. */
export function mark(milliseconds, whole) {
  if (whole > 20 * 3600_000) return dated.format(milliseconds);
  return (whole > 600_000 ? hours : short).format(milliseconds);
}
