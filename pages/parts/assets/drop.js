// A file dropped on the text field goes to the uploader beside it, which is what Streamlit reads it from.
export default function ({ data }) {
  const field = () => document.querySelector(`.st-key-${data.field}`);
  const inside = (event) => field()?.contains(event.target) && event.dataTransfer?.types.includes("Files");
  const over = (event) => {
    field()?.classList.toggle("takes-file", Boolean(inside(event)));
    if (inside(event)) event.preventDefault();
  };
  const drop = (event) => {
    field()?.classList.remove("takes-file");
    if (!inside(event)) return;
    event.preventDefault();
    const input = document.querySelector(`.st-key-${data.file} input[type=file]`);
    if (!input) return;
    const one = new DataTransfer();
    one.items.add(event.dataTransfer.files[0]);
    input.files = one.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  document.addEventListener("dragover", over);
  document.addEventListener("drop", drop);
  return () => {
    document.removeEventListener("dragover", over);
    document.removeEventListener("drop", drop);
  };
}
