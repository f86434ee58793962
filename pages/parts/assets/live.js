// Draws what the server says about the call, as server-sent events, and the sound of both sides as this browser has it.
// It runs no script; of the media it touches nothing but the microphone, and that only when a button says so.
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
const RELAY_REFUSED = "The relay (TURN) that should carry your voice refused us, so the call cannot be heard. That is our fault; nothing was charged. The preflight page tells more.";
const NO_PATH = "Your browser and our server have found no way to each other yet: a firewall may be between. The preflight page tells more.";
const NO_PATH_MS = 6000;
const PATH_LOST = "The connection between your browser and our server broke. Reload this page to go on where you were.";
const OUT_OF_TOUCH_MS = 4000;
const AGAIN_MS = 700;
const BARS = 40;
const BAR_MS = 50;
const open = new WeakMap();

const clock = (seconds) => {
  const whole = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
};
const put = (element, text) => { if (element.textContent !== text) element.textContent = text; };

// What only this browser knows of the call, told once for each reason: when the tab closes or hides, and when it is over.
function witness(id) {
  const seen = { call: 1, errors: 0 }, told = new Set();
  let visibleSince = document.visibilityState === "visible" ? performance.now() : null, visible = 0;
  const failed = () => { seen.errors += 1; };

  const measure = async () => {
    const stats = await connection()?.getStats().catch(() => undefined);
    if (!stats) return;
    const all = [...stats.values()], whole = (value) => Number.isFinite(value) ? Math.max(0, Math.round(value)) : undefined;
    const pair = all.find(({ type, nominated, state }) => type === "candidate-pair" && nominated && state === "succeeded");
    const hers = all.find(({ type, kind }) => type === "inbound-rtp" && kind === "audio");
    const end = pair && stats.get(pair.localCandidateId);
    Object.assign(seen, {
      rtt_ms: whole(1000 * pair?.currentRoundTripTime), jitter_ms: whole(1000 * hers?.jitter), lost: whole(hers?.packetsLost),
      candidate: end && `${end.candidateType}/${end.protocol}`,
      autoplay_blocked: Boolean(player()?.srcObject && player().paused),
    });
  };
  const visibleSeconds = () => Math.round((visible + (visibleSince === null ? 0 : performance.now() - visibleSince)) / 1000);
  const tell = (reason) => {
    if (told.has(reason)) return;
    told.add(reason);
    const body = JSON.stringify({ v: 1, reason, visible_s: visibleSeconds(), ...seen });
    const address = `/api/interviews/${encodeURIComponent(id)}/log`, type = "application/json";
    if (!navigator.sendBeacon(address, new Blob([body], { type }))) {
      fetch(address, { method: "POST", body, headers: { "Content-Type": type }, keepalive: true }).catch(() => undefined);
    }
  };
  const turned = () => {
    if (document.visibilityState === "visible") { visibleSince ??= performance.now(); return; }
    if (visibleSince !== null) visible += performance.now() - visibleSince;
    visibleSince = null;
    tell("hidden");
  };
  const away = () => tell("pagehide");
  const measuring = setInterval(measure, 2000);
  document.addEventListener("visibilitychange", turned);
  window.addEventListener("pagehide", away);
  window.addEventListener("error", failed);
  return {
    tell, network: () => seen.rtt_ms,
    follow: (view) => { seen.call = view.call; },
    stop: () => {
      clearInterval(measuring);
      document.removeEventListener("visibilitychange", turned);
      window.removeEventListener("pagehide", away);
      window.removeEventListener("error", failed);
    },
  };
}

// Whether the server answers that there is no such call any more; false while it cannot be asked.
async function gone(id) {
  const asking = new AbortController();
  try {
    const answer = await fetch(`/api/interviews/${encodeURIComponent(id)}/live`, { signal: asking.signal });
    return answer.status === 404;
  } catch {
    return false;
  } finally {
    asking.abort();
  }
}

