"use strict";
// Everything that comes from the registry is set as text, never as HTML.
const data = JSON.parse(document.getElementById("data").textContent);
const word = (n) => data.words[n];
const at = (id) => document.getElementById(id);

function el(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

// ---- light and dark ----

const theme = at("theme");
const system = matchMedia("(prefers-color-scheme: dark)");
function remembered(value) {
  try {
    if (value) localStorage.setItem("cartrials-theme", value);
    return localStorage.getItem("cartrials-theme");
  } catch {
    return null; // a browser may forbid it to files
  }
}
const isDark = () => (document.documentElement.dataset.theme || (system.matches ? "dark" : "light")) === "dark";
function nameTheme() {
  theme.textContent = isDark() ? "Light colours" : "Dark colours";
}
if (remembered()) document.documentElement.dataset.theme = remembered();
theme.hidden = false;
theme.addEventListener("click", () => {
  const chosen = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = chosen;
  remembered(chosen);
  nameTheme();
});
system.addEventListener("change", nameTheme);
nameTheme();

// ---- copying ----

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = el("textarea", "unseen");
    area.value = text;
    button.after(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  }
  const before = button.dataset.name || button.textContent;
  button.dataset.name = before;
  button.textContent = "Copied";
  at("copied").textContent = "Copied";
  setTimeout(() => { button.textContent = before; at("copied").textContent = ""; }, 1600);
}
const tsv = (rows) => rows.map((row) => row.map((cell) => cell.replace(/\s+/g, " ").trim()).join("\t")).join("\n");
const cells = (row) => [...row.cells].map((cell) => cell.textContent);
document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.copyTable) copy(tsv([...at("table-" + button.dataset.copyTable).rows].map(cells)), button);
  if (button.dataset.copySpec) copy(JSON.stringify(data.specs[button.dataset.copySpec], null, 1), button);
  if (button.dataset.copy) copy(at(button.dataset.copy).textContent, button);
});

// ---- the list of trials ----

const PAGE = matchMedia("(max-width: 720px)").matches ? 20 : 50;
const list = at("list");
const folded = (text) => text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
let matching = [];
let shown = PAGE;

