// Posts with the words that decided their score, and the tinting of any text that was read. It does not score.
import { ago, el, get, score, shown, t, when } from "./core.js";

const STEPS = [0.4, 1.2, 2.4];

/** `text` with each term of `explanation` ({start, end, weight} in code points) tinted by its weight. */
export function tinted(text, explanation) {
  const letters = [...text];
  const pieces = [];
  let at = 0;
  for (const term of [...explanation].filter((one) => one.end > one.start).sort((a, b) => a.start - b.start)) {
    if (term.start < at) continue;
    pieces.push(letters.slice(at, term.start).join(""));
    const step = STEPS.filter((least) => Math.abs(term.weight) >= least).length;
    const side = term.weight > 0 ? "good" : "bad";
    const words = letters.slice(term.start, term.end).join("");
    pieces.push(el("mark", { class: `tint ${side} step${step}`, title: `${words}: ${score(term.weight)}` }, words));
    at = term.end;
  }
  pieces.push(letters.slice(at).join(""));
  return pieces.filter((piece) => piece !== "");
}

function postItem(post) {
  const whole = post.title ? `${post.title}\n${post.text}` : post.text;
  const label = post.mention_label ?? post.label;
  return el("li", { class: "post" },
    el("p", { class: "small dim" },
      el("span", { class: "mark" }, post.source), " ",
      post.author ? `${post.author} · ` : "",
      el("time", { datetime: post.published_at, title: when(post.published_at) }, ago(post.published_at)),
      post.is_copy ? el("span", { class: "mark" }, t("posts", "copy")) : null,
      post.url && /^https?:/.test(post.url) ? [" · ", el("a", { href: post.url, rel: "noopener noreferrer nofollow", target: "_blank" }, t("posts", "original"))] : null,
    ),
    el("p", { class: "said", lang: post.lang ?? undefined }, ...tinted(whole, post.explanation)),
    el("p", { class: `small ${label ?? "dim"}` }, label ? `${t("stock", label)} ${score(post.mention_score ?? post.score)}` : t("posts", "unread")),
  );
}

/** Lists the posts about `symbol` in `root`, with filters and further pages. */
export function mountPosts(root, symbol) {
  const list = root.querySelector("[data-list]");
  const more = root.querySelector("[data-more]");
  const controls = root.querySelector("form");
  let cursor = null;

  async function load(append) {
    const chosen = Object.fromEntries(new FormData(controls));
    const page = await get(`/sentiment/${encodeURIComponent(symbol)}/posts`, {
      limit: 20, source: chosen.source, label: chosen.label, copies: chosen.copies ? undefined : "false", cursor: append ? cursor : undefined,
    });
    const items = page.items.map(postItem);
    if (append) list.append(...items);
    else list.replaceChildren(...(items.length ? items : [el("li", { class: "dim" }, t("posts", "none"))]));
    if (append) items[0]?.querySelector("a, mark")?.focus?.();
    cursor = page.next;
    more.hidden = !cursor;
    if (!controls.dataset.filled) {
      controls.dataset.filled = "yes";
      const { items: feeds } = await get("/sentiment/coverage", { window: "7d" });
      const names = new Set([...feeds.map((feed) => feed.source), ...page.items.map((post) => post.source)]);
      controls.elements.source.append(...[...names].sort().map((name) => el("option", { value: name }, name)));
    }
  }

  controls.addEventListener("change", () => shown(list, () => load(false)));
  controls.addEventListener("submit", (event) => event.preventDefault());
  more.addEventListener("click", () => load(true).catch(() => {}));
  shown(list, () => load(false));
}
