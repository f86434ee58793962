// Moves the focus once for each time it is drawn anew: to the field an error is about, or to a button that took the place
// of the one that was pressed.
const moved = new WeakSet();
const WAITS_MS = 3000;

export default function ({ data, parentElement }) {
  if (moved.has(parentElement)) return;
  moved.add(parentElement);
  const until = performance.now() + WAITS_MS;
  const move = () => {
    const field = document.querySelector(`.st-key-${data.field} :is(textarea, input, button)`);
    if (!field) {
      // Drawn in another turn than this.
      if (performance.now() < until) setTimeout(move, 50);
      return;
    }
    if (data.sentence) {
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-description", data.sentence);
    }
    field.closest("[class*=st-key-]").scrollIntoView({ block: "center" });
    field.focus({ preventScroll: true });
  };
  move();
}
