"use strict";
// Everything that comes from the registry is set as text, never as HTML.
const data = JSON.parse(document.querySelector("script#data")?.textContent || "{}");
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
