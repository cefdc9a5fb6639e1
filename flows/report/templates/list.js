// ---- the list of trials: filters, counts that follow them, order ----
// A page that has the list gives moreText(place), what the search looks through besides the row, and
// onListed(matching), which hears of each change. With data.address all that was chosen stands in the address.

const PAGE = matchMedia("(max-width: 720px)").matches ? 20 : 50;
const list = at("list");
const folded = (text) => text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
let matching = [];
let shown = PAGE;

if (list) {
  const body = list.tBodies[0];
  const heads = [...list.tHead.rows[0].cells];
  const rows = [...body.rows];
  const trials = rows.map((row, place) => ({ row, place, id: data.order[place], text: "" }));
  const selects = [...document.querySelectorAll("[data-facet]")];
  const find = at("find");
  let sorted = trials;
  let order = ""; // "people", or "-people" for the largest first

  const textOf = (trial) => trial.text || (trial.text = folded(trial.row.textContent + " " + moreText(trial.place)));
  const places = (facet, value) => (Object.hasOwn(data.facets[facet], value) ? data.facets[facet][value] : []);

  function filter() {
    const words = folded(find.value).split(/\s+/).filter(Boolean);
    const found = trials.filter((trial) => words.every((w) => textOf(trial).includes(w)));
    const sets = new Map(selects.filter((s) => s.value !== "").map((s) => [s, new Set(places(s.dataset.facet, s.value))]));
    const passes = (trial, except) => [...sets].every(([select, set]) => select === except || set.has(trial.place));
    const left = new Set(found.filter((trial) => passes(trial)));
    matching = sorted.filter((trial) => left.has(trial));
    for (const select of selects) count(select, new Set(found.filter((t) => passes(t, select)).map((t) => t.place)));
    show();
    if (data.address) history.replaceState(null, "", address());
    onListed(matching);
  }

  // Beside each value: the trials that it would leave, all other filters as they are.
  function count(select, left) {
    for (const option of select.options) {
      if (option.value === "") continue;
      const n = places(select.dataset.facet, option.value).filter((place) => left.has(place)).length;
      option.textContent = `${option.value} (${n})`;
      option.disabled = n === 0 && !option.selected;
    }
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

  const nameOf = (head) => head.textContent.trim().toLowerCase();

  function sortBy(wanted) {
    const column = heads.findIndex((head) => nameOf(head) === wanted.replace("-", ""));
    if (column < 0) return;
    order = wanted;
    const down = wanted.startsWith("-");
    for (const other of heads) other.removeAttribute("aria-sort");
    heads[column].setAttribute("aria-sort", down ? "descending" : "ascending");
    const isNumber = nameOf(heads[column]) === "people";
    const key = (trial) => trial.row.cells[column].textContent.trim();
    const value = isNumber ? (trial) => Number(key(trial).replace(/[^\d.]/g, "") || -1) : key;
    const keyed = new Map(trials.map((trial) => [trial, value(trial)]));
    const compare = isNumber ? (a, b) => a - b : new Intl.Collator("en", { numeric: true }).compare;
    sorted = [...trials].sort((a, b) => (down ? -1 : 1) * compare(keyed.get(a), keyed.get(b)) || a.place - b.place);
    body.append(...sorted.map((trial) => trial.row));
  }

  // ---- the address ----

  function address() {
    const said = new URLSearchParams();
    for (const select of selects) if (select.value) said.set(select.dataset.facet, select.value);
    if (find.value) said.set("words", find.value);
    if (order) said.set("sort", order);
    return said.size ? `#${said}` : location.pathname + location.search;
  }

  // The registry's own word, in any case, is the label that it is shown as: RECRUITING, ACTIVE_NOT_RECRUITING.
  const plain = (word) => word.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

  // A value that this release does not have any more is shown, and nothing has it.
  function readAddress() {
    const said = new URLSearchParams(location.hash.slice(1));
    for (const select of selects) {
      const given = said.get(select.dataset.facet) || "";
      const value = [...select.options].map((option) => option.value).find((one) => plain(one) === plain(given)) ?? given;
      if (value && ![...select.options].some((option) => option.value === value)) select.add(new Option(value, value));
      select.value = value;
    }
    find.value = said.get("words") || "";
    if (said.get("sort")) sortBy(said.get("sort"));
  }

  for (const head of heads) {
    const name = nameOf(head);
    const button = el("button", "", head.textContent);
    button.type = "button";
    button.addEventListener("click", () => { sortBy(head.getAttribute("aria-sort") === "ascending" ? `-${name}` : name); filter(); });
    head.replaceChildren(button);
  }
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
    const names = ["nct_id", "title", ...heads.slice(1).map(nameOf)];
    const lines = matching.map((trial) => [trial.id, trial.row.querySelector(".title").textContent, ...cells(trial.row).slice(1)]);
    copy(tsv([names, ...lines]), event.currentTarget);
  });
  at("filters").hidden = at("count").hidden = false;
  if (data.address) {
    readAddress();
    addEventListener("hashchange", () => { readAddress(); filter(); });
  }
  filter();
}
