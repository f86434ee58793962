// Prints the page. A dark page is turned around for paper by the style beside this file.
const luminance = (colour) => {
  const [r, g, b] = colour.match(/[\d.]+/g).map(Number);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

export default function ({ parentElement }) {
  const button = parentElement.querySelector(".print-page");
  const app = document.querySelector("[data-testid=stApp]");
  document.documentElement.toggleAttribute("data-dark-page", luminance(getComputedStyle(app).backgroundColor) < 128);
  button.onclick = () => window.print();
}
