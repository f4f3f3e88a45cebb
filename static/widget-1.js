// <exchange-help exchange="okx" code="50111"></exchange-help>: the answer to an error, in the dialog
// of another product. docs/integrating.md says how to use it. A released file never changes, since
// pages name it with its checksum; a change makes a file with the next number.

const home = new URL("/", import.meta.url);

// The English texts, and what they are in the language of the page once the help center has told.
let words = {};
const _ = (text) => words[text] ?? text;

const style = new CSSStyleSheet();
style.replaceSync(`
  :host { display: block; padding: .75em 1em; border-radius: .5em; color-scheme: var(--exchange-help-scheme, inherit); font: var(--exchange-help-font, 1rem/1.5 system-ui, sans-serif);
    --text: var(--exchange-help-text, light-dark(#1a1c20, #e9eaee)); --line: var(--exchange-help-line, light-dark(#d8dade, #3a3d44));
    --page: var(--exchange-help-background, light-dark(#fff, #17181c)); --accent: var(--exchange-help-accent, light-dark(#2450c8, #9db4ff));
    color: var(--text); background: var(--page); }
  :host([hidden]) { display: none; }
  p, ol, ul { margin: .5em 0 0; } h2, [role] p { margin: 0; } h2 { font-size: 1em; } small { display: block; font-weight: 400; }
  ol { padding-inline-start: 1.5em; } li + li { margin-top: .4em; } ul { list-style: none; padding: 0; }
  a { color: var(--accent); } code { overflow-wrap: anywhere; }
  button { font: inherit; color: var(--accent); background: none; border: 1px solid var(--line); border-radius: .4em; padding: .2em .7em; min-height: 2rem; cursor: pointer; text-align: start; }
  li button { min-height: 1.75rem; padding: 0 .6em; } ul button { width: 100%; min-height: 2.25rem; padding: .3em .7em; }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
`);

const make = (tag, properties, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.filter(Boolean));
  return made;
};

// A page may demand that HTML goes through a named policy, or forbid it: then steps are plain text.
let policy = { createHTML: (html) => html };
try { policy = window.trustedTypes?.createPolicy("exchange-help", policy) ?? policy; } catch { /* forbidden */ }

const isAddress = (text) => /^(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-f]*:[\da-f:]+)$/i.test(text);

// Secrets are taken out by the rules of the page itself, before anything is sent.
let cleaner;
const clean = (text) => (cleaner ??= (async () => {
  const { loadRules, redact } = await import(new URL("static/widget/redact.js", home));
  const rules = await loadRules(new URL("static/widget/redaction-rules.json", home));
  return (dirty) => redact(dirty, rules).text;
})()).then((redactor) => redactor(text));

class ExchangeHelp extends HTMLElement {
  static observedAttributes = ["exchange", "code", "lang"];
  #text = "";
  #chosen = {};
  #turn = 0;
  #waiting = false;
  #said = make("div", { role: "status" });
  #answer = make("div", {});

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [style];
    root.append(this.#said, this.#answer);
  }

