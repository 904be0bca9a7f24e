/** The document that is run for a request. */
export interface ChosenDocument {
  readonly text: string;
  /** Of a document that is in a manifest. */
  readonly id: string | null;
  /** To be called once the document is valid and the caller may run it, so that its hash will do the next time. */
  readonly register: (() => void) | null;
}

/**
 * @param params members of a POST's body, or the query of a URL.
 * @param pathId what follows the endpoint in the URL's path.
 * @throws GraphQLError when nothing may be run.
 */
export type ChooseDocument = (
  params: Readonly<Record<string, unknown>>,
  pathId: string | null,
) => ChosenDocument;
