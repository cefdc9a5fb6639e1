// Run in a page: what somebody without a mouse, without sight or with a screen reader would trip over.
const shown = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && e.getClientRects().length;
const all = (s) => [...document.querySelectorAll(s)].filter(shown);
const named = (e) => (e.getAttribute("aria-label") || e.labels?.[0]?.textContent || e.title || e.textContent || "").trim()
  || document.getElementById(e.getAttribute("aria-labelledby"))?.textContent;
const rgb = (c) => (c.match(/[\d.]+/g) || []).map(Number);
const light = (c) => { const [r, g, b] = c.slice(0, 3).map((v) => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
  return .2126 * r + .7152 * g + .0722 * b; };
const behind = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
  if (c.length === 3 || c[3] === 1) return c; if (c[3] > 0) return null; } return [255, 255, 255]; };
const faint = all("p, li, dt, dd, td, th, a, button, h1, h2, h3, h4, label, summary, span").filter((e) =>
  [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())).map((e) => {
    const style = getComputedStyle(e), back = behind(e);
    if (!back) return null;
    const [a, b] = [light(rgb(style.color)), light(back)].sort((x, y) => y - x);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    const ratio = (a + .05) / (b + .05);
    return ratio < (large ? arguments[1] : arguments[0]) ? `${e.tagName}.${e.className} ${ratio.toFixed(2)} ${e.textContent.slice(0, 30)}` : null;
  }).filter(Boolean);
return {
  language: document.documentElement.lang, title: document.title, mains: all("main").length, h1: all("h1").length,
  levels: all("h1, h2, h3, h4, h5").map((e) => +e.tagName[1]),
  nameless: all("a[href], button, select, input, summary, [role=region], nav").filter((e) => !named(e)).map((e) => e.outerHTML.slice(0, 90)),
  headless: all("table").filter((t) => !t.querySelector("th") || [...t.querySelectorAll("thead th")].some((h) => !h.scope)).length,
  images: all("svg, img").filter((e) => e.getAttribute("aria-hidden") !== "true" && !e.closest("[aria-hidden=true]")
    && !(e.getAttribute("aria-label") || e.getAttribute("alt") || e.getAttribute("aria-labelledby") || e.querySelector("title"))
    && e.getAttribute("role") !== "presentation").map((e) => e.outerHTML.slice(0, 90)),
  repeated: [...document.querySelectorAll("[id]")].map((e) => e.id).filter((id, n, ids) => ids.indexOf(id) !== n),
  faint,
};
