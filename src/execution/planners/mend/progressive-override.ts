/**
 * A plan is for every request of its operation, so a progressive `@override` that is for a share of them stays
 * off, and one for all of them is on. Both planners are told so in their own words.
 */
export const ALL_REQUESTS_LABEL = 'percent(100)';

/** What the native planner compares `percent(…)` with: those above it are on. */
export const OVERRIDE_ABOVE_PERCENT = 99.999;
