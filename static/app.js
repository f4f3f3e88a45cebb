// What HTML and htmx can't do: copying, removing secrets before a text is sent, remembering the
// exchange, focus and announcements after a swap. Every page works without this file.

const root = document.documentElement;
root.dataset.js = "";
const byId = (id) => document.getElementById(id);
const texts = JSON.parse(byId("texts")?.textContent ?? "{}");  // in the page's language

// Return a text in the page's language, with {name} filled in.
export const _ = (text, values = {}) => (texts[text] ?? text).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
const announce = (text) => { byId("announcer").textContent = text; };

// --- Copying ---------------------------------------------------------------------------------

// The clipboard API is absent on plain http; the old command works there from a click.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "visually-hidden";
    field.readOnly = true;
    const focused = document.activeElement;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    focused?.focus({ preventScroll: true });
    return done;
  }
}

// An answer to paste is fetched when it is asked for. Safari wants the promise inside the click.
async function copyFrom(url) {
  const text = fetch(url).then((answer) => (answer.ok ? answer.text() : Promise.reject(answer.status)));
  try {
    const blob = text.then((found) => new Blob([found], { type: "text/plain" }));
    await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
    return true;
  } catch {
    return copy(await text);
  }
}

let toastTimer;
function toast(text) {
  const line = byId("toast");
  clearTimeout(toastTimer);
  line.textContent = "";  // so that the same words are announced a second time
  requestAnimationFrame(() => { line.textContent = text; });
  toastTimer = setTimeout(() => { line.textContent = ""; }, 4000);
}

function showCopied(element) {
  if ("copied" in element.dataset) return;
  const icon = element.querySelector("use");
  const before = icon.getAttribute("href");
  const label = element.matches("button") ? icon.closest("svg").nextElementSibling : null;
  const word = label?.firstChild;
  const text = word?.nodeType === Node.TEXT_NODE ? word.data : "";
  const show = (href, words) => {
    icon.setAttribute("href", href);
    if (text.trim()) word.data = words;
  };
  element.dataset.copied = "";
  show("#i-check", _("Copied"));
  setTimeout(() => { delete element.dataset.copied; show(before, text); }, 2000);
}

document.addEventListener("click", async (event) => {
  const element = event.target.closest("[data-copy], [data-copy-link], [data-copy-reply], [data-copy-field]");
  if (!element) return;
  const { copyReply, copyField } = element.dataset;
  const isLink = "copyLink" in element.dataset || copyReply !== undefined;
  if (isLink && (event.ctrlKey || event.metaKey || event.shiftKey || event.button)) return;
  event.preventDefault();
  if (copyReply !== undefined) {
    if (!(await copyFrom(element.href).catch(() => false))) return location.assign(element.href);
    showCopied(element);
    return toast(_("Answer copied"));
  }
  const text = copyField ? byId(copyField).value : isLink ? element.href : element.dataset.copy;
  if (!(await copy(text))) return toast(copyField ? _("Select the text and copy it") : _("Copy this: {text}", { text }));
  showCopied(element);
  toast(copyField ? _("Report copied") : isLink ? _("Link copied") : _("Copied {text}", { text }));
});

// --- The exchange, remembered on this device -----------------------------------------------------

const stored = (name) => ({
  get: () => { try { return localStorage.getItem(name); } catch { return null; } },
  set: (value) => { try { localStorage.setItem(name, value); } catch { /* not allowed here */ } },
});
const store = stored("exchange");
const box = byId("diagnose-form");
const menu = byId("menu") ?? byId("exchange");
if (menu) {
  const isTailored = "tailored" in document.body.dataset;
  const tailor = (exchange, go) => {
    const url = new URL(location.href);  // what htmx put there included
    url.searchParams.set("exchange", exchange);
    go(url);
  };
  menu.addEventListener("change", () => {
    store.set(menu.value);
    // A reload would lose the text.
    if (box?.elements.text.value.trim()) return box.requestSubmit();
    if (!isTailored) return menu.form.requestSubmit();
    tailor(menu.value, (url) => location.assign(url));
  });
  const stored = store.get();
  const isKnown = stored && [...menu.options].some((option) => option.value === stored);
  if (isKnown && isTailored && !new URL(location.href).searchParams.has("exchange")) {
    tailor(stored, (url) => location.replace(url));
  }
}

// --- The language, remembered on this device: offered in one line, never changed by itself --------------

