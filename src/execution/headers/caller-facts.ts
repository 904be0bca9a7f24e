/** What subgraphs may learn about who is asking. An empty text says as little as null. */
export interface CallerFacts {
  readonly subject: string | null;
  readonly roles: ReadonlySet<string>;
  readonly tenant: string | null;
  /** Null: none to tell. */
  readonly persona: string | null;
  /** Everything that the verified credential says. */
  readonly claims: Readonly<Record<string, unknown>>;
}
