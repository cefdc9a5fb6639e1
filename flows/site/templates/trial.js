"use strict";
// The line of overrides.csv that says what is right instead (docs/profile.md).

const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function write() {
  const day = new Date().toISOString().slice(0, 10);
  const fields = [data.trial, at("wrong-attribute").value, at("wrong-value").value.trim(), at("wrong-who").value.trim() || data.who,
    day, at("wrong-why").value.trim() || data.why];
  const told = fields.map(quoted).join(",");
  at("line").textContent = told;
  const body = `A decision on ${data.trial}, as a line of the overrides file:\n\n${data.head}\n${told}\n`;
  at("line-letter").href = `mailto:?subject=${encodeURIComponent(`${data.trial}: a value is wrong`)}&body=${encodeURIComponent(body)}`;
}

// What the value is now stands there to be mended.
function begin() {
  at("wrong-value").value = data.values[at("wrong-attribute").value];
  write();
}

at("correction").hidden = at("line").hidden = at("line-tools").hidden = false;
at("correction").addEventListener("submit", (event) => event.preventDefault());
at("wrong-attribute").addEventListener("change", begin);
for (const id of ["wrong-value", "wrong-who", "wrong-why"]) at(id).addEventListener("input", write);
begin();