const languages = [...document.querySelectorAll("[data-languages] a")];
if (languages.length) {
  const choice = stored("language");
  const base = (tag) => tag.split("-")[0];
  const fitting = (tag) => languages.find(({ lang }) => lang === tag) ?? languages.find(({ lang }) => base(lang) === base(tag));
  const wanted = (choice.get() ? [choice.get()] : navigator.languages).map(fitting).find(Boolean);
  for (const link of languages) link.addEventListener("click", () => choice.set(link.lang));
  if (wanted && wanted.lang !== root.lang) {
    const folder = wanted.lang === "en" ? "" : `/${wanted.lang.toLowerCase()}`;
    fetch(`${folder}/offer`).then((answer) => (answer.ok ? answer.text() : Promise.reject(answer))).then((html) => {
      byId("main").insertAdjacentHTML("afterbegin", html);
      const line = byId("main").firstElementChild;
      const [link, dismiss] = line.children;
      link.href = wanted.href;
      link.addEventListener("click", () => choice.set(wanted.lang));
      dismiss.addEventListener("click", () => { choice.set(root.lang); line.remove(); });
    }).catch(() => {});
  }
}

// --- The diagnose box ------------------------------------------------------------------------------

const form = box;
if (form) {
  const field = byId("text");
  const status = byId("redaction");
  let cleaner = null;   // (text) -> { text, removed, count }, once its rules are here
  let showDoubts = () => {};
  let loading = null;
  let settled = false;  // the rules are here, or can't be had
  let removedBefore = new Map();

  // When the rules can't be had, the server still removes secrets before it looks at the text.
  const load = () => loading ??= Promise.all([import("./redact.js"), import("./doubts.js")])
    .then(async ([{ loadRules, redact, findDoubts }, { watchDoubts }]) => {
      const rules = await loadRules(new URL("redaction-rules.json", import.meta.url));
      cleaner = (text) => redact(text, rules);
      const find = (text) => findDoubts(text, rules);
      showDoubts = watchDoubts(field, { _, find, removed: (kind) => count([{ kind, count: 1 }]), announce });
    })
    .catch(() => {})
    .finally(() => { settled = true; });

  function clean() {
    if (!cleaner) return;
    const { text, removed } = cleaner(field.value);
    if (!removed.length) return;
    field.value = text;
    count(removed);
  }

  function count(removed) {
    for (const { kind, count: more } of removed) {
      removedBefore.set(kind, (removedBefore.get(kind) ?? 0) + more);
    }
    const total = [...removedBefore.values()].reduce((sum, number) => sum + number, 0);
    const kinds = [...removedBefore].map(([kind, number]) => (number > 1 ? `${number} × ${_(kind)}` : _(kind)));
    const opensWallet = removedBefore.has("recovery phrase") || removedBefore.has("private key");
    const said = { number: total, kinds: kinds.join(", ") };
    const told = total > 1 ? _("{number} secrets were removed: {kinds}", said) : _("1 secret was removed: {kinds}", said);
    // Not inside the template string: the extractor of texts doesn't look there.
    const advice = _("Anyone who has it can take your money. Move your funds to a new wallet.");
    status.textContent = opensWallet ? `${told}. ${advice}` : told;
  }

  // The text without its secrets stays with this entry of the tab's history, for somebody who comes
  // back or reloads: in no address and no storage, and gone with the tab. Without htmx's own mark
  // there, htmx would put that in its place.
  function keep() {
    if (cleaner) history.replaceState({ htmx: true, text: field.value }, "");
  }

  function complain(text) {
    const message = document.createElement("p");
    message.textContent = text;
    byId("text-error").replaceChildren(...(text ? [message] : []));
    field.setAttribute("aria-invalid", String(Boolean(text)));
  }

  const EMPTY = _("Paste the error message first, or describe what happens.");
  const isEmpty = (button) => !field.value.trim() && !button?.closest(".question") && button?.name !== "failed" && !form.elements.error;
  const tooLong = () => bytes(field.value) > Number(form.dataset.limit);

  const bytes = (text) => new TextEncoder().encode(text).length;

  // A text that is too long is shortened to its end and the lines around errors (app/diagnosis/shortening.py).
  const TELLING = /error|exception|fail|denied|refused|reject|invalid|forbidden|unauthori|code\W{0,4}-?\d/i;
  function shorten() {
    const lines = field.value.split("\n")
      .map((line) => (line.length > 2000 ? `${line.slice(0, 1000)} … ${line.slice(-1000)}` : line));
    const places = [...lines.keys()].reverse();
    const telling = places.filter((place) => TELLING.test(lines[place]));
    const kept = new Set();
    let size = 0;
    for (const place of [...places.slice(0, 20), ...telling.flatMap((one) => [one, one - 1, one + 1])]) {
      if (kept.has(place) || !(place in lines)) continue;
      size += bytes(lines[place]) + 1;
      if (size > Number(form.dataset.limit)) break;
      kept.add(place);
    }
    field.value = lines.filter((line, place) => kept.has(place)).join("\n");
    const said = _("Your text is too long to read whole. We read its end and the lines around errors, and left out {number} lines.", { number: lines.length - kept.size });
    status.textContent += ` ${said}`;
  }

  field.addEventListener("focus", load, { once: true });
  field.addEventListener("input", (event) => {
    if (/Paste|Drop/.test(event.inputType)) load().then(clean).then(() => showDoubts());
    if (!field.value) { status.textContent = ""; removedBefore = new Map(); }
    if (field.getAttribute("aria-invalid") === "true" && !tooLong()) complain("");
    // A new text is a new question: what was known of the old one no longer counts.
    for (const old of document.querySelectorAll("[data-told], input[name=error]")) old.remove();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });

  // Before htmx or the browser collects the form.
  document.addEventListener("submit", (event) => {
    if (event.target !== form) return;
    if (field.value && !settled) {
      event.preventDefault();
      event.stopPropagation();
      load().then(() => form.requestSubmit(event.submitter));
      return;
    }
    if (event.submitter?.name === "which") form.elements.exchange.value = event.submitter.value;
    clean();
    if (tooLong()) shorten();
    const complaint = isEmpty(event.submitter) ? EMPTY : "";
    complain(complaint);
    if (complaint) {
      event.preventDefault();
      event.stopPropagation();
      field.focus();
    } else {
      keep();
    }
  }, true);
  document.addEventListener("htmx:after:history:push", keep);
  document.addEventListener("change", (event) => {
    // Not on the field itself: the line that appears would move the button away under the pointer.
    if (event.target.form === form && event.target !== field) clean();
  }, true);
  field.value ||= history.state?.text ?? "";
  if (field.value) load();
}

