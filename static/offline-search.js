// Searches the pages of an exported folder. A classic script: browsers load no module from a disk.
(() => {
  const query = new URLSearchParams(location.search).get("q") ?? "";
  const field = document.getElementById("q");
  field.value = query;
  const plain = (text) => text.toLowerCase().normalize("NFD").replace(/\p{Mn}/gu, "");
  const words = plain(query).split(/\s+/).filter(Boolean);
  if (!words.length) return;
  const { up } = document.currentScript.dataset;
  const score = ([title, , text]) => {
    const [head, rest] = [plain(title), plain(text)];
    let sum = 0;
    for (const word of words) {
      if (head.includes(word)) sum += 3;
      else if (rest.includes(word)) sum += 1;
      else return 0;
    }
    return sum;
  };
  const found = PAGES.map((page) => [score(page), page]).filter(([points]) => points).sort((a, b) => b[0] - a[0]).slice(0, 30);
  const list = Object.assign(document.createElement("ul"), { className: "results", id: "found" });
  for (const [, [title, file, text]] of found) {
    const link = Object.assign(document.createElement("a"), { href: up + file.split("/").map(encodeURIComponent).join("/"), textContent: title });
    const item = document.createElement("li");
    item.append(link, Object.assign(document.createElement("p"), { textContent: text.slice(0, 160) }));
    list.append(item);
  }
  document.querySelector("main").append(list);
})();
