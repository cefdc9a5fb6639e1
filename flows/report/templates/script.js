// ---- what the list asks of this page ----

// What the search looks through besides what the row shows.
function moreText(place) {
  const trial = data.trials[data.order[place]];
  const products = (trial.profile || []).map((part) => part[0]);
  return [trial.official || "", ...products, ...(trial.sites || []).map((site) => site[2])].join(" ");
}
function onListed() {}

// ---- one trial ----

const word = (n) => data.words[n];
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
