"use strict";
// The landscape: what the list (list.js) asks of its page, counts that follow the filters, exports made here.

// What the search of the list looks through besides the row.
const moreText = (place) => data.more[place];

// ---- counts ----

const BARS = 8; // of a facet; the filter above has every value
const SVG = "http://www.w3.org/2000/svg";

function bar(share) {
  const track = document.createElementNS(SVG, "svg");
  track.setAttribute("class", "track");
  track.setAttribute("aria-hidden", "true");
  const rect = document.createElementNS(SVG, "rect");
  rect.setAttribute("class", "s1");
  rect.setAttribute("width", `${100 * share}%`);
  rect.setAttribute("height", "15");
  track.append(rect);
  return track;
}

function counted(facet, places) {
  const counts = Object.entries(data.facets[facet])
    .map(([value, of]) => [value, of.filter((place) => places.has(place)).length])
    .filter(([, n]) => n > 0)
    .sort((a, b) => b[1] - a[1]);
  const most = counts.length ? counts[0][1] : 1;
  const rows = counts.slice(0, BARS).map(([value, n]) => {
    const button = el("button", "", value);
    button.type = "button";
    button.addEventListener("click", () => choose(facet, value));
    return el("li", "", el("span", "label", button), bar(n / most), el("span", "n", String(n)));
  });
  const left = counts.length - rows.length;
  return el("figure", "", el("h3", "", data.labels[facet]), el("ul", "bars", ...rows),
    left > 0 ? el("p", "soft small", `and ${left} more`) : null);
}

// A value that is chosen already is let go.
function choose(facet, value) {
  const select = document.querySelector(`[data-facet="${facet}"]`);
  select.value = select.value === value ? "" : value;
  select.dispatchEvent(new Event("change"));
  select.focus();
}

function onListed(matching) {
  const places = new Set(matching.map((trial) => trial.place));
  at("counts").replaceChildren(...Object.keys(data.facets).map((facet) => counted(facet, places)));
  at("counted").hidden = at("exports").hidden = false;
}

// ---- exports ----

// A cell that a spreadsheet would run begins with an apostrophe, as in the files of the release.
const RUN = /^(?:[\t\r]|[\s\p{C}]*[=+\-@＝＋－＠])/u;
function csvCell(value) {
  const text = value === null ? "" : Array.isArray(value) ? value.join("; ") : String(value);
  const safe = RUN.test(text) && typeof value !== "number" ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const seen = () => matching.map((trial) => data.rows[trial.place]);

function save(name, type, text) {
  const link = el("a", "", name);
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

at("export-csv").addEventListener("click", () => {
  const lines = [data.columns, ...seen()].map((row) => row.map(csvCell).join(","));
  save(`trials-${data.release}.csv`, "text/csv", lines.join("\n") + "\n");
});
at("export-json").addEventListener("click", () => {
  const trials = seen().map((row) => Object.fromEntries(row.map((value, n) => [data.columns[n], value])));
  save(`trials-${data.release}.json`, "application/json", JSON.stringify({ release: data.release, address: location.hash, trials }, null, 1));
});
at("copy-address").addEventListener("click", (event) => copy(location.href, event.currentTarget));
