// Runs the CLI from a checkout: builds what is stale, then becomes `weir`. One process, so that a signal sent
// to it reaches the gateway.
import './build-if-stale.mjs';

await import('../dist/src/main.js');