// --- After a swap: focus and announcement -------------------------------------------------------------

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const { sourceElement: source, sourceEvent: cause, target } = ctx;
  const isError = source === form && byId("text-error").textContent.trim();
  if (source === form && cause?.type === "submit") {
    byId("text").setAttribute("aria-invalid", String(Boolean(isError)));
    const { top } = byId("answer").getBoundingClientRect();
    if (!isError && (top < 0 || top > innerHeight / 2)) byId("answer").scrollIntoView();
    const next = isError ? byId("text") : byId("answer-title");
    next?.focus({ preventScroll: !isError });
    if (next) return;
  }
  const scope = source === form && !byId("answer").querySelector("[data-announce]") ? byId("next-steps") : target;
  const line = scope?.querySelector("[data-announce]");
  if (line) announce(line.textContent.trim());
});
document.addEventListener("htmx:error", () => toast(_("We couldn’t reach the help center. Check your connection and try again.")));

// --- What only this device knows: its time zone and its clock -----------------------------------------

function localise(scope) {
  const clocks = scope.querySelectorAll("[data-clock][hidden]");
  if (!clocks.length && !scope.querySelector("time[data-local]")) return;
  import("./local.js").then(({ showLocalTimes, compareClock }) => {
    showLocalTimes(scope);
    clocks.forEach(compareClock);
  });
}
localise(document);
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => localise(ctx.target));

// --- Search panel ----------------------------------------------------------------------------------------

const search = document.querySelector("[data-search]");
if (search) {
  const panel = byId("search-panel");
  const show = (open) => { panel.hidden = !open; };
  search.addEventListener("focusin", () => show(true));
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || panel.hidden || !panel.textContent.trim()) return;
    event.preventDefault();  // the browser would clear the field
    byId("q").focus();
    show(false);
  });
  byId("q").addEventListener("input", () => show(true));
  document.addEventListener("focusin", (event) => { if (!search.contains(event.target)) show(false); });
  document.addEventListener("click", (event) => { if (!search.contains(event.target)) show(false); });
}

// --- An issue or a step opened from a link ------------------------------------------------------------------

function reveal() {
  const target = location.hash && byId(location.hash.slice(1));
  if (!target) return;
  let closed = false;
  for (let element = target; element; element = element.parentElement) {
    if (element.localName === "details" && !element.open) closed = element.open = true;
  }
  if (closed) target.scrollIntoView();
}
addEventListener("hashchange", reveal);
reveal();

// --- Issues that were read, for the support report ---------------------------------------------------------

const READ = "read";
const read = () => { try { return JSON.parse(sessionStorage.getItem(READ)) ?? []; } catch { return []; } };
function noteRead(slug) {
  try { sessionStorage.setItem(READ, JSON.stringify([...new Set([...read(), slug])])); } catch { /* not allowed here */ }
}
const here = location.pathname.match(/^(?:\/[a-z-]+)?\/issues\/([a-z0-9-]+)$/);
if (here) noteRead(here[1]);
document.addEventListener("toggle", ({ target }) => {
  if (target.matches("details.fold[id]") && target.open) noteRead(target.id);
}, true);
document.addEventListener("submit", ({ target: form }) => {
  if (!form.matches("[data-report]")) return;
  const answered = document.querySelector("#answer [data-report]");
  // What the answer was about; while there is none, what is ticked and chosen. The text of the field
  // still has its secrets.
  const told = new FormData(answered ?? byId("diagnose-form") ?? form);
  if (!answered) told.delete("text");
  told.set("read", read().join(","));
  for (const field of form.querySelectorAll("input")) field.remove();
  for (const [name, value] of told) {
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
}, true);
