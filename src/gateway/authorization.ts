import { resolve } from 'node:path';
import { type Authorize, createAuthorize } from '../policy/authorize/authorize.ts';
import { createGuards, type GuardOf } from '../policy/authorize/guards.ts';
import type { RuleSet } from '../policy/authorize/rules/load-rules.ts';
import type { AccessTable } from '../supergraph/access.ts';
import type { Generation } from '../supergraph/generation.ts';
import type { GatewayOptions } from './options.ts';
import { planMemory } from './plan-memory.ts';

/** A rule that throws may do so for every request; the log hears of it so often. */
const LOG_EVERY_MS = 1_000;

/** Directives of the schema and rules of the module, as one function, and what they say of each field. @throws ConfigError for rules that do not fit. */
export async function createAuthorization(
  generation: Generation,
  { config, folder, metrics, logger, clock }: GatewayOptions,
): Promise<{ readonly authorize: Authorize; readonly guardOf: GuardOf }> {
  const { mode, rules: file } = config.policy.authorization;
  const rules = file === undefined ? null : await openRules(resolve(folder, file), generation);
  for (const policy of unwrittenPolicies(generation.access, rules)) {
    logger.warn({ policy }, '@policy names a policy that nothing defines, so nobody has it');
  }
  const quietUntil = new Map<string, number>();
  const guardOf = createGuards({
    access: generation.access,
    schema: generation.supergraphSchema,
    ruleFor: (typeName, fieldName) => rules?.fields.get(`${typeName}.${fieldName}`) ?? null,
  });
  const authorize = createAuthorize({
    mode,
    guardOf,
    policies: rules?.policies ?? new Map(),
    deniedMessage: rules?.deniedMessage ?? null,
    showFailures: rules?.showFailures ?? false,
    maxBytes: planMemory(config).rights,
    onRuleFailure(rule, error) {
      metrics.ruleFailed();
      const now = clock.elapsed();
      if (now < (quietUntil.get(rule) ?? Number.NEGATIVE_INFINITY)) return;
      quietUntil.set(rule, now + LOG_EVERY_MS);
      logger.error({ rule, err: error }, 'an authorization rule failed, so it denied');
    },
    onDenied({ definition, denial }, { caller, requestId }) {
      metrics.authorizationDenied(mode);
      logger.debug(
        {
          mode,
          operation: definition.name?.value ?? null,
          fields: denial?.removed.size,
          subject: caller.subject,
          requestId,
        },
        'fields were denied',
      );
    },
  });
  return { authorize, guardOf };
}

async function openRules(file: string, { apiSchema }: Generation): Promise<RuleSet> {
  const { loadRules } = await import('../policy/authorize/rules/load-rules.ts');
  return loadRules(file, apiSchema);
}

function unwrittenPolicies({ requirements }: AccessTable, rules: RuleSet | null): readonly string[] {
  const named = [...requirements.values()].flatMap(({ policies }) => policies.flat(2));
  return [...new Set(named)].filter(name => rules?.policies.has(name) !== true);
}
