// Tries microphone, loudspeaker and network of this browser; nothing is sent anywhere or kept.
const REFUSALS = {
  NotAllowedError: "The browser refused. Allow the microphone beside the address and try again.",
  NotFoundError: "No microphone was found. Connect one and try again.",
  NotReadableError: "Another program holds the microphone. Close it and try again.",
};
const LISTEN_MS = 15000;
const ICE_MS = 5000;
const RELAY_MS = 3000;
const PINGS = 4;
const running = new WeakMap();
const latest = new WeakMap();

const tell = (element, words, verdict = "") => {
  element.textContent = words;
  element.classList.toggle("good", verdict === "good");
  element.classList.toggle("bad", verdict === "bad");
};

async function listen(words, meter, stops) {
  if (!navigator.mediaDevices?.getUserMedia) {
    tell(words, "Browsers give the microphone only to https:// addresses or to localhost.", "bad");
    return;
  }
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch (error) {
    tell(words, REFUSALS[error.name] ?? `The microphone could not be opened (${error.name}).`, "bad");
    return;
  }
  const audio = new AudioContext();
  const analyser = audio.createAnalyser();
  audio.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const until = performance.now() + LISTEN_MS;
  let heard = false, going = true;
  const stop = () => { going = false; stream.getTracks().forEach((track) => track.stop()); audio.close(); };
  stops.push(() => going && stop());
  tell(words, "Listening… say a sentence.");
  const step = () => {
    if (!going) return;
    analyser.getFloatTimeDomainData(samples);
    const rms = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
    const level = Math.min(1, Math.max(0, 1 + Math.log10(rms + 1e-6) / 2.5));
    if (rms > 0.01 && !heard) { heard = true; tell(words, `You can be heard: ${stream.getAudioTracks()[0].label || "microphone"}.`, "good"); }
    meter.firstElementChild.style.transform = `scaleX(${level.toFixed(2)})`;
    meter.setAttribute("aria-valuenow", Math.round(level * 100));
    if (performance.now() < until) { requestAnimationFrame(step); return; }
    stop();
    meter.firstElementChild.style.transform = "scaleX(0)";
    if (!heard) tell(words, "The microphone is open but silent. Check that it is not muted.", "bad");
  };
  step();
}

async function play(words) {
  const audio = new AudioContext();
  await audio.resume();
  [523.25, 659.25].forEach((hz, place) => {
    const at = audio.currentTime + 0.05 + place * 0.45;
    const note = audio.createOscillator(), gain = audio.createGain();
    note.frequency.value = hz;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(0.2, at + 0.04);
    gain.gain.exponentialRampToValueAtTime(0.001, at + 0.42);
    note.connect(gain).connect(audio.destination);
    note.start(at);
    note.stop(at + 0.45);
  });
  tell(words, "Two notes were played. If you heard nothing, check the volume and the output device.", "good");
  setTimeout(() => audio.close(), 1500);
}

async function reach(words, iceServers) {
  tell(words, "Looking for network paths…");
  const started = performance.now();
  const here = new RTCPeerConnection({ iceServers }), there = new RTCPeerConnection({ iceServers });
  const kinds = new Set();
  here.onicecandidate = ({ candidate }) => { if (candidate) { kinds.add(candidate.type); there.addIceCandidate(candidate).catch(() => {}); } };
  there.onicecandidate = ({ candidate }) => { if (candidate) here.addIceCandidate(candidate).catch(() => {}); };
  const connected = new Promise((resolve) => {
    here.createDataChannel("preflight").onopen = () => resolve(true);
    setTimeout(resolve, ICE_MS, false);
  });
  await here.setLocalDescription(await here.createOffer());
  await there.setRemoteDescription(here.localDescription);
  await there.setLocalDescription(await there.createAnswer());
  await here.setRemoteDescription(there.localDescription);
  const works = await connected;
  here.close();
  there.close();
  const seconds = Math.max(0.1, (performance.now() - started) / 1000).toFixed(1);
  const paths = [kinds.has("host") && "direct", kinds.has("srflx") && "through your router", kinds.has("relay") && "through a relay"].filter(Boolean);
  if (works) tell(words, `WebRTC works here: connected in ${seconds} s (${paths.join(", ") || "direct"}).`, "good");
  else tell(words, `No connection within ${ICE_MS / 1000} s. A firewall or an extension may block WebRTC in this browser.`, "bad");
}

