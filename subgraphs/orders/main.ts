import { runSubgraph } from '../shared/run.ts';
import { ordersSubgraph } from './subgraph.ts';

await runSubgraph(ordersSubgraph);
