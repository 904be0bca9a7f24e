import { describe } from 'vitest';
import { describeStore } from './contract.ts';
import { useMemoryStore } from './use-stores.ts';

describe('a store in memory', () => describeStore(() => useMemoryStore()));
