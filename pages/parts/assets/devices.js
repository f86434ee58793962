// Tries microphone, loudspeaker and network of this browser; nothing is sent anywhere or kept.
const REFUSALS = {
  NotAllowedError: "The browser refused. Allow the microphone beside the address and try again.",
  NotFoundError: "No microphone was found. Connect one and try again.",
  NotReadableError: "Another program holds the microphone. Close it and try again.",
};
const LISTEN_MS = 15000;
const ICE_MS = 5000;
const running = new WeakMap();

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

export default function ({ parentElement, data }) {
  if (running.has(parentElement)) return running.get(parentElement);
  const $ = (selector) => parentElement.querySelector(selector);
  const stops = [];
  const quit = () => stops.splice(0).forEach((stop) => stop());
  running.set(parentElement, quit);
  $(".listen").onclick = () => { quit(); listen($(".mic-words"), $(".meter"), stops); };
  $(".tone").onclick = () => play($(".tone-words"));
  const ice = () => reach($(".ice-words"), data.iceServers).catch((error) =>
    tell($(".ice-words"), `WebRTC is not available in this browser (${error.name}).`, "bad"));
  $(".ice").onclick = ice;
  ice();
  return quit;
}