  // The whole error message, in place of a code. It is never in an event.
  get text() { return this.#text; }
  set text(text) { this.#text = String(text ?? ""); this.#change(); }

  connectedCallback() { this.#change(); }
  attributeChangedCallback() { this.#change(); }

  // Several changes in a row are one question.
  #change() {
    this.#chosen = {};
    if (this.#waiting || !this.isConnected) return;
    this.#waiting = true;
    queueMicrotask(() => { this.#waiting = false; this.#ask(); });
  }

  get #language() { return this.lang || this.closest("[lang]")?.lang || document.documentElement.lang || "en"; }

  async #ask() {
    const code = this.getAttribute("code") ?? "";
    const turn = ++this.#turn;
    if (!code && !this.#text) return this.#show("");
    this.#show(_("Looking up the error…"));
    try {
      const language = encodeURIComponent(this.#language);
      const get = (path, more) => fetch(new URL(`api/v1/${path}?lang=${language}`, home), more);
      const [told, found] = await Promise.all([
        get("widget"),
        get("diagnose", {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({
            text: this.#text ? await clean(this.#text) : code,
            exchange: this.getAttribute("exchange"),
            ...this.#chosen,
          }),
        }),
      ]);
      if (!found.ok) throw new Error(`help: HTTP ${found.status}`);
      if (told.ok) words = await told.json();
      const answer = await found.json();
      if (turn === this.#turn) this.#tell(answer);
    } catch {
      if (turn !== this.#turn) return;
      this.#show(_("The help center can’t be reached."), make("button", { type: "button", textContent: _("Try again"), onclick: () => this.#ask() }));
      this.#say("error", {});
    }
  }

  // Screen readers announce what is said, and leave the steps to be read.
  #show(said, ...parts) {
    this.#said.replaceChildren(said);
    this.#answer.replaceChildren(...parts.filter(Boolean));
  }

  #tell({ verdict, exchange, error, matches, answer, question }) {
    const [match] = verdict === "unsure" ? [] : matches;
    const link = error?.url ?? match?.url ?? answer?.url ?? `${words["/"] ?? "/"}${exchange ? `?exchange=${exchange}` : ""}`;
    const label = matches.length > 1 ? _("Most likely cause") : _("Cause");
    const cause = match ? make("h2", {}, make("small", { textContent: label }), match.title) : answer && make("h2", {}, answer.title);
    const asked = question && make("p", { textContent: question.text });
    this.#show(
      cause ?? asked ?? _("We couldn’t identify this error."),
      !match && answer && make("p", { textContent: answer.text }),
      match?.steps?.length && make("ol", {}, ...match.steps.map((step) => this.#step(step))),
      cause && asked,
      question && this.#options(question.options),
      make("p", {}, this.#link(link, cause ? _("Open the whole answer") : _("Open the help center"))),
    );
    this.#say("answer", { verdict, exchange, code: error?.code ?? null, issue: match?.issue ?? null });
  }

  #step({ html, text }) {
    const item = make("li", {});
    try { item.innerHTML = policy.createHTML(html); } catch { item.textContent = text; }
    for (const link of item.querySelectorAll("a")) {
      link.href = new URL(link.getAttribute("href"), home);
      link.target = "_blank";
      link.rel = "noopener";
    }
    for (const code of item.querySelectorAll("code")) if (isAddress(code.textContent)) code.after(" ", this.#copy(code));
    return item;
  }

  #copy(code) {
    const value = code.textContent;
    const copy = async ({ currentTarget: button }) => {
      // Pages over plain HTTP have no clipboard: there the address is selected, to be copied by hand.
      try { await navigator.clipboard.writeText(value); } catch { return getSelection().selectAllChildren(code); }
      button.textContent = _("Copied");
      button.ariaLabel = null;
      this.#say("copy", {});
    };
    return make("button", { type: "button", textContent: _("Copy"), ariaLive: "polite", ariaLabel: _("Copy {text}").replace("{text}", value), onclick: copy });
  }

  #options(options) {
    const choose = (chosen) => () => { this.#chosen = chosen; this.#ask().then(() => this.focus()); };
    const option = (label, chosen) => make("li", {}, make("button", { type: "button", textContent: label, onclick: choose(chosen) }));
    return make("ul", {}, ...options.map(({ label, issue, exchange }) => option(label, exchange ? { exchange } : { chosen: issue ?? "none" })));
  }

  #link(url, label) {
    return make("a", { href: new URL(url, home), target: "_blank", rel: "noopener", textContent: label, onclick: () => this.#say("open", {}) });
  }

  focus() { this.shadowRoot.querySelector("a, button")?.focus(); }

  #say(name, detail) { this.dispatchEvent(new CustomEvent(`exchange-help-${name}`, { bubbles: true, composed: true, detail })); }
}

customElements.get("exchange-help") ?? customElements.define("exchange-help", ExchangeHelp);
