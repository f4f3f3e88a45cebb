// Shows times in the visitor's time zone, and how far the clock of the device is off.

const language = document.documentElement.lang;

// Shows UTC times in the visitor's time zone, with the day if it isn't today.
export function showLocalTimes(scope) {
  for (const time of scope.querySelectorAll("time[data-local]")) {
    const when = new Date(time.dateTime);
    const isToday = when.toDateString() === new Date().toDateString();
    const day = isToday ? {} : { day: "numeric", month: "long" };
    const format = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...day });
    time.title = time.textContent;
    time.textContent = format.format(when);
    delete time.dataset.local;
  }
}

const inUnit = (value, unit) =>
  new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(value);

function inWords(seconds) {
  if (seconds < 120) return inUnit(Math.round(seconds), "second");
  if (seconds < 7200) return inUnit(Math.round(seconds / 60), "minute");
  return seconds < 172800 ? inUnit(Math.round(seconds / 3600), "hour") : inUnit(Math.round(seconds / 86400), "day");
}

// The `Date` of an answer is cut to seconds, and made about half of a round trip before it arrives.
export async function compareClock(element) {
  const sent = Date.now();
  const answer = await fetch("/healthz", { method: "HEAD", cache: "no-store" }).catch(() => null);
  const half = (Date.now() - sent) / 2;
  const date = Date.parse(answer?.headers.get("Date") ?? "");
  if (Number.isNaN(date)) return;
  const server = date + 500 + 1000 * Number(element.dataset.clock);
  const fast = (sent + half - server) / 1000;
  const uncertain = 1 + half / 1000;
  const state = Math.abs(fast) <= uncertain ? "right" : fast > 0 ? "fast" : "slow";
  for (const words of element.querySelectorAll("[data-when]")) {
    words.hidden = words.dataset.when !== state;
    const amount = words.querySelector("b");
    if (amount) amount.textContent = inWords(Math.abs(fast));
  }
  element.hidden = false;
}
