// Plays the recorded minute where its picture is: words as they are said, and the quote once it was said.
const LOOK_MS = 100;
const players = new WeakMap();

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
const put = (element, text) => { if (element.textContent !== text) element.textContent = text; };

function player(root, data, trigger) {
  const $ = (selector) => root.querySelector(selector);
  const figure = $(".minute"), sound = $("audio"), stage = $(".stage"), hers = $(".hers span span"), theirs = $(".theirs span span");
  const lines = (speaker) => data.lines.filter((line) => line.speaker === speaker);
  const quoted = data.lines.find(({ text }) => text.includes(data.quote));
  let looking;

  const tell = (state) => {
    figure.dataset.minute = state;
    document.dispatchEvent(new CustomEvent("syntaxia-minute", { detail: state }));
  };
  const marked = (line, text) => {
    const at = text.indexOf(data.quote);
    if (at < 0) return put(theirs, text);
    if (theirs.textContent === text) return;
    const mark = document.createElement("mark");
    mark.textContent = data.quote;
    theirs.replaceChildren(text.slice(0, at), mark, text.slice(at + data.quote.length));
  };
  // As much of a line as was said by now: words are spread evenly over the time they took.
  const said = ({ text, begin, end, cut }, at) => {
    const words = text.split(" "), share = Math.min(1, (at - begin) / Math.max(0.1, end - begin));
    const part = words.slice(0, Math.max(1, Math.round(share * words.length))).join(" ");
    return share >= 1 && cut ? `${part} –` : part;
  };
  const draw = () => {
    const at = sound.currentTime, now = (speaker) => lines(speaker).filter(({ begin }) => begin <= at).at(-1);
    stage.dataset.ema = data.states.filter(([begin]) => begin <= at).at(-1)?.[1] ?? "listening";
    const ema = now("ema"), candidate = now("candidate");
    put(hers, ema ? said(ema, at) : "");
    marked(candidate, candidate ? said(candidate, at) : "");
    figure.toggleAttribute("data-quoted", at >= quoted.end);
    $("progress").value = at / data.seconds;
    put($(".time"), `${clock(at)} / ${clock(data.seconds)}`);
  };
  const poster = () => {
    const question = data.lines.filter(({ speaker, begin }) => speaker === "ema" && begin < quoted.begin).at(-1);
    put(hers, question.text.match(/[^.?!]+[.?!]\s*$/)[0].trim());
    marked(quoted, quoted.text);
    figure.toggleAttribute("data-quoted", true);
    put($(".time"), "Recorded: a synthetic candidate, the real Ema");
  };
  const watch = () => {
    if (!sound.paused) { sound.pause(); return; }
    sound.src ||= data.sound;
    sound.play().catch(() => put($(".time"), "The sound could not be played. The report is still there:"));
  };
  sound.onplay = () => { clearInterval(looking); looking = setInterval(draw, LOOK_MS); tell("playing"); draw(); };
  sound.onpause = () => { clearInterval(looking); if (!sound.ended) tell("paused"); };
  sound.onended = () => { clearInterval(looking); draw(); tell("over"); };
  $(".report").onclick = () => trigger("report", true);
  put($(".about"), data.about);
  put($(".where"), data.where);
  put($(".quote"), `“${data.quote}”`);
  poster();
  document.addEventListener("syntaxia-watch", watch);
  return () => { clearInterval(looking); sound.pause(); document.removeEventListener("syntaxia-watch", watch); };
}

export default function ({ parentElement, data, setTriggerValue }) {
  if (!players.has(parentElement)) players.set(parentElement, player(parentElement, data, setTriggerValue));
  return players.get(parentElement);
}
