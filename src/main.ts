#!/usr/bin/env -S node --max-semi-space-size=64
import { Command, Option } from 'commander';
import { failureText } from './cli/cli-error.ts';
import { packageVersion } from './cli/package-root.ts';

// Each command is loaded when it is run: most have no use for a gateway, which takes a good part of a second.

const supergraph = [
  '--supergraph <file>',
  'a supergraph.yaml, or composed SDL; ./supergraph.yaml by default',
] as const;
const config = [
  '--config <file>',
  'the gateway configuration; ./gateway.yaml if there is one, but not with SDL',
] as const;
const listen = ['--listen <host:port>', 'where clients reach the gateway'] as const;

const program = new Command('weir')
  .description('A GraphQL federation gateway: compose, plan and serve a supergraph.')
  .version(packageVersion());

program
  .command('dev')
  .description('serve ./supergraph.yaml with GraphiQL, and reload it when a file changes')
  .option(...supergraph)
  .option(...config)
  .option(...listen)
  .action(async flags => (await import('./cli/dev.ts')).dev(flags));

program
  .command('start')
  .description('serve a supergraph, and reload it when its files change, and on SIGHUP')
  .option(...supergraph)
  .option(...config)
  .option(...listen)
  .option('--no-watch', 'reload it on SIGHUP only')
  .action(async flags => (await import('./cli/start.ts')).start(flags));

program
  .command('compose')
  .description('print the supergraph SDL')
  .option('--supergraph <file>', 'what to compose; ./supergraph.yaml by default')
  .option('--config <file>', 'the same, as Rover calls it')
  .option('--out <file>', 'write it to a file instead')
  .action(async flags => (await import('./cli/compose.ts')).compose(flags));

program
  .command('plan')
  .description('print what would be fetched for an operation')
  .argument('<operation>', 'GraphQL text, or a file with it')
  .option(...supergraph)
  .option('--operation-name <name>', 'which operation of the text')
  .addOption(new Option('--planner <planner>', 'which planner to ask').choices(['auto', 'native', 'apollo']))
  .option('--labels <labels>', 'progressive overrides that are on, as in beta,percent(5)')
  .option('--json', 'as JSON')
  .action(async (operation, flags) => (await import('./cli/plan.ts')).plan(operation, flags));

program
  .command('cost')
  .description('print what an operation is estimated to cost, and why')
  .argument('<operation>', 'GraphQL text, or a file with it')
  .option(...supergraph)
  .option(...config)
  .option('--operation-name <name>', 'which operation of the text')
  .option('--variables <json>', 'values of its variables, as a JSON object')
  .option('--persona <name>', 'whose schema, weights and ceiling hold')
  .option('--tier <name>', 'whose ceiling holds beside them; the default tier unless given')
  .option('--json', 'as JSON')
  .action(async (operation, flags) => (await import('./cli/cost.ts')).cost(operation, flags));

program
  .command('token')
  .description('print a token that `weir dev` in this folder accepts')
  .requiredOption('--sub <subject>', 'who presents it')
  .option('--persona <persona>', 'the persona that it is for')
  .option('--scope <scopes...>', 'what it allows')
  .option('--role <roles...>', 'what the subject is')
  .option('--permission <permissions...>', 'what the subject may do')
  .option('--tier <tier>', 'what the subject pays for')
  .option('--tenant <tenant>', 'whose data the subject works on')
  .option('--client <client>', 'the application that has got it')
  .option('--expires <duration>', 'how long it is valid', '1h')
  .option('--claim <claims...>', 'any other claim, as in \'plan="gold"\'; replaces one of the above')
  .action(async flags => (await import('./cli/token.ts')).token(flags));

program
  .command('operations')
  .description('look after persisted documents')
  .command('check')
  .description('validate every document of every manifest against the contract of its persona')
  .option(...supergraph)
  .option(...config)
  .option('--json', 'as JSON')
  .action(async flags => (await import('./cli/operations.ts')).checkOperations(flags));

program
  .command('schema')
  .description('look after changes of the schema')
  .command('check')
  .description('tell what a supergraph takes from clients of another, persona by persona')
  .requiredOption('--against <file>', 'the supergraph that is served: a supergraph.yaml, or composed SDL')
  .option(...supergraph)
  .option(...config)
  .option('--json', 'as JSON')
  .action(async flags => (await import('./cli/schema-check.ts')).checkSchema(flags));

const limits = program.command('limits').description("look at callers' rate limits, and lift them");
const limitsOf = (name: string, description: string): Command =>
  limits
    .command(name)
    .description(description)
    .option('--subject <subject>', 'who presents the credential')
    .option('--issuer <issuer>', 'who issued the token, where there are several')
    .option('--ip <address>', 'where requests come from')
    .option('--api-key <subject>', 'the subject of an API key')
    .option('--client <client>', 'the application that the credential was given to')
    .option('--tenant <tenant>', 'whose data the caller works on')
    .option('--persona <persona>', 'the persona that the caller has')
    .option('--tier <tier>', 'the tier that the caller has')
    .option('--header <name=value...>', 'a header that requests have')
    .option('--arg <path=value...>', 'an argument that fields are called with, as JSON or text')
    .option('--limit <id>', 'this limit only')
    .option('--admin <url>', "the gateway's admin listener; that of the configuration by default")
    .option(...config)
    .option('--json', 'as JSON');
