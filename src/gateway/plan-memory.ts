import type { GatewayConfig } from '../config/gateway-config.ts';

/** Bytes for what is remembered of operations beside their documents; together `operation.planCache`. */
export interface PlanMemory {
  /** Plans, and the code that is made of them. */
  readonly plans: number;
  /** What is taken out of operations for callers who may not see it. */
  readonly rights: number;
  /** Where the answers of mutations have entities. */
  readonly changes: number;
}

export function planMemory({ operation: { planCache } }: GatewayConfig): PlanMemory {
  const changes = Math.floor(planCache / 16);
  const rights = Math.floor(planCache / 8);
  return { plans: planCache - rights - changes, rights, changes };
}
