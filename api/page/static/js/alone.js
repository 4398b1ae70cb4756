// One tab at a time. Browsers have locks only where a page is secure: over plain HTTP in a local network there are none,
// and a lease in what the browser keeps takes their place.
import { pause } from "./later.js";
import { keep, kept } from "./kept.js";

// ends before a server forgets an answer that was lost with a tab that crashed (ten seconds)
const LEASE_MS = 9000;
const SETTLE_MS = 40;

/** What `work` returns, done while no other tab of this browser is at work as `name`. Without locks: for 9 s. */
export function alone(name, work) {
  if (navigator.locks) return navigator.locks.request(`insitechart.${name}`, work);
  return leased(`lease.${name}`, work);
}

async function leased(name, work) {
  const me = `${Date.now()}-${Math.random()}`;
  while (!(await taken(name, me))) await pause(SETTLE_MS);
  const release = () => kept(name)?.holder === me && keep(name, null);
  // a page that is left does not come to its end
  addEventListener("pagehide", release, { once: true });
  try {
    return await work();
  } finally {
    removeEventListener("pagehide", release);
    release();
  }
}

async function taken(name, me) {
  const held = kept(name);
  if (held && held.until > Date.now()) return false;
  keep(name, { holder: me, until: Date.now() + LEASE_MS });
  // of two that saw it free at once, the one that wrote last has it
  await pause(SETTLE_MS * (1 + Math.random()));
  return kept(name)?.holder === me;
}
