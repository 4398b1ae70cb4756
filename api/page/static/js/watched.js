// Which symbols are watched: kept in this browser while nobody is signed in, in the account's first list afterwards. It
// does not know how they are shown.
import { ask, get, Problem, t } from "./core.js";
import { keep, kept, onKept } from "./kept.js";
import { current, onChange } from "./session.js";

const HERE = "watchlist";
const OFFERED = "watchlist-offered";
const MOST = 200;
const TRIES = 3;

let known = null;
let turn = Promise.resolve();
const listeners = new Set();

/** The symbols, in their order. Throws Problem, or TypeError without a connection. */
export async function watched() {
  return (await standing()).symbols;
}

/** Calls `listener` whenever other symbols are watched, or somebody else watches; in whichever tab that was done. */
export function onWatched(listener) {
  listeners.add(listener);
}

/** Watches `symbol`, or no longer. Resolves once it is kept. */
export function watch(symbol, wanted) {
  return change((symbols) => (wanted ? [...symbols.filter((other) => other !== symbol), symbol] : symbols.filter((other) => other !== symbol)));
}

/** Symbols of this browser that the account does not have, unless its owner was asked before. */
export async function offered() {
  const me = current();
  const here = kept(HERE) ?? [];
  if (!me || !here.length || kept(OFFERED) === me.email) return [];
  const theirs = new Set(await watched());
  return here.filter((symbol) => !theirs.has(symbol));
}

/** The answer to what was offered: adds it to the account and forgets it here, or never asks again. */
export async function answerOffer(symbols, isWanted) {
  if (isWanted) {
    await change((theirs) => [...theirs, ...symbols.filter((symbol) => !theirs.includes(symbol))]);
    keep(HERE, null);
  }
  keep(OFFERED, current()?.email ?? null);
}

function change(edit) {
  // one after the other, or a quick second press would build upon a version that is over
  turn = turn.catch(() => {}).then(() => changed(edit));
  return turn;
}

async function changed(edit) {
  for (let tries = 1; ; tries += 1) {
    const { list, symbols } = await standing();
    const wanted = edit(symbols);
    if (wanted.length > MOST) throw new Error(t("watchlist", "full", { most: MOST }));
    try {
      const now = current() ? await keepThere(list, wanted) : keepHere(wanted);
      known = Promise.resolve(now);
      return tell();
    } catch (error) {
      known = null;
      // changed by another tab or program meanwhile: what is there now is changed instead
      if (!(error instanceof Problem) || error.status !== 409 || tries === TRIES) throw error;
    }
  }
}

function standing() {
  if (!known) {
    known = current() ? lookThere() : Promise.resolve({ list: null, symbols: kept(HERE) ?? [] });
    known.catch(() => { known = null; });
  }
  return known;
}

async function lookThere() {
  const { items } = await get("/users/me/watchlists");
  return of(items.find((list) => list.default) ?? items[0] ?? null);
}

async function keepThere(list, symbols) {
  if (!list) return of(await ask("POST", "/users/me/watchlists", { body: { name: t("watchlist", "heading"), symbols, default: true } }));
  return of(await ask("PATCH", `/users/me/watchlists/${list.id}`, { body: { version: list.version, symbols } }));
}

function keepHere(symbols) {
  keep(HERE, symbols);
  return { list: null, symbols };
}

const of = (list) => ({ list, symbols: list?.symbols ?? [] });

function tell() {
  for (const listener of listeners) listener();
}

function lookAgain() {
  known = null;
  tell();
}
onChange(lookAgain);
onKept(HERE, () => current() || lookAgain());