// Through the relay alone, both ends: whether it takes our credentials, whether it can be reached, and how far it is.
async function relayed(iceServers) {
  const options = { iceServers, iceTransportPolicy: "relay" };
  const here = new RTCPeerConnection(options), there = new RTCPeerConnection(options);
  let refused = false, reached = false;
  for (const [one, other] of [[here, there], [there, here]]) {
    one.onicecandidateerror = ({ errorCode }) => { refused ||= errorCode >= 400 && errorCode < 500; };
    one.onicecandidate = ({ candidate }) => {
      if (!candidate) return;
      reached ||= candidate.type === "relay";
      other.addIceCandidate(candidate).catch(() => {});
    };
  }
  const channel = here.createDataChannel("relay");
  there.ondatachannel = ({ channel: echo }) => { echo.onmessage = ({ data }) => echo.send(data); };
  const roundTrip = new Promise((resolve) => {
    let sent, best = Infinity, count = 0;
    const ping = () => { sent = performance.now(); channel.send("?"); };
    channel.onopen = ping;
    channel.onmessage = () => {
      best = Math.min(best, performance.now() - sent);
      if (++count < PINGS) ping();
      else resolve(best / 2); // each way passes the relay's two ports: twice from here to it and back
    };
    setTimeout(resolve, RELAY_MS, undefined);
    const looking = setInterval(() => { if (refused) resolve(undefined); }, 100);
    setTimeout(clearInterval, RELAY_MS, looking);
  });
  await here.setLocalDescription(await here.createOffer());
  await there.setRemoteDescription(here.localDescription);
  await there.setLocalDescription(await there.createAnswer());
  await here.setRemoteDescription(there.localDescription);
  const ms = await roundTrip;
  here.close();
  there.close();
  return { ms, refused, reached };
}

async function relay(words, iceServers) {
  tell(words, "Asking the relay…");
  const { ms, refused, reached } = await relayed(iceServers);
  if (ms !== undefined) tell(words, `The relay (TURN) works: round trip ${Math.max(1, Math.round(ms))} ms.`, "good");
  else if (refused) tell(words, "The relay (TURN) refused our credentials. That is for the operator: TURN_SECRET, or a clock.", "bad");
  else if (reached) tell(words, `The relay (TURN) answers, but nothing came through it within ${RELAY_MS / 1000} s.`, "bad");
  else tell(words, `The relay (TURN) did not answer within ${RELAY_MS / 1000} s. A firewall may block it here.`, "bad");
}

export default function ({ parentElement, data }) {
  latest.set(parentElement, data);
  if (running.has(parentElement)) return running.get(parentElement);
  const $ = (selector) => parentElement.querySelector(selector);
  const stops = [];
  const quit = () => stops.splice(0).forEach((stop) => stop());
  running.set(parentElement, quit);
  $(".listen").onclick = () => { quit(); listen($(".mic-words"), $(".meter"), stops); };
  $(".tone").onclick = () => play($(".tone-words"));
  $(".relay-words").hidden = !data.relay;
  const ice = async () => {
    const { iceServers } = latest.get(parentElement);
    try {
      await reach($(".ice-words"), iceServers);
      if (data.relay) await relay($(".relay-words"), iceServers);
    } catch (error) {
      tell($(".ice-words"), `WebRTC is not available in this browser (${error.name}).`, "bad");
    }
  };
  $(".ice").onclick = ice;
  ice();
  return quit;
}
