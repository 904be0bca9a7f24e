/**
 * Keys by which Apollo Router, Cosmo, Hive Router and others call what has another place in `gateway.yaml`. Whoever brings their
 * file along is told where (docs/migrating.md).
 */
export const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['apq', 'personas.default.documents.apq'],
  ['authentication', 'identity.jwt'],
  ['authorization', 'policy.authorization'],
  ['automatic_persisted_queries', 'personas.default.documents.apq'],
  ['batching', 'server.batching'],
  ['cache_control_policy', 'cache.defaultMaxAge'],
  ['cors', 'server.cors'],
  ['demand_control', 'policy.cost'],
  ['entity_cache', 'cache'],
  ['entity_caching', 'cache'],
  ['graphiql', 'server.graphiql'],
  ['graphql_path', 'server.path'],
  ['grace_period', 'server.shutdown'],
  ['headers', 'execution.subgraphs.all.headers'],
  ['health_check', 'admin'],
  ['homepage', 'server.graphiql'],
  ['http', 'server.listen'],
  ['include_subgraph_errors', 'execution.subgraphs.all.errors'],
  ['introspection', 'operation.introspection'],
  ['introspection_enabled', 'operation.introspection'],
  ['jwt', 'identity.jwt'],
  ['limits', 'personas.default.limits'],
  ['listen_addr', 'server.listen'],
  ['log', 'telemetry.logLevel'],
  ['log_level', 'telemetry.logLevel'],
  ['override_labels', 'execution.overrides'],
  ['override_routing_url', 'execution.subgraphs.<name>.url'],
  ['override_subgraph_url', 'execution.subgraphs.<name>.url'],
  ['override_subgraph_urls', 'execution.subgraphs.<name>.url'],
  ['overrides', 'execution.subgraphs.<name>.url'],
  ['persisted_documents', 'personas.default.documents'],
  ['persisted_operations', 'personas.default.documents'],
  ['persisted_queries', 'personas.default.documents'],
  ['playground', 'server.graphiql'],
  ['playground_enabled', 'server.graphiql'],
  ['preview_entity_cache', 'cache'],
  ['query_planner', 'execution.planBudget'],
  ['query_plans_enabled', 'personas.default.explain'],
  ['rate_limit', 'policy.rateLimit'],
  ['response_cache', 'cache'],
  ['sandbox', 'server.graphiql'],
  ['security', 'personas.default.limits'],
  ['shutdown_delay', 'server.shutdown'],
  ['redis', 'storage.redis'],
  ['storage_providers', 'storage.redis'],
  ['subgraph_error_propagation', 'execution.subgraphs.all.errors'],
  ['telemetry.exporters', 'telemetry.otlp'],
  ['telemetry.resource_attributes', 'telemetry.resource'],
  ['telemetry.service_name', 'telemetry.serviceName'],
  ['telemetry.tracing', 'telemetry.otlp'],
  ['tls', 'server.tls'],
  ['traffic_shaping', 'execution.subgraphs'],
]);

/** Keys of theirs that have no place in the file, and what is there in their place. */
export const NOWHERE: ReadonlyMap<string, string> = new Map([
  ['access_logs', 'personas.<name>.audit has a line for every operation; who calls is counted in /metrics'],
  ['cdn', 'supergraph.yaml says where the supergraph comes from'],
  ['client_header', 'names of clients are read from graphql-client-name and apollographql-client-name'],
  ['connectors', 'what is no GraphQL is not asked'],
  ['controlplane_url', 'supergraph.yaml says where the supergraph comes from'],
  ['coprocessor', 'what it decides is said by policy.authorization.rules'],
  ['csrf', 'it is always on (docs/http.md)'],
  ['dev_mode', 'that is the command weir dev'],
  ['engine', 'equal requests in flight are always shared; execution.sharing ends that'],
  ['events', 'subscriptions are not served'],
  ['execution_config', 'weir start --supergraph says which supergraph to serve'],
  ['file_upload', 'uploads are not served'],
  ['graph', 'supergraph.yaml says where the supergraph comes from'],
  ['health_check_path', 'it is always /health/live'],
  ['json_log', 'lines of weir start are JSON, those of weir dev are for people'],
  ['liveness_check_path', 'it is always /health/live'],
  ['modules', 'what they decide is said by policy.authorization.rules'],
  ['plugins', 'what they decide is said by policy.authorization.rules'],
  ['poll_interval', 'supergraph.yaml says how often its URL is asked'],
  ['preview_file_uploads', 'uploads are not served'],
  ['readiness_check_path', 'it is always /health/ready'],
  [
    'rhai',
    'what it decides is said by policy.authorization.rules, headers by execution.subgraphs.all.headers',
  ],
  ['subscription', 'subscriptions are not served'],
  ['subscriptions', 'subscriptions are not served'],
  ['supergraph', 'its listener is server here; where it comes from is said by supergraph.yaml'],
  ['telemetry.apollo', 'nothing is reported'],
  ['telemetry.hive', 'nothing is reported'],
  ['telemetry.instrumentation', 'which spans and metrics there are is no setting (docs/telemetry.md)'],
  ['telemetry.metrics', 'they are at /metrics of admin.listen'],
  ['usage_reporting', 'nothing is reported'],
  ['version', 'leave it out'],
  ['watch_config', 'a changed configuration is told of, and takes a restart'],
  ['websocket', 'subscriptions are not served'],
]);

/** Where the setting is in this file; undefined where it is in none, or the file is another one. */
export function elsewhere(key: string, known: readonly string[]): string | undefined {
  const place = ELSEWHERE.get(key);
  if (place === undefined) return undefined;
  // Of a key that stands below another, the neighbours are known, not the root.
  const own = key.split('.').length - 1;
  return known.includes(place.split('.')[own] ?? '') ? place : undefined;
}

/** What there is instead of a key that has no place in `gateway.yaml`; undefined of any other, and of other files. */
export function nowhere(key: string, known: readonly string[]): string | undefined {
  // Of keys below another the neighbours are known.
  return known.includes(key.includes('.') ? 'otlp' : 'server') ? NOWHERE.get(key) : undefined;
}
