// Takes secrets out of a pasted text before it is sent. The rules, and what each of their fields
// means, are shared with the server: see redaction-rules.json and docs/redaction.md.

// The same numbers stand in app/diagnosis/redaction.py, with their reasons.
const LONGEST_EXCUSED = 200;
const MOST_ROUNDS = 5;
const MOST_LABELS = 500;
const FEWEST_WORDS = 11;
const KNOWN_AFTER_STRANGE = 3;

// Fetch the rules and the words of recovery phrases; throws when they can't be had.
export async function loadRules(url) {
  const get = async (address) => {
    const response = await fetch(address);
    if (!response.ok) throw new Error(`redaction rules: HTTP ${response.status}`);
    return response;
  };
  const words = get(new URL("recovery-words.txt", new URL(url, location.href)));
  const source = await (await get(url)).json();
  return compileRules(source, (await (await words).text()).split("\n"));
}

// Compile the parsed JSON of redaction-rules.json for redact().
export function compileRules(source, words = []) {
  const parts = {};
  const fill = (pattern) =>
    Object.entries(parts).reduce((text, [name, part]) => text.replaceAll(`{{${name}}}`, () => part), pattern);
  for (const [name, pattern] of Object.entries(source.parts)) parts[name] = fill(pattern);

  const compile = (rule, flags) => new RegExp(fill([rule.pattern ?? []].flat().join("|")), flags + (rule.ignore_case ? "i" : ""));
  const excuses = {};
  for (const [name, excuse] of Object.entries(source.exceptions)) excuses[name] = compile(excuse, "u");
  const make = (rule, flags) => ({
    kind: rule.kind,
    by: rule.by,
    pattern: compile(rule, flags),
    excuses: ["removed", ...(rule.keep ?? [])].map((name) => excuses[name]),
  });
  const anywhere = source.labels.filter((label) => label.anywhere);
  const groups = (labels, field) => labels.map((label) => `(${label[field]})`).join("|");
  const label = `(?:^|[^\\]a-z])(?:${groups(source.labels, "word")})|${groups(anywhere, "anywhere")}`;
  const forms = source.forms.map((form) => ({ after: form.after, ...make({ ...form, ignore_case: true }, "dyu") }));
  return {
    words: new Set(words),
    placeholder: excuses.removed,
    kinds: source.kinds.map((kind) => ({ kind: kind.kind, pattern: compile({ ...kind, ignore_case: true }, "u") })),
    label: compile({ pattern: label, ignore_case: true }, "gu"),
    tail: compile({ pattern: source.tail, ignore_case: true }, "yu"),
    forms: [...source.labels, ...anywhere].map(({ name }) => forms.filter((form) => form.after.includes(name))),
    rules: source.rules.map((rule) => make(rule, "dgu")),
    doubts: source.doubts.map((doubt) => ({ says: doubt.says, ...make(doubt, "dgu") })),
  };
}

// Replace every secret in `text` by "[kind removed]".
// Returns { text, removed: [{ kind, count }], count }.
export function redact(text, rules) {
  const counts = new Map();
  let result = text.replace(/\p{Surrogate}/gu, "\uFFFD");
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const before = result;
    for (const rule of rules.rules) result = apply(rule, result, rules, counts);
    if (result === before) break;
  }
  const removed = [...counts].map(([kind, count]) => ({ kind, count }));
  return { text: result, removed, count: removed.reduce((sum, { count }) => sum + count, 0) };
}

// Return what looks like a secret in a redacted text, where no rule can know: { kind, says, start, end }.
export function findDoubts(text, rules) {
  const doubts = [];
  for (const doubt of rules.doubts) {
    for (const found of findValues(doubt, text, rules)) doubts.push({ says: doubt.says, ...found });
  }
  return doubts.sort((one, other) => one.start - other.start);
}

function apply(rule, text, rules, counts) {
  const find = { labels: findLabelled, words: findWords }[rule.by] ?? findValues;
  let result = "";
  let done = 0;
  for (const { kind, start, end } of find(rule, text, rules)) {
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    result += `${text.slice(done, start)}[${kind} removed]`;
    done = end;
  }
  return result + text.slice(done);
}

function* findValues(rule, text, rules) {
  const { pattern } = rule;
  let match;
  pattern.lastIndex = 0;
  while ((match = pattern.exec(text)) !== null) {
    const [start, end] = secret(match);
    if (isExcused(text.slice(start, end), rule.excuses)) {
      pattern.lastIndex = Math.max(start, match.index + 1);  // another label may start inside it
    } else {
      yield { kind: rule.kind ?? kindByLabel(text.slice(match.index, start), rules), start, end };
      pattern.lastIndex = end;
    }
  }
}

// What stands behind a label, in the first form that fits.
function* findLabelled(rule, text, rules) {
  const { label } = rules;
  let match;
  label.lastIndex = 0;
  for (let seen = 0; seen < MOST_LABELS && (match = label.exec(text)) !== null; seen += 1) {
    const found = readBehind(match, text, rules);
    if (!found) continue;
    yield found;
    label.lastIndex = found.end;
  }
}

function readBehind(label, text, rules) {
  const forms = rules.forms[label.findIndex((group, index) => index && group !== undefined) - 1];
  const end = label.index + label[0].length;
  rules.tail.lastIndex = end;
  const tail = end + rules.tail.exec(text)[0].length;
  for (const place of tail === end ? [end] : [tail, end]) {
    for (const form of forms) {
      form.pattern.lastIndex = place;
      const found = form.pattern.exec(text);
      if (!found) continue;
      const [first, last] = secret(found);
      const value = text.slice(first, last);
      if (rules.placeholder.test(value)) return null;
      if (isExcused(value, form.excuses)) continue;
      return { kind: form.kind ?? kindByLabel(text.slice(label.index, first), rules), start: first, end: last };
    }
  }
  return null;
}

// Words that recovery phrases are made of, in a row. A single other word between them, a typing
// error, is part of the row.
function* findWords(rule, text, rules) {
  let match;
  rule.pattern.lastIndex = 0;
  while ((match = rule.pattern.exec(text)) !== null) {
    const [start, end] = secret(match);
    const words = [...text.slice(start, end).matchAll(/[A-Za-z]+/g)];
    const known = words.map(([word]) => rules.words.has(word.toLowerCase()));
    for (let first = 0; first < words.length; first += 1) {
      let count = 0;
      let last = first;
      let strange = 0;
      for (let place = first; known[first] && place < words.length; place += 1) {
        if (known[place]) {
          count += 1;
          last = place;
        } else if (strange || !isKnownAfter(known, place)) {
          break;
        } else {
          strange = 1;
        }
      }
      if (count >= FEWEST_WORDS) {
        const { index, 0: word } = words[last];
        yield { kind: rule.kind, start: start + words[first].index, end: start + index + word.length };
        first = last;
      }
    }
    rule.pattern.lastIndex = end;
  }
}

function isKnownAfter(known, place) {
  const next = known.slice(place + 1, place + 1 + KNOWN_AFTER_STRANGE);
  return next.length === KNOWN_AFTER_STRANGE && next.every(Boolean);
}

// The secret is the first group that took part.
function secret(match) {
  return match.indices.find((span, index) => index && span);
}

function kindByLabel(prefix, { kinds }) {
  return kinds.find(({ pattern }) => pattern.test(prefix))?.kind ?? "secret";
}

function isExcused(value, excuses) {
  return [...value].length <= LONGEST_EXCUSED && excuses.some((excuse) => excuse.test(value));
}