if (list) {
  const body = list.tBodies[0];
  const rows = [...body.rows];
  const trials = rows.map((row, place) => ({ row, place, id: data.order[place], text: "" }));
  const selects = [...document.querySelectorAll("[data-facet]")];
  const find = at("find");
  let sorted = trials;

  const textOf = (trial) => trial.text || (trial.text = folded(trial.row.textContent + " " + searched(data.trials[trial.id])));

  function filter() {
    const sets = selects.filter((s) => s.value !== "").map((s) => new Set(data.facets[s.dataset.facet][s.value]));
    const words = folded(find.value).split(/\s+/).filter(Boolean);
    matching = sorted.filter((trial) => sets.every((set) => set.has(trial.place)) && words.every((w) => textOf(trial).includes(w)));
    show();
  }

  function show() {
    const place = new Map(matching.map((trial, n) => [trial.row, n]));
    for (const row of rows) {
      const n = place.get(row);
      row.classList.toggle("out", n === undefined);
      row.classList.toggle("later", n !== undefined && n >= shown);
    }
    const all = matching.length === rows.length;
    at("shown").textContent = all ? `All ${rows.length} trials` : `${matching.length} of ${rows.length} trials`;
    at("clear").hidden = all && !find.value && selects.every((s) => s.value === "");
    at("more").hidden = matching.length <= shown;
    at("more").textContent = `Show all ${matching.length}`;
  }

  function sortBy(head, column) {
    const down = head.ariaSort === "ascending";
    for (const other of list.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.ariaSort = down ? "descending" : "ascending";
    head.setAttribute("aria-sort", head.ariaSort);
    const isNumber = head.textContent.trim() === "People";
    const key = (trial) => trial.row.cells[column].textContent.trim();
    const value = isNumber ? (trial) => Number(key(trial).replace(/[^\d.]/g, "") || -1) : key;
    const keyed = new Map(trials.map((trial) => [trial, value(trial)]));
    const compare = isNumber ? (a, b) => a - b : new Intl.Collator("en", { numeric: true }).compare;
    sorted = [...trials].sort((a, b) => (down ? -1 : 1) * compare(keyed.get(a), keyed.get(b)) || a.place - b.place);
    body.append(...sorted.map((trial) => trial.row));
    filter();
  }

  [...list.tHead.rows[0].cells].forEach((head, column) => {
    const button = el("button", "", head.textContent);
    button.type = "button";
    button.addEventListener("click", () => sortBy(head, column));
    head.replaceChildren(button);
  });
  for (const select of selects) select.addEventListener("change", () => { shown = PAGE; filter(); });
  find.addEventListener("input", () => { shown = PAGE; filter(); });
  at("filters").addEventListener("submit", (event) => event.preventDefault());
  at("clear").addEventListener("click", () => { at("filters").reset(); shown = PAGE; filter(); find.focus(); });
  at("more").addEventListener("click", () => {
    const first = matching[shown];
    shown = Infinity;
    show();
    first.row.querySelector("a").focus();
  });
  at("copy-trials").addEventListener("click", (event) => {
    const names = ["nct_id", "title", ...[...list.tHead.rows[0].cells].slice(1).map((head) => head.textContent.toLowerCase())];
    const lines = matching.map((trial) => [trial.id, data.trials[trial.id].title, ...cells(trial.row).slice(1)]);
    copy(tsv([names, ...lines]), event.currentTarget);
  });
  at("filters").hidden = at("count").hidden = false;
  filter();
}

// What the search looks through besides what the row shows.
function searched(trial) {
  const products = (trial.profile || []).map((part) => part[0]);
  return [trial.official || "", ...products, ...(trial.sites || []).map((site) => site[2])].join(" ");
}

// ---- one trial ----

const dialog = at("trial");
const panel = at("panel");

function reasonOf(reason, quotes) {
  if (reason.length === 2) return el("li", "", word(reason[0]), el("span", "from", word(reason[1])));
  const [place, text, cutBefore, cutAfter] = quotes[reason[0]];
  const [, start, end, rule] = reason;
  const said = el(
    "span", "", cutBefore ? "… " : "", text.slice(0, start), el("mark", "", text.slice(start, end)), text.slice(end), cutAfter ? " …" : "",
  );
  said.dir = "auto";
  return el("li", "", said, el("span", "from", `${word(place)} · ${word(rule)}`));
}

function reasonsOf(reasons, quotes) {
  return reasons.length ? el("ul", "why", ...reasons.map((reason) => reasonOf(reason, quotes))) : null;
}

function attributeOf([label, values], quotes) {
  const said = values.map(([value, reasons]) => el("li", "", el("span", "value", word(value)), reasonsOf(reasons, quotes)));
  return [
    el("dt", "", word(label)),
    el("dd", "", values.length ? el("ul", "values", ...said) : el("span", "soft", "not stated")),
  ];
}

function partOf([title, reasons, attributes], quotes) {
  const head = el("h4", "", title);
  head.dir = "auto";
  return [head, reasonsOf(reasons, quotes), el("dl", "facts", ...attributes.flatMap((a) => attributeOf(a, quotes)))];
}

function section(title, ...children) {
  return [el("h3", "", title), ...children];
}

function titled(name, text) {
  const made = el(name, "", text);
  made.dir = "auto";
  return made;
}

function fill(id) {
  const trial = data.trials[id];
  const head = titled("h2", trial.title);
  head.id = "trial-title";
  head.tabIndex = -1;
  const registry = el("a", "", `${id} at the registry`);
  registry.href = trial.url;
  registry.rel = "noreferrer";
  const quotes = trial.quotes || [];
  const parts = [
    head,
    trial.official ? titled("p", trial.official) : null,
    el("p", "", registry),
    ...(trial.flags || []).map((flag) => el("p", "flag", flag)),
    el("dl", "facts", ...trial.facts.flatMap(([label, value]) => [el("dt", "", word(label)), titled("dd", value)])),
    ...section("Profile, and the words that decided", ...trial.profile.flatMap((part) => partOf(part, quotes))),
  ];
  if (trial.doses) parts.push(...section("Doses", listOf(trial.doses.map((d) => d.filter(Boolean).join(" · ")))));
  if (trial.sites) {
    parts.push(...section("Sites", listOf(trial.sites.map(([country, n, cities]) => `${word(country)}: ${n === 1 ? "1 site" : n + " sites"}${cities ? ", " + cities : ""}`))));
  }
  if (trial.history) {
    parts.push(...section("History", el("ul", "events", ...trial.history.map(([day, type, summary]) =>
      el("li", "", el("span", "soft", day), el("span", "kind", word(type)), (() => { const said = titled("span", summary); said.className = "what"; return said; })())))));
  }
  parts.push(...section("Papers", trial.papers ? el("ul", "", ...trial.papers.map(paperOf)) : el("p", "soft", "None known.")));
  panel.replaceChildren(...parts.filter((part) => part !== null));
}

function listOf(texts) {
  return el("ul", "", ...texts.map((text) => titled("li", text)));
}

function paperOf([pmid, title, where, relation, flag]) {
  const link = titled("a", title);
  link.href = `https://pubmed.ncbi.nlm.nih.gov/${encodeURIComponent(pmid)}/`;
  link.rel = "noreferrer";
  return el("li", "", link, el("span", "soft", ` ${where}${where ? ". " : ""}${word(relation)}. PMID ${pmid} `), flag ? el("span", "badge", flag) : null);
}

function neighbours(id) {
  const ids = matching.some((trial) => trial.id === id) ? matching.map((trial) => trial.id) : data.order;
  const n = ids.indexOf(id);
  return { before: ids[n - 1], after: ids[n + 1], told: `${n + 1} of ${ids.length}` };
}

function open(id) {
  fill(id);
  const { before, after, told } = neighbours(id);
  at("place").textContent = told;
  at("previous").disabled = !before;
  at("next").disabled = !after;
  at("previous").onclick = () => go(before);
  at("next").onclick = () => go(after);
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  at("trial-title").focus({ preventScroll: true });
}

function go(id) {
  history.replaceState(null, "", "#" + id);
  open(id);
}

function follow() {
  const id = decodeURIComponent(location.hash.slice(1));
  if (Object.hasOwn(data.trials, id)) open(id);
  else if (dialog.open) dialog.close();
}

at("close").addEventListener("click", () => dialog.close());
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
dialog.addEventListener("close", () => {
  if (Object.hasOwn(data.trials, location.hash.slice(1))) history.replaceState(null, "", location.pathname + location.search);
});
addEventListener("hashchange", follow);
follow();
