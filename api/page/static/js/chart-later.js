/** `work`, once it has not been asked for again for `pause` milliseconds. */
export function later(work, pause) {
  let waiting = 0;
  return () => {
    clearTimeout(waiting);
    waiting = setTimeout(work, pause);
  };
}
