// Prints the page with a running line at the foot of each sheet (brand, role, name, date), with what is folded opened for it. A dark page is turned around for paper by the style beside this file.
const luminance = (colour) => {
  const [r, g, b] = colour.match(/[\d.]+/g).map(Number);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

const quoted = (text) => `"${text.replace(/[^ -~]|["\\]/gu, (one) => `\\${one.codePointAt(0).toString(16)} `)}"`;

export default function ({ parentElement, data }) {
  const foot = document.createElement("style");
  const line = ["Syntaxia", data?.running].filter(Boolean).join(" · ");
  foot.textContent = `@page { @bottom-left { content: ${quoted(line)}; font: 9pt sans-serif; color: #55635d; } }`;
  document.head.append(foot);
  const button = parentElement.querySelector(".print-page");
  const app = document.querySelector("[data-testid=stApp]");
  document.documentElement.toggleAttribute("data-dark-page", luminance(getComputedStyle(app).backgroundColor) < 128);
  button.onclick = () => window.print();
  const opened = [];
  const unfold = () => document.querySelectorAll("details:not([open])").forEach((one) => { one.open = true; opened.push(one); });
  const fold = () => opened.splice(0).forEach((one) => { one.open = false; });
  window.addEventListener("beforeprint", unfold);
  window.addEventListener("afterprint", fold);
  return () => { foot.remove(); window.removeEventListener("beforeprint", unfold); window.removeEventListener("afterprint", fold); };
}
