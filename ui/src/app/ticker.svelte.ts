// A clock for words that depend on the time: what counts down ticks each second, what says "2 minutes ago" twice a minute.

/** `every`: milliseconds; read again when what it depends on changes. */
export function ticker(every: () => number) {
  let now = $state(Date.now());
  $effect(() => {
    now = Date.now();
    const timer = setInterval(() => (now = Date.now()), every());
    return () => clearInterval(timer);
  });
  return {
    get now() {
      return now;
    },
  };
}
