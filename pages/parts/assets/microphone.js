// Asks for the microphone as soon as it is drawn, and gives it back: a refusal gets its name before a call depends on it.
const asked = new WeakSet();
const PATIENCE_MS = 10000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Until the line's front end has loaded its adapter, it opens another peer connection each time it is drawn, and only
// one of them gets an answer. So the adapter is loaded there before anything starts.
async function lineIsReady(adapter) {
  const until = Date.now() + PATIENCE_MS;
  while (Date.now() < until) {
    const frame = document.querySelector(".st-key-line iframe");
    const inside = frame?.contentWindow;
    if (frame?.contentDocument?.querySelector("#root > *")) {
      const address = new URL(`assets/${adapter}`, inside.location.href).href;
      await inside.eval(`import(${JSON.stringify(address)})`);
      rememberConnections(inside);
      return;
    }
    await pause(50);
  }
}

// The stage mutes, changes and shows the microphone through the connection that the line opens, which tells nobody of it.
function rememberConnections(inside) {
  if (inside.lineConnections) return;
  const connections = inside.lineConnections = [], Native = inside.RTCPeerConnection;
  inside.RTCPeerConnection = class extends Native {
    constructor(...args) {
      super(...args);
      connections.push(this);
      this.openedAt = performance.now();
      this.addEventListener("icecandidateerror", ({ errorCode }) => { this.relayRefused ||= errorCode >= 400 && errorCode < 500; });
    }
  };
}

export default function ({ data, parentElement, setTriggerValue }) {
  if (asked.has(parentElement)) return;
  asked.add(parentElement);
  if (!navigator.mediaDevices?.getUserMedia) {
    setTriggerValue("refused", "InsecureContext");
    return;
  }
  navigator.mediaDevices.getUserMedia({ audio: true }).then(
    async (stream) => {
      stream.getTracks().forEach((track) => track.stop());
      await lineIsReady(data.adapter).catch((error) => console.warn("the line may start late", error));
      setTriggerValue("granted", true);
    },
    (error) => setTriggerValue("refused", error.name),
  );
}
