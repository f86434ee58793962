// The two ways in. The minute that is watched is drawn by another component: the two talk by events of the document.
const LABELS = { idle: "Watch a 60-second interview", playing: "Pause", paused: "Go on watching", over: "Watch it again" };
const stops = new WeakMap();

export default function ({ parentElement, data }) {
  stops.get(parentElement)?.();
  const watch = parentElement.querySelector(".watch"), own = parentElement.querySelector(".own");
  const told = ({ detail }) => {
    watch.textContent = LABELS[detail];
    watch.toggleAttribute("data-playing", detail === "playing");
  };
  own.hidden = !data.own;
  watch.onclick = () => {
    document.dispatchEvent(new CustomEvent("syntaxia-watch"));
    // Where the page is one column the picture is below.
    document.querySelector(".st-key-minute")?.scrollIntoView({ block: "nearest" });
  };
  own.onclick = () => {
    const field = document.querySelector(".st-key-job_description textarea");
    field?.closest("[class*=st-key-]").scrollIntoView({ block: "center" });
    field?.focus({ preventScroll: true });
  };
  document.addEventListener("syntaxia-minute", told);
  const stop = () => document.removeEventListener("syntaxia-minute", told);
  stops.set(parentElement, stop);
  return stop;
}
