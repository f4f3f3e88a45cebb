// Takes secrets out of a pasted text before it is sent. The rules, and what each of their fields
// means, are shared with the server: see redaction-rules.json and docs/redaction.md.

// A value longer than this is never excused (the same number stands in app/diagnosis/redaction.py).
const LONGEST_EXCUSED = 200;

// What is removed can leave something beside it that an earlier rule knows now (as on the server).
const MOST_ROUNDS = 5;

// Fetch the rules and compile them; throws when they can't be had.
export async function loadRules(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`redaction rules: HTTP ${response.status}`);
  return compileRules(await response.json());
}

// Compile the parsed JSON of redaction-rules.json for redact().
export function compileRules(source) {
  const parts = {};
  const fill = (pattern) =>
    Object.entries(parts).reduce((text, [name, part]) => text.replaceAll(`{{${name}}}`, () => part), pattern);
  for (const [name, pattern] of Object.entries(source.parts)) parts[name] = fill(pattern);

  const compile = (rule, flags) => new RegExp(fill(rule.pattern), flags + (rule.ignore_case ? "i" : ""));
  const excuses = {};
  for (const [name, excuse] of Object.entries(source.exceptions)) excuses[name] = compile(excuse, "u");
  return {
    labels: source.labels.map((label) => ({ kind: label.kind, pattern: compile({ ...label, ignore_case: true }, "u") })),
    rules: source.rules.map((rule) => ({
      kind: rule.kind,
      pattern: compile(rule, "gu"),
      excuses: (rule.keep ?? []).map((name) => excuses[name]),
    })),
  };
}

// Replace every secret in `text` by "[kind removed]".
// Returns { text, removed: [{ kind, count }], count }.
export function redact(text, rules) {
  const counts = new Map();
  let result = text.replace(/\p{Surrogate}/gu, "\uFFFD");
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const before = result;
    for (const rule of rules.rules) result = apply(rule, result, rules.labels, counts);
    if (result === before) break;
  }
  const removed = [...counts].map(([kind, count]) => ({ kind, count }));
  return { text: result, removed, count: removed.reduce((sum, { count }) => sum + count, 0) };
}

// Every pattern is (what stays in front)(the secret)what must follow.
function apply(rule, text, labels, counts) {
  let result = "";
  let done = 0;
  let match;
  rule.pattern.lastIndex = 0;
  while ((match = rule.pattern.exec(text)) !== null) {
    const [, prefix, secret] = match;
    const start = match.index + prefix.length;
    if (isExcused(secret, rule.excuses)) {
      // Another label may start inside an excused value.
      rule.pattern.lastIndex = Math.max(start, match.index + 1);
      continue;
    }
    const kind = rule.kind ?? labels.find(({ pattern }) => pattern.test(prefix))?.kind ?? "secret";
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    result += `${text.slice(done, start)}[${kind} removed]`;
    done = rule.pattern.lastIndex = start + secret.length;
  }
  return result + text.slice(done);
}

function isExcused(value, excuses) {
  return [...value].length <= LONGEST_EXCUSED && excuses.some((excuse) => excuse.test(value));
}
