/** When to try again: quickly at first, then every 7 to 8 seconds for as long as the page is open. */

const STEPS_MS = [0, 300, 1200, 2700, 4800, 7000];
const FIRST_SPREAD_MS = 300;
const SPREAD_MS = 1000;

/** `attempt` counts from 0; `random` is in [0, 1). */
export function reconnectDelayMs(attempt: number, random: number): number {
  const step = STEPS_MS[Math.min(attempt, STEPS_MS.length - 1)] ?? 0;
  return step + random * (attempt === 0 ? FIRST_SPREAD_MS : SPREAD_MS);
}
