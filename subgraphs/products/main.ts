import { runSubgraph } from '../shared/run.ts';
import { productsSubgraph } from './subgraph.ts';

await runSubgraph(productsSubgraph);
