// Popovers hang beside the app, outside of its colour scheme: the document follows it, so that they do too.
export default function () {
  const app = document.querySelector("[data-testid=stApp]");
  const follow = () => { document.documentElement.style.colorScheme = getComputedStyle(app).colorScheme; };
  const observer = new MutationObserver(follow);
  observer.observe(app, { attributes: true });
  follow();
  return () => observer.disconnect();
}
