// Where there are several servers: has the page drawn by the one it belongs to. A page whose server is gone looks as it
// did, with nothing behind it, so each asks every two seconds who answers.
const LOOK_MS = 2000;
const PAUSE_MS = 4000;
const looking = new WeakMap();

const anew = () => {
  const since = Date.now() - Number(sessionStorage.getItem("syntaxia moved") ?? 0);
  return setTimeout(() => {
    sessionStorage.setItem("syntaxia moved", Date.now());
    location.reload();
  }, Math.max(0, PAUSE_MS - since));
};

export default function ({ parentElement, data }) {
  looking.get(parentElement)?.();
  let moving = data.move ? anew() : undefined;
  const look = async () => {
    const answer = await fetch("/replica", { cache: "no-store" }).catch(() => undefined);
    if (!answer?.ok || moving || !parentElement.isConnected) return;
    if ((await answer.json()).process !== data.process) moving = anew();
  };
  const timer = setInterval(look, LOOK_MS);
  const stop = () => { clearInterval(timer); clearTimeout(moving); };
  looking.set(parentElement, stop);
  return stop;
}
