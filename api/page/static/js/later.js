// Work that waits. It does not know for what.

/** `work`, once it has not been asked for again for `milliseconds`. */
export function later(work, milliseconds) {
  let waiting = 0;
  return () => {
    clearTimeout(waiting);
    waiting = setTimeout(work, milliseconds);
  };
}

/** Resolves after so many `milliseconds`. */
export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
