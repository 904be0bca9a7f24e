import type { ReplySource, UsedValue } from '../../http/kept-answer.ts';
import type { JsonObject } from '../../shared/json.ts';
import { readReplyTags } from '../entities/reply-tags.ts';
import { soonest, type Until, WITHOUT_END } from '../freshness/lifetime.ts';
import { type HeaderValue, policyOfReply } from '../policy/cache-control-header.ts';
import type { CachePolicy } from '../policy/cache-policy.ts';
import { withHeader } from '../policy/merge-policies.ts';

/** An answer of more is not kept. */
const MOST_TAGS = 1_000;

/** What replies and kept values leave of an answer's lifetime while it is made, and what else it is known by. */
export class AnswerLimits {
  /** Null: it may not be kept. */
  policy: CachePolicy | null;
  until: Until = WITHOUT_END;
  readonly #tags = new Set<string>();

  constructor(declared: CachePolicy | null) {
    this.policy = declared;
  }

  /** Of the values in it; null: too many. */
  get tags(): ReadonlySet<string> | null {
    return this.#tags.size > MOST_TAGS ? null : this.#tags;
  }

  readonly replied = (
    headers: Readonly<Record<string, HeaderValue>>,
    { longestMs }: Pick<ReplySource, 'longestMs'>,
  ): void => {
    this.policy = withHeader(this.policy, policyOfReply(headers, longestMs));
  };

  readonly used = (value: UsedValue): void => {
    this.until = soonest(this.until, value);
    if (value.isPrivate) this.policy = this.policy && { ...this.policy, scope: 'PRIVATE' };
    this.#add(value.tags);
  };

  readonly tagged = (extensions: JsonObject): void => {
    // Of which entity a tag is does not matter: the answer has them all. What cannot be read may be any.
    const ofReply = readReplyTags(extensions, -1);
    if (ofReply === null) this.policy = null;
    else this.#add(ofReply(0));
  };

  #add(tags: Iterable<string>): void {
    for (const tag of tags) if (this.#tags.size <= MOST_TAGS) this.#tags.add(tag);
  }
}
