// Where there are several servers: has the page drawn by the one it belongs to. A page whose server is gone looks as it
// did, with nothing behind it, so each asks every two seconds who answers. Another one is asked to draw it, which takes a
// moment; to load the page anew takes seconds on a slow machine, and is left for when that does not help.
const LOOK_MS = 2000;
// A page between two servers drops what it is told to send.
const AGAIN_MS = 700;
const DRAWN_WITHIN_MS = 5000;
const PAUSE_MS = 4000;
const looking = new WeakMap();

const anew = () => {
  const since = Date.now() - Number(sessionStorage.getItem("syntaxia moved") ?? 0);
  return setTimeout(() => {
    sessionStorage.setItem("syntaxia moved", Date.now());
    location.reload();
  }, Math.max(0, PAUSE_MS - since));
};

export default function ({ parentElement, data, setTriggerValue }) {
  looking.get(parentElement)?.();
  let asking, moving = data.move ? anew() : undefined;
  const redraw = () => {
    const until = Date.now() + DRAWN_WITHIN_MS;
    const ask = () => {
      if (!parentElement.isConnected) { clearInterval(asking); return; }
      if (Date.now() < until) { setTriggerValue("other", true); return; }
      clearInterval(asking);
      moving ??= anew();
    };
    asking = setInterval(ask, AGAIN_MS);
    ask();
  };
  const look = async () => {
    const answer = await fetch("/replica", { cache: "no-store" }).catch(() => undefined);
    if (!answer?.ok || moving || asking || !parentElement.isConnected) return;
    if ((await answer.json()).process !== data.process) redraw();
  };
  const timer = setInterval(look, LOOK_MS);
  const stop = () => { clearInterval(timer); clearInterval(asking); clearTimeout(moving); };
  looking.set(parentElement, stop);
  return stop;
}
