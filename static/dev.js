// Only with `helpcenter serve --dev`: the open page follows the content, and is loaded again when a
// template, a stylesheet or a script was saved.

const shown = () => document.getElementById("dev").dataset.state;
const parts = ["#dev", "header.top", "main", "footer.bottom"];
let wanted = shown();
let busy = false;

// A fold has an id, or else it is the n-th one without an id below something that has one.
function name(fold) {
  if (fold.id) return fold.id;
  const home = fold.parentElement.closest("[id]");
  return `${home?.id} ${[...(home ?? document).querySelectorAll("details:not([id])")].indexOf(fold)}`;
}

function keepOpen(page) {
  const open = new Set([...document.querySelectorAll("details[open]")].map(name));
  for (const fold of page.querySelectorAll("details")) fold.open = open.has(name(fold));
}

const assets = (state) => state.split(".")[1];

async function refresh() {
  if (assets(wanted) !== assets(shown())) return location.reload();
  const response = await fetch(location.href, { cache: "no-store" });
  if (response.redirected) return location.replace(response.url);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const isWhole = (one) => one.querySelector("header.top") && one.querySelector("#dev");
  if (!isWhole(page) || !isWhole(document)) return location.reload();
  keepOpen(page);
  for (const part of parts) {
    const target = document.querySelector(part);
    await htmx.swap({ target, sourceElement: target, text: page.querySelector(part).outerHTML, swap: "outerMorph" });
  }
  document.title = page.title;
}

async function follow() {
  if (busy) return;
  busy = true;
  try {
    let last;
    while (wanted !== shown() && wanted !== last) {
      last = wanted;
      await refresh();
    }
  } finally {
    busy = false;  // the server may be away; it tells what to show when it is back
  }
}

// Browsers open six connections to a server at most; a tab that nobody sees needs none.
let source;
function listen() {
  source?.close();
  if (document.hidden) return;
  source = new EventSource("/dev/events");
  source.addEventListener("message", ({ data }) => {
    wanted = data;
    follow();
  });
}
document.addEventListener("visibilitychange", listen);
listen();
