import type { SubgraphFetch } from './subgraph-fetch.ts';

/** Tells whoever asks for a fetch of the headers of each reply, in the order in which replies come. */
export function tellReplies(next: SubgraphFetch): SubgraphFetch {
  return request => {
    const reply = next(request);
    const { subgraph, context } = request;
    reply.then(
      ({ status, headers }) => {
        // What stands before a subgraph speaks for itself when it says that there is none.
        if (status < 500) context.replies?.replied(subgraph, headers, status);
      },
      () => {},
    );
    return reply;
  };
}
