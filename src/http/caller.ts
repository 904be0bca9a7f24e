/** Who is asking, as far as a verified credential says. Frozen, and shared by all requests that present it. */
export interface Caller {
  /** How it is known. */
  readonly kind: 'anonymous' | 'jwt' | 'introspection' | 'api-key';
  readonly subject: string | null;
  readonly scopes: ReadonlySet<string>;
  readonly roles: ReadonlySet<string>;
  readonly permissions: ReadonlySet<string>;
  readonly tenant: string | null;
  readonly tier: string | null;
  /** The application that the credential was given to; not what a client calls itself. */
  readonly client: string | null;
  /** The persona that the credential is for. */
  readonly persona: string | null;
  /** Everything the credential says, verified. Of an API key: its record, under the names of claims. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** Equal for two callers exactly if everything is that a policy may look at. */
  readonly key: string;
}