// The connection that carries this call, and with it the two tracks: the line's front end is a frame of its own.
const connection = () => document.querySelector(".st-key-line iframe")?.contentWindow?.lineConnections?.at(-1);
const player = () => document.querySelector(".st-key-line iframe")?.contentDocument?.querySelector("audio, video");
const sender = () => connection()?.getSenders().find(({ track }) => track?.kind === "audio");
const remoteTrack = () => connection()?.getReceivers().find(({ track }) => track?.kind === "audio")?.track;

function toggle(button, stage, attribute) {
  const remembered = `syntaxia ${attribute}`;
  const show = (on) => { button.setAttribute("aria-pressed", on); stage.toggleAttribute(attribute, on); };
  show(localStorage.getItem(remembered) === "on");
  button.onclick = () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    localStorage.setItem(remembered, on ? "on" : "off");
    show(on);
  };
}

// A phone that locks its screen stops the microphone.
function stayAwake() {
  let lock, over = false;
  const ask = async () => {
    if (document.visibilityState !== "visible") return;
    lock = await navigator.wakeLock?.request("screen").catch(() => undefined);
    if (over) lock?.release();
  };
  document.addEventListener("visibilitychange", ask);
  ask();
  return () => { over = true; document.removeEventListener("visibilitychange", ask); lock?.release(); };
}

// Mute, push-to-talk and the choice of another microphone, in the call that goes on.
function microphone($, stage) {
  const mute = $(".mute"), push = $(".push"), hold = $(".hold"), list = $(".device-list"), trouble = $(".notice.device");
  let muted = false, pushing = false, held = false, watched;
  const pressed = (button) => button.getAttribute("aria-pressed") === "true";
  const tell = (words) => { trouble.hidden = !words; put(trouble, words); };

  const apply = () => {
    const silent = muted || (pushing && !held), track = sender()?.track;
    if (track) track.enabled = !silent;
    stage.toggleAttribute("data-muted", silent);
    put(mute, muted ? "Unmute" : "Mute");
    hold.hidden = !pushing;
  };
  const name = (device, number) => device.label || `Microphone ${number + 1}`;
  const fill = async () => {
    const devices = (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === "audioinput");
    const track = sender()?.track, current = track?.readyState === "live" ? track.getSettings().deviceId : undefined;
    // A choice of what is shown already is none: the only microphone that is left must be there to be chosen.
    const none = current === undefined ? [new Option("Choose a microphone", "", true, true)] : [];
    none.forEach((option) => { option.disabled = true; });
    list.replaceChildren(...none, ...devices.map((device, number) => new Option(name(device, number), device.deviceId, false, device.deviceId === current)));
    $(".pick").hidden = devices.length === 0;
  };
  const use = async (deviceId) => {
    try {
      const sound = { deviceId: { exact: deviceId }, echoCancellation: true, noiseSuppression: true, autoGainControl: true };
      const [track] = (await navigator.mediaDevices.getUserMedia({ audio: sound })).getAudioTracks(), line = sender();
      const before = line.track;
      await line.replaceTrack(track);
      before?.stop();
      tell("");
      apply();
    } catch (error) {
      const rest = sender()?.track?.readyState === "live" ? "The one before is still in use." : "Choose another one, or type your answers.";
      tell(`This microphone could not be opened (${error.name}). ${rest}`);
      fill();
    }
  };
  let blocked = "", wasThere = false;
  const path = () => {
    const line = connection();
    if (!line) return;
    const there = ["connected", "completed"].includes(line.iceConnectionState);
    wasThere ||= there;
    const givenUp = line.iceConnectionState !== "disconnected" && performance.now() - line.openedAt > NO_PATH_MS;
    const now = there ? "" : wasThere ? (givenUp ? PATH_LOST : "") : line.relayRefused ? RELAY_REFUSED : givenUp ? NO_PATH : "";
    if (now !== blocked) tell(now);
    blocked = now;
  };
  const watch = () => {
    path();
    const track = sender()?.track;
    if (!track || track === watched) return;
    watched = track;
    track.addEventListener("ended", () => {
      if (sender()?.track !== track) return;
      tell("Your microphone was disconnected or its permission withdrawn. Choose another one below; the call goes on.");
      fill().then(() => list.focus());
    });
    fill();
    apply();
  };
  const typing = ({ target }) => target.closest?.("input, textarea, select, [contenteditable]");
  const down = (event) => {
    if (event.code !== "Space" || !pushing || typing(event)) return;
    event.preventDefault();
    if (!held) { held = true; apply(); }
  };
  const up = (event) => { if (event.code === "Space" && held) { held = false; apply(); } };

  mute.onclick = () => { muted = !pressed(mute); mute.setAttribute("aria-pressed", muted); apply(); };
  push.onclick = () => { pushing = !pressed(push); held = false; push.setAttribute("aria-pressed", pushing); apply(); };
  hold.onpointerdown = () => { held = true; apply(); };
  hold.onpointerup = hold.onpointerleave = () => { held = false; apply(); };
  list.onchange = () => use(list.value);
  document.addEventListener("keydown", down);
  document.addEventListener("keyup", up);
  navigator.mediaDevices?.addEventListener("devicechange", fill);
  const looking = setInterval(watch, 500);
  watch();
  return () => {
    clearInterval(looking);
    document.removeEventListener("keydown", down);
    document.removeEventListener("keyup", up);
    navigator.mediaDevices?.removeEventListener("devicechange", fill);
  };
}

