// Prints the page, with what is folded opened for it. A dark page is turned around for paper by the style beside this file.
const luminance = (colour) => {
  const [r, g, b] = colour.match(/[\d.]+/g).map(Number);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

export default function ({ parentElement }) {
  const button = parentElement.querySelector(".print-page");
  const app = document.querySelector("[data-testid=stApp]");
  document.documentElement.toggleAttribute("data-dark-page", luminance(getComputedStyle(app).backgroundColor) < 128);
  button.onclick = () => window.print();
  const opened = [];
  const unfold = () => document.querySelectorAll("details:not([open])").forEach((one) => { one.open = true; opened.push(one); });
  const fold = () => opened.splice(0).forEach((one) => { one.open = false; });
  window.addEventListener("beforeprint", unfold);
  window.addEventListener("afterprint", fold);
  return () => { window.removeEventListener("beforeprint", unfold); window.removeEventListener("afterprint", fold); };
}
