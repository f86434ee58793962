// One page of the report as a picture of 1920 × 1080 points, drawn with the browser's own fonts, so that any script has its letters.
const INK = "#17211d", SOFT = "#55635d", ACCENT = "#0b6b57", TRACK = "#c9d5cf", PAPER = "#fbfcfb";
const SERIF = '"Source Serif", Georgia, serif', SANS = '"Source Sans", system-ui, sans-serif';

// Breaks text into lines of at most this width; what is left over after the last line ends in an ellipsis.
function lines(pen, text, width, most) {
  const found = [""];
  for (const word of text.split(" ")) {
    const longer = `${found.at(-1)} ${word}`.trim();
    if (pen.measureText(longer).width <= width || !found.at(-1)) found[found.length - 1] = longer;
    else found.push(word);
  }
  const kept = found.slice(0, most);
  const cut = (line, more) => {
    while (pen.measureText(line + (more ? "…" : "")).width > width) { line = line.slice(0, -1); more = true; }
    return more ? `${line.trimEnd()}…` : line;
  };
  return kept.map((line, place) => cut(line, place === most - 1 && found.length > most));
}

function write(pen, text, x, y, { font, ink = INK, width = 1720, most = 1, step = 0 }) {
  pen.font = font;
  pen.fillStyle = ink;
  const told = lines(pen, text, width, most);
  told.forEach((line, place) => pen.fillText(line, x, y + place * step));
  return y + told.length * step;
}

function dot(pen, x, y, radius, ink) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fillStyle = ink;
  pen.fill();
}

function brand(pen, x, y) {
  dot(pen, x, y, 30, ACCENT);
  pen.fillStyle = PAPER;
  [10, 22, 34, 22, 10].forEach((height, place) => pen.fillRect(x - 18 + place * 8, y - height / 2, 4, height));
  write(pen, "Syntaxia", x + 46, y + 14, { font: `600 44px ${SERIF}` });
}

function draw(pen, data) {
  pen.fillStyle = PAPER;
  pen.fillRect(0, 0, 1920, 1080);
  brand(pen, 130, 110);
  const after = write(pen, data.title, 100, 240, { font: `600 68px ${SERIF}`, most: 2, step: 78 });
  write(pen, data.who, 100, after - 18, { font: `400 32px ${SANS}`, ink: SOFT });
  const top = after + 88, step = Math.min(120, (960 - top) / data.rows.length);
  data.rows.forEach((row, place) => {
    const y = top + place * step;
    write(pen, row.name, 100, y, { font: `600 32px ${SANS}`, width: 800 });
    for (let level = 1; level <= 4; level += 1) dot(pen, 114 + (level - 1) * 44, y + 34, 13, level <= row.score ? ACCENT : TRACK);
    write(pen, row.level, 300, y + 44, { font: `400 28px ${SANS}`, ink: SOFT, width: 600 });
  });
  let y = top;
  for (const quote of data.quotes) {
    const start = y - 30;
    y = write(pen, `“${quote.words}”`, 1040, y, { font: `400 34px ${SERIF}`, width: 780, most: 3, step: 46 });
    write(pen, quote.about, 1040, y - 4, { font: `400 26px ${SANS}`, ink: SOFT, width: 780 });
    pen.fillStyle = ACCENT;
    pen.fillRect(1005, start, 6, y - start + 6);
    y += 64;
  }
  write(pen, data.foot, 100, 1010, { font: `400 26px ${SANS}`, ink: SOFT });
}

export default async function ({ parentElement, data }) {
  const canvas = parentElement.querySelector("canvas"), file = parentElement.querySelector(".slide-file");
  canvas.setAttribute("aria-label", data.told);
  await document.fonts.ready;
  draw(canvas.getContext("2d"), data);
  file.href = canvas.toDataURL("image/png");
  file.download = data.file;
}
