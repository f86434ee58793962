// For every page. Popovers hang beside the app, outside of its colour scheme: the document follows it, so that they do
// too. Streamlit's icons are words in a font of pictures: what reads a page aloud is told to leave them out.
const ICONS = '[data-testid="stIconMaterial"]:not([aria-hidden]), [role="img"][translate="no"][aria-label$=" icon"]:not([aria-hidden])';
const quiet = () => document.querySelectorAll(ICONS)
  .forEach((icon) => icon.setAttribute("aria-hidden", "true"));

export default function () {
  const app = document.querySelector("[data-testid=stApp]");
  const follow = () => { document.documentElement.style.colorScheme = getComputedStyle(app).colorScheme; };
  const scheme = new MutationObserver(follow);
  const icons = new MutationObserver(quiet);
  scheme.observe(app, { attributes: true });
  icons.observe(document.body, { childList: true, subtree: true });
  follow();
  quiet();
  return () => { scheme.disconnect(); icons.disconnect(); };
}
