"use strict";
// The search: a whole name first, then what has words that begin so. What is looked for stays in the address.

const MOST = 60;
const KINDS = ["disease", "product", "sponsor", "country", "trial"];
const plainText = (text) => text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
const wordsOf = (text) => plainText(text).split(/[^\p{L}\p{N}]+/u).filter(Boolean);

const entries = data.index.map(([kind, name, below, path, also]) => {
  const names = [name, ...also].map((text) => wordsOf(text).join(""));
  return { kind, name, below, path, names, title: wordsOf(name), all: wordsOf([name, below, ...also].join(" ")) };
});

// The smaller the better; null where a word is nowhere. Names without their signs: MIL-62 and MIL62 are one code.
function rank(entry, asked) {
  const kind = KINDS.indexOf(entry.kind);
  const joined = asked.join("");
  const at = entry.names.indexOf(joined);
  if (at >= 0) return (at === 0 ? 0 : 10) + kind;
  const starts = (words) => asked.every((word) => words.some((one) => one.startsWith(word)));
  if (starts(entry.title)) return 20 + kind;
  if (starts(entry.all)) return 30 + kind;
  return joined.length > 3 && entry.names.some((name) => name.includes(joined)) ? 40 + kind : null;
}

function line(entry) {
  const link = el("a", "", entry.name);
  link.href = entry.path;
  link.dir = "auto";
  return el("li", "", link, el("span", "soft", `${entry.kind} · ${entry.below}`));
}

function look() {
  const asked = wordsOf(at("words").value);
  const ranked = asked.length ? entries.map((entry) => [rank(entry, asked), entry]).filter(([n]) => n !== null) : [];
  ranked.sort((a, b) => a[0] - b[0]);
  at("results").replaceChildren(...ranked.slice(0, MOST).map(([, entry]) => line(entry)));
  const more = ranked.length > MOST ? `; the first ${MOST} are shown` : "";
  at("found").textContent = asked.length ? `${ranked.length} found${more}` : "";
  const said = new URLSearchParams({ words: at("words").value });
  history.replaceState(null, "", asked.length ? `#${said}` : location.pathname + location.search);
}

function readAddress() {
  at("words").value = new URLSearchParams(location.hash.slice(1)).get("words") || "";
}

at("search").hidden = false;
at("search").addEventListener("submit", (event) => event.preventDefault());
at("words").addEventListener("input", look);
addEventListener("hashchange", () => { readAddress(); look(); });
readAddress();
look();
at("words").focus();