limitsOf('show', 'print what a caller has left of each limit').action(async flags =>
  (await import('./cli/limits.ts')).showLimits(flags),
);
limitsOf('reset', 'give a caller all of each limit again').action(async flags =>
  (await import('./cli/limits.ts')).resetLimits(flags),
);

const breakers = program.command('breakers').description('look at circuit breakers, and decide for them');
const atAdmin = (command: Command): Command =>
  command
    .option('--admin <url>', "the gateway's admin listener; that of the configuration by default")
    .option(...config)
    .option('--json', 'as JSON');
atAdmin(breakers.command('list'))
  .description('print the fields that are not asked for now')
  .option('--all', 'those whose breaker is closed, too')
  .action(async flags => (await import('./cli/breakers.ts')).listBreakers(flags));
for (const [name, description] of [
  ['open', 'do not ask for a field, for a time'],
  ['close', 'ask for a field whatever its samples say, for a time'],
] as const) {
  atAdmin(breakers.command(name))
    .description(description)
    .argument('<field>', 'as in Product.reviews')
    .option('--subgraph <name>', 'of this subgraph only')
    .option('--for <duration>', 'how long, an hour at most', '5m')
    .action(async (field, flags) => (await import('./cli/breakers.ts')).forceBreakers(name)(field, flags));
}

const targets = program
  .command('targets')
  .description('look at the URLs and variants of subgraphs, and restore them');
atAdmin(targets.command('list'))
  .description('print where subgraphs are asked, and what gets no requests now')
  .action(async flags => (await import('./cli/targets.ts')).listTargets(flags));
atAdmin(targets.command('restore'))
  .description('give targets that are out, and variants that are switched off, requests again')
  .argument('<subgraph>', 'whose')
  .argument('[variant|url]', 'this variant (`stable`: the subgraph itself), or this target, only')
  .action(async (subgraph, name, flags) =>
    (await import('./cli/targets.ts')).restoreTargets(subgraph, name, flags),
  );

atAdmin(program.command('cache').description('look after what is kept').command('invalidate'))
  .description('forget what is kept, here and in the rest of the fleet')
  .option('--tag <tags...>', 'what has these tags of `@cacheTag`')
  .option('--type <types...>', 'what has anything of these types')
  .option('--entity <type>', 'what has the entities of this type with the keys')
  .option('--key <json...>', 'a key of the entity, as in \'{"id": "1"}\'')
  .option('--subgraph <names...>', 'what has anything from these subgraphs')
  .option('--operation <names...>', 'answers to operations of these names, or hashes of documents')
  .option('--all', 'everything')
  .action(async flags => (await import('./cli/cache.ts')).invalidateCache(flags));

const configCommand = program.command('config').description('check and print the gateway configuration');
configCommand
  .command('check')
  .description('do all that `weir start` does before it listens')
  .option(...supergraph)
  .option(...config)
  .action(async flags => (await import('./cli/check-config.ts')).checkConfig(flags));
configCommand
  .command('show')
  .description('print every setting as it is in force')
  .option(...supergraph)
  .option(...config)
  .option('--persona <persona>', 'this one only, with all that it inherits')
  .action(async flags => (await import('./cli/config.ts')).showConfig(flags));
configCommand
  .command('schema')
  .description('print the JSON Schema of gateway.yaml')
  .action(async () => (await import('./cli/config.ts')).showConfigSchema());

const apiKeys = program.command('apikey').description('create, list and revoke API keys');
const keysConfig = ['--config <file>', 'says where keys are kept; ./gateway.yaml by default'] as const;
apiKeys
  .command('create')
  .description('make a key and print it, once')
  .requiredOption('--sub <subject>', 'who presents it')
  .option('--scope <scopes...>', 'what it allows')
  .option('--role <roles...>', 'what its holder is')
  .option('--tier <tier>', 'what its holder pays for')
  .option('--tenant <tenant>', 'whose data its holder works on')
  .option('--client <client>', 'the application that it is given to')
  .option('--persona <persona>', 'the persona that it is for')
  .option('--expires <duration>', 'how long it is valid, as in 90d; for ever by default')
  .option(...keysConfig)
  .action(async flags => (await import('./cli/apikey.ts')).createApiKey(flags));
apiKeys
  .command('list')
  .description('print which keys there are')
  .option(...keysConfig)
  .action(async flags => (await import('./cli/apikey.ts')).listApiKeys(flags));
apiKeys
  .command('revoke')
  .description('end a key before its time')
  .argument('<id>', 'the part of the key between the underscores')
  .option(...keysConfig)
  .action(async (id, flags) => (await import('./cli/apikey.ts')).revokeApiKey(id, flags));

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(failureText(error));
  process.exit(1);
}
