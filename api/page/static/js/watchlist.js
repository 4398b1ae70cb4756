import { el } from "./core.js";
export const starButton = () => el("span");
export function mountWatchlist() {}
