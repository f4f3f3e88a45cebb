// Asks about what looks like a secret where no rule can know. It is marked in the field, and below the
// field one can remove it. Nothing waits for the answer: a text can be sent as it is.

const MOST_ASKED = 3;
const TYPING_PAUSE = 600;  // milliseconds

// Watch a text field. `_` translates, `find` returns the doubts about a text, `removed` gets the kind of
// a removed secret, `announce` says a sentence to a screen reader.
export function watchDoubts(field, { _, find, removed, announce }) {
  const kept = new Set();
  const marks = Object.assign(document.createElement("div"), { className: "marks", ariaHidden: "true", hidden: true });
  const list = Object.assign(document.createElement("ul"), { className: "doubts", hidden: true });
  list.setAttribute("aria-label", _("Check before you send"));
  field.before(marks);
  field.after(list);
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL("doubts.css", import.meta.url) });
  link.addEventListener("load", () => { marks.hidden = false; place(); });
  document.head.append(link);

  function show() {
    const text = field.value;
    const asked = new Map();
    for (const doubt of find(text)) {
      const value = text.slice(doubt.start, doubt.end);
      if (!kept.has(value) && !asked.has(value) && asked.size < MOST_ASKED) asked.set(value, doubt);
    }
    const isNew = asked.size > list.children.length;
    list.replaceChildren(...[...asked].map(ask));
    list.hidden = !asked.size;
    mark(text, [...asked.values()]);
    if (isNew) announce(_("This looks like {kind}. Remove it? The buttons are below the text.", { kind: _([...asked.values()].at(-1).says) }));
  }

  function ask([value, { kind, says }], place) {
    const item = document.createElement("li");
    const question = Object.assign(document.createElement("span"), { id: `doubt-${place}` });
    const shown = Object.assign(document.createElement("code"), { textContent: value, translate: false });
    question.append(_("This looks like {kind}:", { kind: _(says) }), " ", shown, " ", _("Remove it?"));
    const button = (label, act) => {
      const made = Object.assign(document.createElement("button"), { type: "button", textContent: label });
      made.setAttribute("aria-describedby", question.id);
      made.addEventListener("click", () => {
        act();
        show();
        (list.querySelector("button") ?? field).focus();
      });
      return made;
    };
    item.append(
      question,
      button(_("Remove"), () => {
        field.value = field.value.replaceAll(value, () => `[${kind} removed]`);
        field.dispatchEvent(new Event("input", { bubbles: true }));
        removed(kind);
      }),
      button(_("Keep"), () => kept.add(value)),
    );
    return item;
  }

  // A field can't hold marks, so a copy of its text without colour lies over it.
  function mark(text, doubts) {
    let done = 0;
    const pieces = [];
    for (const { start, end } of doubts) {
      if (start < done) continue;
      pieces.push(text.slice(done, start), Object.assign(document.createElement("mark"), { textContent: text.slice(start, end) }));
      done = end;
    }
    marks.replaceChildren(...(doubts.length ? [...pieces, text.slice(done), "\n"] : []));
    place();
  }

  function place() {
    const style = getComputedStyle(field);
    for (const name of ["font", "letterSpacing", "padding", "borderWidth", "boxSizing"]) marks.style[name] = style[name];
    marks.style.margin = "0";
    marks.style.top = `${field.offsetTop}px`;
    marks.style.left = `${field.offsetLeft}px`;
    marks.style.width = `${field.clientWidth + field.clientLeft * 2}px`;
    marks.style.height = `${field.offsetHeight}px`;
    marks.scrollTop = field.scrollTop;
  }

  let pause;
  field.addEventListener("input", () => {
    marks.replaceChildren();
    clearTimeout(pause);
    pause = setTimeout(show, TYPING_PAUSE);
  });
  field.addEventListener("scroll", () => { marks.scrollTop = field.scrollTop; });
  new ResizeObserver(place).observe(field);
  if (field.value) show();  // what was typed before this module was here
  return show;
}
