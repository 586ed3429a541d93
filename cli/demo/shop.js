// What a shop writes into its own pages: the stub, the start, and a call for each thing a visitor does.
window.dripline = window.dripline || function () { (dripline.q = dripline.q || []).push(arguments) };

const told = document.currentScript.dataset;
dripline("start", told.key);
JSON.parse(told.calls).forEach((call) => dripline(...call));

document.addEventListener("submit", (sent) => {
  const call = sent.target.dataset.call;
  if (call) dripline(...JSON.parse(call));
  if (sent.target.dataset.identify !== undefined) {
    const address = sent.target.elements.email.value;
    address ? dripline("identify", address) : dripline("reset");
  }
  later();
});
document.addEventListener("click", (pressed) => {
  const call = pressed.target.dataset.press;
  if (!call) return;
  dripline(...JSON.parse(call));
  document.getElementById("said").textContent = JSON.parse(call)[1] ? "Yes, you said." : "No, you said.";
  later();
});

// The list of events at the foot, a moment after something was done.
function later() {
  setTimeout(async () => {
    const answer = await fetch("/shop/events");
    if (answer.ok) document.getElementById("events").innerHTML = await answer.text();
  }, 1600);
}
addEventListener("load", later);
