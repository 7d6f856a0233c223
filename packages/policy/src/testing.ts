/** Slices for the tests of decisions: one account with one person, one key and one model, everything allowed. */
import type { AccountSlice, PlatformSlice, SliceKey, SliceModel } from '@cockpit/contract/snapshot'

const free = { rpm: null, tpm: null }
const timeouts = { connectMs: 1_000, firstByteMs: 1_000, idleMs: 1_000, totalMs: 10_000 }

export const testKey: SliceKey = {
  id: 'key_1',
  name: 'CI',
  purpose: 'gateway',
  hash: 'hash-1',
  previousHash: null,
  previousValidUntil: null,
  owner: { kind: 'user', id: 'usr_1' },
  teamId: null,
  models: null,
  limits: free,
  expiresAt: null,
  revokedAt: null,
}

export const testModel: SliceModel = {
  id: 'mdl_1',
  name: 'small',
  displayName: 'Small',
  capabilities: ['chat'],
  contextTokens: null,
  outputTokensMax: null,
  status: 'active',
  prices: [
    {
      version: 1,
      effectiveFrom: 0,
      input: 1_000_000,
      output: 2_000_000,
      cachedInput: 1_000_000,
      cacheWrite: 1_000_000,
      reasoning: 2_000_000,
    },
  ],
  deployments: [{ connectionId: 'con_1', upstreamModel: 'small-1' }],
}

export const testPlatform = (differs: Partial<PlatformSlice> = {}): PlatformSlice => ({
  kind: 'platform',
  version: 1,
  compiledAt: 0,
  models: [testModel],
  connections: [
    {
      id: 'con_1',
      name: 'Main',
      kind: 'openai',
      baseUrl: null,
      sealedSecret: null,
      secretContext: '',
      onDisconnect: 'abort',
      timeouts,
      maxRetries: 2,
      status: 'active',
    },
  ],
  ...differs,
})

export const testAccount = (differs: Partial<AccountSlice> = {}): AccountSlice => ({
  kind: 'account',
  version: 1,
  compiledAt: 0,
  account: {
    id: 'acc_1',
    name: 'Acme',
    status: 'active',
    timezone: 'UTC',
    creditsFactor: '1',
    limits: free,
    logContent: false,
  },
  orgs: [{ id: 'org_1', name: 'global' }],
  teams: [{ id: 'team_1', name: 'Support', orgId: 'org_1', limits: free }],
  users: [{ id: 'usr_1', name: 'Ada', role: 'end_user', status: 'active', limits: free, teamIds: ['team_1'] }],
  serviceAccounts: [],
  keys: [testKey],
  connections: [],
  models: [],
  eligibility: { mode: 'all', modelIds: [] },
  selection: { mode: 'all', modelIds: [] },
  budget: {
    planId: 'pln_1',
    planName: 'Monthly',
    allowPoolDraw: true,
    timezone: 'UTC',
    cycle: { id: 'cyc_1', startsAt: 0, endsAt: 1_000_000 },
    nodes: [
      {
        id: 'bud_root',
        parentId: null,
        mode: 'carve',
        limit: '1000000',
        scope: { type: 'account', id: 'acc_1', name: 'Acme' },
      },
      {
        id: 'bud_team',
        parentId: 'bud_root',
        mode: 'carve',
        limit: '1000',
        scope: { type: 'team', id: 'team_1', name: 'Support' },
      },
    ],
  },
  ...differs,
})