// How loud a track is right now, 0..1; null until there is one that can be listened to.
function meterOf(find) {
  let audio, analyser, samples, heard;
  return {
    level() {
      const track = find();
      if (!track || track.readyState !== "live") return null;
      if (track !== heard) {
        heard = track;
        audio ??= new AudioContext();
        audio.resume();
        analyser = audio.createAnalyser();
        audio.createMediaStreamSource(new MediaStream([track])).connect(analyser);
        samples = new Float32Array(analyser.fftSize);
      }
      analyser.getFloatTimeDomainData(samples);
      const rms = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
      return Math.min(1, Math.max(0, 1 + Math.log10(rms + 1e-6) / 2.5));
    },
    stop: () => audio?.close(),
  };
}

// The last two seconds of each side as bars. Where motion is unwelcome they stand still and only the newest moves.
function waves($, stage, serverLevel) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const yours = meterOf(() => sender()?.track), hers = meterOf(remoteTrack);
  const sides = [[$(".your-wave"), () => yours.level() ?? serverLevel()], [$(".ema-wave"), () => hers.level() ?? 0]]
    .map(([canvas, level]) => ({ canvas, level, bars: Array(BARS).fill(0) }));

  const draw = () => sides.forEach(({ canvas, level, bars }) => {
    const now = level(), ink = canvas.getContext("2d"), { width, height } = canvas, step = width / BARS;
    if (calm.matches) bars.fill(now);
    else { bars.shift(); bars.push(now); }
    ink.clearRect(0, 0, width, height);
    ink.fillStyle = getComputedStyle(canvas).color;
    bars.forEach((bar, place) => {
      const tall = Math.max(3, bar * height);
      ink.fillRect(place * step, (height - tall) / 2, step * 0.55, tall);
    });
  });
  const drawing = setInterval(draw, calm.matches ? 500 : BAR_MS);
  return () => { clearInterval(drawing); yours.stop(); hers.stop(); };
}

