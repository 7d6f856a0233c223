/** The map of the house: each rule is one sentence of docs/architecture.md. `npm run check` reads it. */
const server = '^apps/server/src'
const tests = '(\\.test\\.tsx?|[/.]testing[^/]*\\.ts)$'

const tiers = [
  ['tenancy', 'identity', 'mfa', 'sso', 'access', 'audit', 'saved-views', 'settings', 'secrets', 'security', 'tokens'],
  ['directory', 'clients', 'invites', 'keys', 'providers', 'models', 'offers', 'budgets', 'limits', 'cache', 'guardrails', 'mcp-servers', 'connections', 'agents', 'usage', 'exporters', 'stored', 'publishing', 'explain', 'zitadel', 'scim', 'mail'],
  ['marketplace', 'support', 'notifications', 'global-ops', 'plans', 'billing', 'extensions', 'analytics', 'lab-runs', 'migration', 'ops', 'litellm'],
]

const roomsLookDown = tiers.map((rooms, tier) => ({
  name: `tier-${tier}-looks-down-only`,
  comment: 'A room imports rooms of lower tiers; neighbours speak through events, or through a port that app.ts fills.',
  severity: 'error',
  from: { path: `${server}/modules/(${rooms.join('|')})/`, pathNot: tests },
  to: { path: `${server}/modules/(${tiers.slice(tier).flat().join('|')})/`, pathNot: `${server}/modules/$1/` },
}))

export default {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      // two files may know each other's types, and a page may load its part later
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only', 'dynamic-import'] } },
    },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '^virtual:' } },
    ...roomsLookDown,
    {
      name: 'room-without-tier',
      comment: 'A new room takes its place in the table of tiers.',
      severity: 'error',
      from: { path: `${server}/app\\.ts$` },
      to: { path: `${server}/modules/`, pathNot: `${server}/modules/(${tiers.flat().join('|')})/` },
    },
    {
      name: 'rooms-are-entered-by-their-door',
      severity: 'error',
      from: { path: `${server}/(?:modules/([^/]+)/|(?!modules/))`, pathNot: `${server}/adapters/` },
      to: { path: `${server}/modules/`, pathNot: [`${server}/modules/[^/]+/index\\.ts$`, `${server}/modules/$1/`] },
    },
    {
      name: 'adapters-know-ports-only',
      comment: 'An adapter fulfils what a room asks of the outside; it knows that port and no more of the room.',
      severity: 'error',
      from: { path: `${server}/adapters/`, pathNot: tests },
      to: { path: `${server}/modules/`, pathNot: '/(port|index)\\.ts$' },
    },
    {
      name: 'rooms-do-not-know-adapters',
      severity: 'error',
      from: { path: `${server}/modules/`, pathNot: tests },
      to: { path: `${server}/(adapters|gateway|app\\.ts|main\\.ts|config\\.ts)` },
    },
    {
      name: 'gateway-stands-alone',
      comment: 'The hot path never waits for the control plane, so it never imports it.',
      severity: 'error',
      from: { path: `${server}/gateway/`, pathNot: tests },
      to: { path: `${server}/(modules|adapters|app\\.ts|main\\.ts|config\\.ts)` },
    },
    {
      name: 'gateway-takes-little-of-the-platform',
      comment: 'No database, no framework: what the gateway loads of the platform needs neither. Types cost nothing.',
      severity: 'error',
      from: { path: `${server}/gateway/`, pathNot: tests },
      to: { path: `${server}/platform/`, pathNot: '/(clock|log|id|envelope|crypto|directory|redact)\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'gateway-is-entered-by-its-door',
      severity: 'error',
      from: { path: `${server}/(?!gateway/)`, pathNot: tests },
      to: { path: `${server}/gateway/`, pathNot: `${server}/gateway/index\\.ts$` },
    },
    {
      name: 'platform-is-entered-by-its-door',
      severity: 'error',
      from: { path: `${server}/(modules|adapters|app\\.ts|main\\.ts)`, pathNot: tests },
      to: { path: `${server}/platform/`, pathNot: `${server}/platform/index\\.ts$` },
    },
    {
      name: 'platform-knows-no-business',
      severity: 'error',
      from: { path: `${server}/platform/`, pathNot: tests },
      to: { path: `${server}/(modules|gateway|adapters|app\\.ts|main\\.ts|config\\.ts)` },
    },
    {
      name: 'requests-stop-at-routes',
      comment: 'Only platform/http*.ts knows the web framework.',
      severity: 'error',
      from: { path: `${server}/(modules|gateway|adapters)/` },
      to: { path: 'node_modules/(fastify|@fastify)/' },
    },
    {
      name: 'testing-stays-in-tests',
      severity: 'error',
      from: { path: '^(apps|packages)/', pathNot: tests },
      to: { path: '[/.]testing[^/]*\\.ts$' },
    },
    { name: 'contract-is-browser-safe', severity: 'error', from: { path: '^packages/(contract|policy)/' }, to: { dependencyTypes: ['core'] } },
    {
      name: 'contract-needs-zod-only',
      severity: 'error',
      from: { path: '^packages/contract/' },
      to: { path: '^(apps|packages|node_modules)/', pathNot: ['^packages/contract/', 'node_modules/zod/'] },
    },
    {
      name: 'policy-needs-contract-only',
      severity: 'error',
      from: { path: '^packages/policy/', pathNot: tests },
      to: { path: '^(apps|packages|node_modules)/', pathNot: ['^packages/(policy|contract)/', 'node_modules/zod/'] },
    },
    {
      name: 'client-needs-contract-only',
      severity: 'error',
      from: { path: '^packages/client/', pathNot: tests },
      to: { path: '^(apps|packages)/', pathNot: '^packages/(client|contract)/' },
    },
    { name: 'ui-knows-no-business', severity: 'error', from: { path: '^packages/ui/' }, to: { path: '^(apps|packages)/', pathNot: '^packages/ui/' } },
    {
      name: 'console-speaks-through-the-client',
      severity: 'error',
      from: { path: '^apps/console/', pathNot: tests },
      to: { path: '^(apps|packages)/', pathNot: ['^apps/console/', '^packages/(client|ui|contract|policy)/'] },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    // the TypeScript of this repository has no API for tools: without another parser everything passes unseen
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist/|node_modules/(?!zod/|fastify/|@fastify/))' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'], extensions: ['.ts', '.tsx', '.js', '.mjs'] },
  },
}
