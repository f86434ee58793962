// Asks for the microphone as soon as it is drawn, and gives it back: a refusal gets its name before a call depends on it.
const asked = new WeakSet();

export default function ({ parentElement, setTriggerValue }) {
  if (asked.has(parentElement)) return;
  asked.add(parentElement);
  if (!navigator.mediaDevices?.getUserMedia) {
    setTriggerValue("refused", "InsecureContext");
    return;
  }
  navigator.mediaDevices.getUserMedia({ audio: true }).then(
    (stream) => {
      stream.getTracks().forEach((track) => track.stop());
      setTriggerValue("granted", true);
    },
    (error) => setTriggerValue("refused", error.name),
  );
}
