import { createRequire } from 'node:module';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    // Vite would take graphql's ES build while Apollo's packages require its CommonJS build, and graphql-js
    // refuses types of another copy of itself. Node takes the CommonJS build for everybody.
    alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') }],
  },
});
