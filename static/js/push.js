// Notices in this browser: asked for by a button under Settings, and only there. The button ([data-push]) holds our key; what the browser
// answers goes out with the form around it. The browser that this is finds itself in the list by the hash of its address.

import { toast, words } from "./app.js";

const form = document.querySelector("form[data-push]");
const policy = globalThis.trustedTypes?.createPolicy("worker", {
  createScriptURL: (url) => { if (url === "/sw.js") return url; throw new TypeError(`no worker of ours: ${url}`); },
});
const worker = policy ? policy.createScriptURL("/sw.js") : "/sw.js";
const says = (name) => form.querySelectorAll("[data-when]").forEach((part) => { part.hidden = part.dataset.when !== name; });

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

async function hashOf(endpoint) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const present = async () => (await navigator.serviceWorker.getRegistration("/"))?.pushManager.getSubscription();

/** Whether a subscription was made with the key that the house has now. */
const isOurs = (subscription) => !subscription.options?.applicationServerKey || text(subscription.options.applicationServerKey) === form.dataset.push;

async function look() {
  const subscription = await present();
  const line = subscription && document.querySelector(`[data-browser="${await hashOf(subscription.endpoint)}"]`);
  if (!line) return says("off");
  line.querySelector("[data-here]").hidden = false;
  line.querySelector("form").addEventListener("submit", () => { subscription.unsubscribe(); });
  says("on");
}

async function ask(event) {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    if ((await Notification.requestPermission()) !== "granted") return says("denied");
    await navigator.serviceWorker.register(worker, { scope: "/", updateViaCache: "none" });
    const ready = await navigator.serviceWorker.ready;
    let subscription = await ready.pushManager.getSubscription();
    if (subscription && !isOurs(subscription)) { await subscription.unsubscribe(); subscription = null; }
    subscription ??= await ready.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(form.dataset.push) });
    form.elements.endpoint.value = subscription.endpoint;
    form.elements.p256dh.value = text(subscription.getKey("p256dh"));
    form.elements.auth.value = text(subscription.getKey("auth"));
    form.removeEventListener("submit", ask, true);
    form.submit();
  } catch (fault) {
    console.info("push:", fault.message);
    toast(words.failed);
  } finally {
    button.disabled = false;
  }
}

if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) says("cannot");
else if (Notification.permission === "denied") says("denied");
else {
  form.addEventListener("submit", ask, true);
  look();
}