function follow(root, { id, join, cost, sample, invited, hud }, trigger) {
  const $ = (selector) => root.querySelector(selector);
  const browser = sample ? null : witness(id);
  const stage = $(".stage"), list = $(".captions ol"), scroll = $(".captions .scroll");
  let source, retry, failures = 0, closed = false, drawn = new Map(), atEnd = true, serverLevel = 0;

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
        who.textContent = speaker === "ema" ? "Ema" : speaker === "note" ? "Note" : sample ? "Candidate" : "You";
        // What reads the list aloud makes one word of a name and a text without a space between them.
        line.append(" ", document.createElement("span"));
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
    serverLevel = Math.min(1, view.mic_level);
    stage.style.setProperty("--level", serverLevel.toFixed(2));
    $(".meter").setAttribute("aria-valuenow", Math.round(100 * Math.min(1, view.mic_level)));
    put($(".phase"), `${PHASES[view.phase]} · ${view.provider_label}`);
    put($(".state"), state);
    put($(".hint"), view.phase === "ended" && view.ended_sentence ? view.ended_sentence : hint);
    put($(".left"), clock(view.seconds_left));
    put($(".cost-label"), sample ? "A sample costs" : invited ? "It costs you" : view.charged ? "Charged" : "Free for");
    put($(".cost"), sample || invited ? "nothing" : view.charged ? `${cost} credits` : view.free_s_left > 0 ? clock(view.free_s_left) : "a moment more");
    put($(".cost-next"), sample || invited || view.charged ? "" : `then ${cost} credits, once`);
    put($(".latency"), view.latency_ms == null ? "–" : view.latency_ms < 1000 ? `${view.latency_ms} ms` : `${(view.latency_ms / 1000).toFixed(1)} s`);
    put($(".median"), view.median_latency_ms == null ? "–" : `${view.median_latency_ms} ms`);
    put($(".usd"), view.usd);
    put($(".network"), browser?.network() == null ? "–" : `${browser.network()} ms`);
    const asked = view.question_number > 0 && view.question_text;
    put($(".number"), asked ? `Question ${view.question_number} of ${view.question_count}` : `${view.question_count} questions`);
    put($(".text"), asked ? view.question_text : "Ema says hello first.");
    put($(".captions-label"), view.strained ? "Captions · yours come in whole sentences while this server is busy" : view.rough_captions ? "Captions · yours are rough: a small recogniser on this server makes them" : "Captions");
    $(".notice").hidden = !view.notice;
    put($(".notice"), view.notice || "");
    captions(view.captions);
    // The words of a sample are the candidate's, who is not here to say them again.
    $(".unsure").hidden = sample || !view.unsure_words;
    put($(".unsure q"), view.unsure_words);
  };

  // A page between two servers drops what it is told to send: said again until this stage is gone.
  const lose = () => {
    if (closed) return;
    close();
    trigger("lost", true);
    const again = setInterval(() => {
      if (stage.isConnected) trigger("lost", true);
      else clearInterval(again);
    }, AGAIN_MS);
  };

  const connect = () => {
    source = new EventSource(`/api/interviews/${encodeURIComponent(id)}/live`);
    source.addEventListener("view", (event) => {
      const view = JSON.parse(event.data);
      failures = 0;
      browser?.follow(view);
      if (view.joins > join) { browser?.tell("moved"); close(); trigger("moved", true); return; }
      draw(view);
    });
    source.addEventListener("ended", () => { browser?.tell("ended"); close(); trigger("ended", true); });
    source.onerror = async () => {
      source.close();
      failures += 1;
      if (failures > 1) put($(".phase"), "No contact with the server, trying again");
      if (await gone(id)) { lose(); return; }
      if (!closed) retry = setTimeout(connect, Math.min(OUT_OF_TOUCH_MS, 250 * 2 ** Math.min(failures, 4)));
    };
  };
  const leave = () => navigator.sendBeacon(`/api/interviews/${encodeURIComponent(id)}/left`);
  const close = () => {
    if (closed) return;
    closed = true;
    clearTimeout(retry);
    source?.close();
    window.removeEventListener("pagehide", leave);
    stops.splice(0).forEach((stop) => stop());
  };

  $(".hud").hidden = !hud;
  if (sample) {
    put($("#mic-label"), "The candidate's voice");
    $(".hint").hidden = true;
  }
  stage.toggleAttribute("data-sample", Boolean(sample));
  toggle($(".larger"), stage, "data-larger");
  toggle($(".timings"), stage, "data-timings");
  const stops = [stayAwake(), sample ? () => {} : microphone($, stage), () => browser?.stop()];
  stops.push(waves($, stage, () => serverLevel));
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
