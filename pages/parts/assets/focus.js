// Moves the focus to the field an error is about, once for each time the error is drawn anew.
const moved = new WeakSet();

export default function ({ data, parentElement }) {
  if (moved.has(parentElement)) return;
  moved.add(parentElement);
  const field = document.querySelector(`.st-key-${data.field} :is(textarea, input)`);
  if (!field) return;
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-description", data.sentence);
  field.closest("[class*=st-key-]").scrollIntoView({ block: "center" });
  field.focus({ preventScroll: true });
}
