/** Every metric and span name there is; `docs/telemetry.md` lists the same and a test compares. */
export const METRICS = {
  requestDuration: {
    name: 'http_server_request_duration_seconds',
    help: 'Time from the first byte of a request to the last of its answer.',
    labels: ['method', 'status'],
  },
  activeRequests: {
    name: 'http_server_active_requests',
    help: 'Requests in flight.',
    labels: [],
  },
  openConnections: {
    name: 'http_server_open_connections',
    help: 'Connections of clients.',
    labels: [],
  },
  connectionsRefused: {
    name: 'weir_connections_refused_total',
    help: 'Connections that were closed at once, as there were server.maxConnections already.',
    labels: [],
  },
  operations: {
    name: 'graphql_server_operations_total',
    help: 'Operations by kind and outcome: ok, partial (data and errors) or error (no data).',
    labels: ['kind', 'outcome'],
  },
  fetchDuration: {
    name: 'http_client_request_duration_seconds',
    help: 'Time of one request to a subgraph; outcome is ok or an error code.',
    labels: ['subgraph', 'outcome'],
  },
  sharedFetches: {
    name: 'weir_shared_fetches_total',
    help: 'Subgraph requests that were not sent because an equal one was in flight.',
    labels: ['subgraph'],
  },
  sharedOperations: {
    name: 'weir_shared_operations_total',
    help: 'Operations that were not run because an equal one was in flight.',
    labels: [],
  },
  planDuration: {
    name: 'weir_plan_duration_seconds',
    help: 'Time to plan and compile an operation that was not in the plan cache.',
    labels: ['planner'],
  },
  authorizationDenials: {
    name: 'weir_authorization_denials_total',
    help: 'Operations of which fields were denied; mode is filter, reject or dry-run.',
    labels: ['mode'],
  },
  ruleFailures: {
    name: 'weir_authorization_rule_failures_total',
    help: 'Authorization rules that threw, took too long, or read what they may not; each denied.',
    labels: [],
  },
  rateLimited: {
    name: 'weir_rate_limited_total',
    help: 'Requests that a limit refused (reject), took fields from (prune) or would have refused (shadow).',
    labels: ['limit', 'effect'],
  },
  rateLimitForgotten: {
    name: 'weir_rate_limit_forgotten_total',
    help: 'Buckets that were forgotten before their time, as there was no memory left for them.',
    labels: ['limit'],
  },
  operationCost: {
    name: 'weir_operation_cost_points',
    help: 'Points of operations; kind is estimated or actual.',
    labels: ['kind', 'persona'],
  },
  breakerTransitions: {
    name: 'weir_breaker_transitions_total',
    help: 'Circuit breakers that changed, by what they became: open, half-open or closed.',
    labels: ['subgraph', 'coordinate', 'to'],
  },
  breakerOpen: {
    name: 'weir_breaker_open',
    help: 'Whether the circuit breaker of a field is open or half-open: 1 or 0. Absent: it never was.',
    labels: ['subgraph', 'coordinate'],
  },
  breakerCuts: {
    name: 'weir_breaker_cuts_total',
    help: 'Times a field was not asked for, as its circuit breaker was open.',
    labels: ['subgraph', 'coordinate'],
  },
  fallbacks: {
    name: 'weir_fallbacks_total',
    help: 'Times a field answered without its subgraph; source is stale or value.',
    labels: ['coordinate', 'source'],
  },
  targetEjections: {
    name: 'weir_target_ejections_total',
    help: 'Times one of several targets of a subgraph was given no more requests for a while, as it failed.',
    labels: ['subgraph', 'target'],
  },
  targetsEjected: {
    name: 'weir_targets_ejected',
    help: 'Targets of a subgraph that get no requests now, as they fail.',
    labels: ['subgraph', 'target'],
  },
  variantRequests: {
    name: 'weir_variant_requests_total',
    help: 'Requests to subgraphs that have variants; variant is stable for the subgraph itself, outcome ok or failed.',
    labels: ['subgraph', 'variant', 'outcome'],
  },
  variantSwitchOffs: {
    name: 'weir_variant_switch_offs_total',
    help: 'Times a variant was switched off, as it did worse than its subgraph; reason is failures or latency.',
    labels: ['subgraph', 'variant', 'reason'],
  },
  variantOff: {
    name: 'weir_variant_off',
    help: 'Whether a variant is switched off: 1 or 0. Absent: it never was.',
    labels: ['subgraph', 'variant'],
  },
  retries: {
    name: 'weir_subgraph_retries_total',
    help: 'Requests to subgraphs that were sent again, by what the attempt before ended in: a code or a status.',
    labels: ['subgraph', 'reason'],
  },
  hedges: {
    name: 'weir_subgraph_hedges_total',
    help: 'Queries to subgraphs that were sent twice; won: the second was answered first.',
    labels: ['subgraph', 'outcome'],
  },
  shedFetches: {
    name: 'weir_subgraph_shed_total',
    help: 'Requests to subgraphs that were not sent, as too many were in flight and waiting.',
    labels: ['subgraph'],
  },
  cacheAnswers: {
    name: 'weir_cache_answers_total',
    help: 'Operations by where their answer came from: hit, stale, miss, or bypass, of a kind that is not kept.',
    labels: ['persona', 'outcome'],
  },
  cacheReads: {
    name: 'weir_cache_store_reads_total',
    help: 'Entries asked of the cache: found in memory or redis, miss, invalidated, corrupt, or unavailable.',
    labels: ['outcome'],
  },
  cacheWrites: {
    name: 'weir_cache_store_writes_total',
    help: 'Entries put into the cache: written to Redis, or dropped as full, too-large, outdated, unavailable or failed.',
    labels: ['outcome'],
  },
  cacheBytes: {
    name: 'weir_cache_store_memory_bytes',
    help: 'What the cache takes up in memory, with what keeping it costs.',
    labels: [],
  },
  cacheEvictions: {
    name: 'weir_cache_store_evictions_total',
    help: 'Entries that went from memory before their time, as there was no room for them.',
    labels: [],
  },
  cacheInvalidations: {
    name: 'weir_cache_store_invalidated_tags_total',
    help: 'Tags that were invalidated, by whom: here, elsewhere in the fleet, or all, as news of it were lost.',
    labels: ['origin'],
  },
  overloadShed: {
    name: 'weir_overload_shed_total',
    help: 'Requests that were refused, as the process had too much to do.',
    labels: ['persona'],
  },
  overloadPressure: {
    name: 'weir_overload_pressure',
    help: 'What there is to do as a share of what there may be at most; from 1 on nobody else is let in.',
    labels: [],
  },
  eventLoopLag: {
    name: 'weir_event_loop_lag_seconds',
    help: 'How late the event loop is, smoothed: one of the two things that pressure is made of.',
    labels: [],
  },
  cacheEntities: {
    name: 'weir_cache_entities_total',
    help: 'Values that fetches wanted, by what was kept of them: hit, negative (that there is none), stale, or miss.',
    labels: ['subgraph', 'outcome'],
  },
  rateLimitOutage: {
    name: 'weir_rate_limit_outage',
    help: 'Whether limits follow their outage policy, as Redis does not answer: 1 or 0.',
    labels: [],
  },
  generation: {
    name: 'weir_generation_loaded_timestamp_seconds',
    help: 'When the supergraph that is served now was loaded; the label is the start of its hash.',
    labels: ['id'],
  },
  certificateExpiry: {
    name: 'weir_certificate_expiry_timestamp_seconds',
    help: 'When the certificate ends that the gateway shows now; the label is the setting that names it.',
    labels: ['setting'],
  },
  reloads: {
    name: 'weir_reloads_total',
    help: 'Attempts to load another supergraph; outcome is ok or failed.',
    labels: ['outcome'],
  },
  identified: {
    name: 'weir_identity_total',
    help: 'Requests by how their caller is known; outcome is ok, refused or unavailable (nobody could say).',
    labels: ['kind', 'outcome'],
  },
  keySetFetches: {
    name: 'weir_jwks_fetches_total',
    help: 'Attempts to fetch the keys of an issuer; outcome is ok or failed.',
    labels: ['outcome'],
  },
  introspections: {
    name: 'weir_introspections_total',
    help: 'Questions about tokens by what became of them; last-known is an old answer that was used instead.',
    labels: ['outcome'],
  },
  redisReady: {
    name: 'weir_redis_ready',
    help: 'Whether there is a connection to Redis that takes commands: 1 or 0.',
    labels: [],
  },
  redisFailures: {
    name: 'weir_redis_failures_total',
    help: 'Work that Redis did not do; reason is disconnected, timeout or failed.',
    labels: ['reason'],
  },
  apiKeyLookups: {
    name: 'weir_api_key_lookups_total',
    help: 'API keys that were looked up, as they were not remembered; outcome is ok, refused or unavailable.',
    labels: ['outcome'],
  },
} as const;

export const SPANS = {
  request: 'weir.request',
  prepare: 'weir.prepare',
  plan: 'weir.plan',
  fetch: 'weir.fetch',
} as const;
