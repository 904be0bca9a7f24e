/** For what is about to come: looked for often, as that costs little, and for long, as machines are busy at times. */
export const PATIENCE = { timeout: 10_000, interval: 5 };
