// Who is signed in. Both tokens are kept in the browser, where every tab and the next page find them: the access token
// for the quarter of an hour that it is good for, so that opening pages renews nothing.
//
// A refresh token is good once, and whoever shows one again ends the whole sign-in, for it could be a thief. So tabs take
// turns, and each reads the token again when it is its turn.
import { ask, get, Problem, proof } from "./core.js";
import { alone } from "./alone.js";
import { keep, kept, onKept } from "./kept.js";

const SESSION = "session";
const ENDED = "session-ended";
const EARLY_MS = 60000;
// less than the ten seconds for which a lost answer can be asked for again; whoever asks again may wait longer
const PATIENCE_MS = 4500;
const LONG_PATIENCE_MS = 30000;

let known = kept(SESSION)?.email ?? null;
const listeners = new Set();

/** Who is signed in, as { email, role }, or null. */
export function current() {
  const session = kept(SESSION);
  return session && { email: session.email, role: session.role };
}

/** Whether the last sign-in ended without anybody signing out here. */
export const wasEnded = () => !kept(SESSION) && kept(ENDED) !== null;

/** Calls `listener` whenever somebody else, or nobody, is signed in; in whichever tab that was done. */
export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Signs in. Throws Problem where that is refused. */
export async function signIn(email, password) {
  const form = { grant_type: "password", username: email, password };
  const tokens = await ask("POST", "/users/token", { form, anonymous: true });
  await alone(SESSION, () => accept(tokens, { id: String(Math.random()), email, role: "user" }));
  keep(ENDED, null);
  await lookAtMe().catch(() => {});
  tell();
}

/** Signs out, in every tab. It never fails: without a connection the session ends by itself, unused. */
export async function signOut() {
  const session = kept(SESSION);
  keep(SESSION, null);
  keep(ENDED, null);
  if (session) await revoke(session.refresh);
  // last, for a listener may leave the page
  tell();
}

/** Reads again who is signed in: after the address or the role changed. */
export async function lookAtMe() {
  const { email, role } = await get("/users/me");
  const session = kept(SESSION);
  if (session) keep(SESSION, { ...session, email, role });
  known = email;
}

proof.headers = async () => {
  if (!kept(SESSION)) return {};
  // what everybody may read is read as nobody; what is refused then says why (proof.renewed)
  const token = await accessToken().catch(() => null);
  return token ? { Authorization: `Bearer ${token}` } : {};
};

proof.renewed = async (refused) => kept(SESSION) !== null && (await accessToken(refused)) !== null;

proof.refused = () => {
  if (kept(SESSION)) end();
};

onKept(SESSION, () => {
  if (current()?.email !== known) tell();
});
addEventListener("pageshow", (event) => {
  // a page that comes back from the browser's memory missed what happened meanwhile
  if (event.persisted && current()?.email !== known) location.reload();
});

// the access token that is kept, unless it ends soon or was `refused` (as its header had it)
function fresh(session, refused) {
  const isGood = session?.access && Date.now() < session.until - EARLY_MS && refused !== `Bearer ${session.access}`;
  return isGood ? session.access : null;
}

async function accessToken(refused = null) {
  const ready = fresh(kept(SESSION), refused);
  if (ready) return ready;
  return alone(SESSION, async () => {
    const session = kept(SESSION);
    if (!session) return null;
    // another tab had its turn before
    const renewed = fresh(session, refused);
    if (renewed) return renewed;
    let tokens;
    try {
      tokens = await exchange(session.refresh);
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 400) throw error;
      end();
      return null;
    }
    const now = kept(SESSION);
    if (now?.id !== session.id) return dropped(tokens);
    // what another tab has exchanged meanwhile is newer
    accept(now.refresh === session.refresh ? tokens : { ...tokens, refresh_token: now.refresh }, now);
    return tokens.access_token;
  });
}

async function exchange(refresh) {
  const once = (patience) =>
    ask("POST", "/users/token/refresh", { form: { refresh_token: refresh }, anonymous: true, signal: AbortSignal.timeout(patience) });
  try {
    return await once(PATIENCE_MS);
  } catch (error) {
    if (error instanceof Problem) throw error;
    // the answer may have been lost on the way: asked again soon, the server gives the same one
    return once(LONG_PATIENCE_MS);
  }
}

// signed out, or in as somebody else, while the answer was on its way
async function dropped(tokens) {
  await revoke(tokens.refresh_token);
  return null;
}

const revoke = (token) =>
  ask("POST", "/users/token/revoke", { form: { token }, anonymous: true, signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => {});

function accept(tokens, { id, email, role }) {
  const until = Date.now() + tokens.expires_in * 1000;
  keep(SESSION, { id, email, role, refresh: tokens.refresh_token, access: tokens.access_token, until });
  known = email;
}

function end() {
  keep(ENDED, true);
  keep(SESSION, null);
  tell();
}

function tell() {
  known = current()?.email ?? null;
  for (const listener of listeners) listener();
}
