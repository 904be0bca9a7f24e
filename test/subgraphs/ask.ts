import type { RunningSubgraph } from '../../subgraphs/shared/serve.ts';

export interface Answer {
  // Tests state what they expect of the answer, so its shape is theirs to check.
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { message: string; path?: unknown[]; extensions?: Record<string, unknown> }[];
}

export interface Question {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
  readonly callerId?: string;
  readonly roles?: string;
}

export async function post(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

export async function ask(
  subgraph: RunningSubgraph,
  { query, variables, callerId, roles }: Question,
): Promise<Answer> {
  const response = await post(
    subgraph.url,
    { query, variables },
    {
      ...(callerId ? { 'x-user-id': callerId } : {}),
      ...(roles ? { 'x-user-roles': roles } : {}),
    },
  );
  return (await response.json()) as Answer;
}

/** Asks for entities as a gateway does; `selection` is written inside `_entities { … }`. */
export async function askEntities(
  subgraph: RunningSubgraph,
  representations: readonly Record<string, unknown>[],
  selection: string,
): Promise<unknown> {
  const query = `query ($representations: [_Any!]!) { _entities(representations: $representations) { ${selection} } }`;
  const { data, errors } = await ask(subgraph, { query, variables: { representations } });
  if (errors) throw new Error(errors.map(error => error.message).join('\n'));
  return data?.['_entities'];
}
