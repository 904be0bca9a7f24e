import type { BucketMethod } from '../../bucket.ts';

/**
 * One of the algorithms in Lua, as bodies of functions of a bucket `b`: `key`, `capacity`, `scale`, `rate`, `window`, and
 * what it keeps there itself. The time is `now`. They become branches of a few functions that all algorithms share, as a
 * function for each would be made anew by every call of a script, which is dearer than to run it.
 */
export interface LuaMethod {
  readonly name: BucketMethod;
  /** Takes over `stored`, a text or false. */
  readonly load: string;
  /** Returns whole units, which may be below 0. */
  readonly available: string;
  /** Takes `units`. */
  readonly spend: string;
  /** Gives back `units` of a take at `taken_at`, or charges where they are below 0. With `is_void` nobody was let through by it. */
  readonly amend: string;
  /** Returns the text that is loaded again; null: it is kept as `save` does it. */
  readonly written: string | null;
  /** Keeps it, where it is no text. */
  readonly save?: string;
  /** Returns milliseconds until it is full. */
  readonly fullAfter: string;
  /** Returns milliseconds until it has `units`. */
  readonly waitFor: string;
}
