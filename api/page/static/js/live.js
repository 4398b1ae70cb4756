// Follows changes as they happen, through broken connections. It does not know what they change.
import { Problem, proof } from "./core.js";

const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30000;
// a heartbeat comes every 15 s
const SILENCE = 45000;

/**
 * Calls `onEvent(kind, data)` for each change of `symbols`, and `onState("live" | "old" | "broken")`: old while the
 * server lost its database, broken while there is no connection. Returns a function that ends it.
 *
 * fetch instead of EventSource, which cannot prove who asks, and gives up for good on a refusal.
 */
export function follow(symbols, onEvent, onState) {
  let ended = false;
  let lastId = "";
  let pause = FIRST_PAUSE;
  let controller = new AbortController();
  let quiet = 0;

  function heard() {
    clearTimeout(quiet);
    quiet = setTimeout(() => controller.abort(), SILENCE);
  }

  async function listen() {
    controller = new AbortController();
    heard();
    const address = `/api/v1/sentiment/stream?symbols=${encodeURIComponent(symbols.join(","))}&kinds=sentiment,bars,coverage`;
    const headers = { Accept: "text/event-stream", ...(await proof.headers()), ...(lastId ? { "Last-Event-ID": lastId } : {}) };
    const answer = await fetch(address, { headers, signal: controller.signal, cache: "no-store" });
    if (answer.status === 401) await proof.renewed(headers.Authorization);
    if (!answer.ok) throw new Problem(answer.status, {});
    pause = FIRST_PAUSE;
    onState("live");
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    let event = { kind: "message", data: "", id: null };
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      heard();
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines) event = take(line, event);
    }
  }

  function take(line, event) {
    const [field, value] = split(line);
    if (field === "event") event.kind = value;
    else if (field === "data") event.data += value;
    else if (field === "id") event.id = value;
    if (line) return event;
    if (event.id !== null) lastId = event.id;
    if (event.data) {
      const data = JSON.parse(event.data);
      if (event.kind === "status") onState(data.source === "ok" ? "live" : "old");
      else onEvent(event.kind, data);
    }
    return { kind: "message", data: "", id: null };
  }

  async function keepOn() {
    while (!ended) {
      try {
        await listen();
      } catch {
        // whatever it was, it is tried again, ever more slowly
      }
      clearTimeout(quiet);
      if (ended) return;
      onState("broken");
      await new Promise((resolve) => setTimeout(resolve, pause * (0.75 + Math.random() / 2)));
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    }
  }

  keepOn();
  return () => {
    ended = true;
    controller.abort();
  };
}

function split(line) {
  const at = line.indexOf(":");
  if (at < 0) return [line, ""];
  return [line.slice(0, at), line.slice(at + 1).replace(/^ /, "")];
}
