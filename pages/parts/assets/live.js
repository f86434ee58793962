// Draws what the server says about the call, as server-sent events; runs no script and touches no media.
const STATES = {
  connecting: ["Connecting…", "Ema speaks first, as soon as your microphone is heard."],
  reconnecting: ["Reconnecting…", "The voice connection is being renewed. Your place is kept."],
  away: ["We cannot hear you", "Your place is kept for a minute. Check the connection or reload the page."],
  ended: ["The call has ended", "Your report comes next."],
  listening: ["Ema is listening", "Take the time you need."],
  thinking: ["Ema is thinking", "She answers in a moment."],
  speaking: ["Ema is speaking", "You can interrupt her at any time."],
  moment: ["Take your moment", "Ema waits until you speak again."],
};
const PHASES = { connecting: "Connecting", live: "Live", away: "You are away", reconnecting: "Reconnecting", ended: "Ended" };
const LOST_AFTER = 6;
const open = new WeakMap();

const clock = (seconds) => {
  const whole = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
};
const put = (element, text) => { if (element.textContent !== text) element.textContent = text; };

function follow(root, { id, join, cost, sample, hud }, trigger) {
  const $ = (selector) => root.querySelector(selector);
  const stage = $(".stage"), list = $(".captions ol"), scroll = $(".captions .scroll");
  let source, retry, failures = 0, closed = false, drawn = new Map(), atEnd = true;

  const captions = (all) => {
    const seen = new Set();
    all.forEach(({ turn_id, speaker, text, final }) => {
      const name = `${turn_id}:${speaker}`;
      seen.add(name);
      let line = drawn.get(name);
      if (!line) {
        line = document.createElement("li");
        line.className = `from-${speaker}`;
        const who = line.appendChild(document.createElement("b"));
        who.textContent = speaker === "ema" ? "Ema" : sample ? "Candidate" : "You";
        line.appendChild(document.createElement("span"));
        drawn.set(name, line);
      }
      put(line.lastChild, final ? text : `${text} …`);
      line.classList.toggle("open", !final);
      if (line.parentNode !== list) list.appendChild(line);
    });
    drawn.forEach((line, name) => { if (!seen.has(name)) { line.remove(); drawn.delete(name); } });
    if (atEnd) scroll.scrollTop = scroll.scrollHeight;
  };

  const draw = (view) => {
    const ema = view.moment ? "moment" : view.ema;
    const [state, hint] = STATES[view.phase === "live" ? ema : view.phase];
    stage.dataset.phase = view.phase;
    stage.dataset.ema = ema;
    stage.toggleAttribute("data-hurry", view.seconds_left <= 60);
    stage.style.setProperty("--level", Math.min(1, view.mic_level).toFixed(2));
    $(".meter").setAttribute("aria-valuenow", Math.round(100 * Math.min(1, view.mic_level)));
    put($(".phase"), `${PHASES[view.phase]} · ${view.provider_label}`);
    put($(".state"), state);
    put($(".hint"), view.phase === "ended" && view.ended_sentence ? view.ended_sentence : hint);
    put($(".left"), clock(view.seconds_left));
    put($(".cost-label"), sample ? "A sample costs" : view.charged ? "Charged" : "Free for");
    put($(".cost"), sample ? "nothing" : view.charged ? `${cost} credits` : view.free_s_left > 0 ? clock(view.free_s_left) : "a moment more");
    put($(".latency"), view.latency_ms == null ? "–" : view.latency_ms < 1000 ? `${view.latency_ms} ms` : `${(view.latency_ms / 1000).toFixed(1)} s`);
    put($(".median"), view.median_latency_ms == null ? "–" : `${view.median_latency_ms} ms`);
    put($(".usd"), view.usd);
    put($(".network"), navigator.connection?.rtt == null ? "unknown" : `${navigator.connection.rtt} ms`);
    const asked = view.question_number > 0 && view.question_text;
    put($(".number"), asked ? `Question ${view.question_number} of ${view.question_count}` : `${view.question_count} questions`);
    put($(".text"), asked ? view.question_text : "Ema says hello first.");
    put($(".captions-label"), view.rough_captions ? "Captions · yours are rough, made by a small recogniser on this server" : "Captions");
    $(".notice").hidden = !view.notice;
    put($(".notice"), view.notice || "");
    captions(view.captions);
  };

  const connect = () => {
    source = new EventSource(`/api/interviews/${encodeURIComponent(id)}/live`);
    source.addEventListener("view", (event) => {
      const view = JSON.parse(event.data);
      failures = 0;
      if (view.joins > join) { close(); trigger("moved", true); return; }
      draw(view);
    });
    source.addEventListener("ended", () => { close(); trigger("ended", true); });
    source.onerror = () => {
      source.close();
      failures += 1;
      if (failures >= LOST_AFTER) { close(); trigger("lost", true); return; }
      put($(".phase"), "No contact with the server, trying again");
      retry = setTimeout(connect, 250 * 2 ** Math.min(failures, 3));
    };
  };
  const leave = () => navigator.sendBeacon(`/api/interviews/${encodeURIComponent(id)}/left`);
  const close = () => {
    if (closed) return;
    closed = true;
    clearTimeout(retry);
    source?.close();
    window.removeEventListener("pagehide", leave);
  };

  $(".hud").hidden = !hud;
  if (sample) {
    put($("#mic-label"), "The candidate's voice");
    $(".hint").hidden = true;
  }
  scroll.addEventListener("scroll", () => { atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 40; });
  window.addEventListener("pagehide", leave);
  connect();
  return close;
}

export default function ({ parentElement, data, setTriggerValue }) {
  const key = `${data.id} ${data.join}`, known = open.get(parentElement);
  if (known?.key === key) return known.close;
  known?.close();
  const close = follow(parentElement, data, setTriggerValue);
  open.set(parentElement, { key, close });
  return close;
}
