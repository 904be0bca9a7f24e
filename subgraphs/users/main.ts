import { runSubgraph } from '../shared/run.ts';
import { usersSubgraph } from './subgraph.ts';

await runSubgraph(usersSubgraph);
