/** Wires every room, the gateway and the ports between them. What depends on what stands here and nowhere else. */
import { setTimeout as sleep } from 'node:timers/promises'
import { explainRoutes } from '@cockpit/contract/explain'
import { standardRoleKeys } from '@cockpit/policy'
import { createGuardrailAsking } from './adapters/guardrails/index.ts'
import { createOpenIdConnect, createResolveTxt } from './adapters/identity/index.ts'
import { createZitadelClient } from './adapters/identity/zitadel/index.ts'
import { createSendLetter } from './adapters/mail/index.ts'
import { createListMcpTools } from './adapters/mcp/index.ts'
import { createFetchOffers } from './adapters/offers/index.ts'
import { createConnectionTest } from './adapters/providers/index.ts'
import { createIssuerHttp } from './adapters/tokens/index.ts'
import { createSharedAnswers } from './adapters/valkey/index.ts'
import { createDeliver } from './adapters/webhooks/index.ts'
import type { Config } from './config.ts'
import { createGateway, defaultConfig, demoModels, inspectKept, sharedSlack } from './gateway/index.ts'
import { createKnownKey } from './known-key.ts'
import {
  accessHandlers,
  createAccess,
  createKeepAdmin,
  createMaskOf,
  createRefuseHigherProgram,
  createRightsOf,
} from './modules/access/index.ts'
import {
  auditHandlers,
  auditJobs,
  createAudit,
  createGatewayDenials,
  createWitness,
  ownEventHandlers,
} from './modules/audit/index.ts'
import { budgetHandlers, budgetJobs, createBudgets } from './modules/budgets/index.ts'
import { cacheHandlers, createCache } from './modules/cache/index.ts'
import { clientHandlers, createClients } from './modules/clients/index.ts'
import { createDirectory, directoryHandlers } from './modules/directory/index.ts'
import { createExplain, explainHandlers } from './modules/explain/index.ts'
import { createExporters, exporterHandlers } from './modules/exporters/index.ts'
import {
  createGuardrailServices,
  createGuardrails,
  guardrailHandlers,
  guardrailServiceHandlers,
} from './modules/guardrails/index.ts'
import { type ClaimRules, createIdentity, homeOf, identityHandlers, nameOf, trailOf } from './modules/identity/index.ts'
import { createInvites, invitesHandlers } from './modules/invites/index.ts'
import { createKeys, keyHandlers } from './modules/keys/index.ts'
import { createLabRuns, labRunHandlers } from './modules/lab-runs/index.ts'
import {
  createCallLimits,
  createRateWindows,
  createUsedOf,
  createWorkCounts,
  limitHandlers,
  limitJobs,
  workCountHandlers,
} from './modules/limits/index.ts'
import { createMail, mailHandlers } from './modules/mail/index.ts'
import { createMcpServers, mcpServerHandlers } from './modules/mcp-servers/index.ts'
import { createMfa, mfaHandlers } from './modules/mfa/index.ts'
import { createModels, modelHandlers } from './modules/models/index.ts'
import { createOffers, offerHandlers } from './modules/offers/index.ts'
import {
  createConnectionChecks,
  createProviders,
  isLoopback,
  isPrivateAddress,
  namesPrivateAddress,
  providerHandlers,
} from './modules/providers/index.ts'
import { createPublishing, createSnapshotFeed } from './modules/publishing/index.ts'
import { createSavedViews, savedViewHandlers } from './modules/saved-views/index.ts'
import { createScim, scimHandlers } from './modules/scim/index.ts'
import { createSecrets } from './modules/secrets/index.ts'
import { createNetworks, createSecurity, networkHandlers, securityHandlers } from './modules/security/index.ts'
import { createSettings, type InstallationFacts, settingsHandlers } from './modules/settings/index.ts'
import { createSingleSignOn, ssoHandlers } from './modules/sso/index.ts'
import { createStored, storedHandlers } from './modules/stored/index.ts'
import { accountHandlers, createTenancy } from './modules/tenancy/index.ts'
import { createTokens, standardClaimNames, type TokenSettings, tokenHandlers } from './modules/tokens/index.ts'
import {
  createContents,
  createIngest,
  createLiveTail,
  createTrafficWatch,
  createUsage,
  createUsageFeed,
  createUsageJobs,
  keptContentHandlers,
  trafficHandlers,
  usageHandlers,
} from './modules/usage/index.ts'
import { createZitadel, zitadelHandlers } from './modules/zitadel/index.ts'
import {
  type AnyJob,
  type Bound,
  type Clock,
  createIdempotency,
  createSealing,
  type Db,
  type Log,
} from './platform/index.ts'
import type { Ask } from './workers/messages.ts'

export type AppDeps = {
  config: Config
  db: Db
  kek: Buffer
  now: Clock
  log: Log
  facts: InstallationFacts
  /** Asks all processes that serve with this one; nobody answers where it serves alone. */
  ask: Ask
}

export type App = ReturnType<typeof createApp>

export const createApp = ({ config, db, kek, now, log, facts, ask }: AppDeps) => {
  // whoever listens on this machine only may use model servers on this machine and in its network
  const allowPrivateTargets = isLoopback(config.host)

  const secrets = createSecrets({ db, now, kek })
  const idempotency = createIdempotency({ db, now, sealing: createSealing(kek) })
  const models = createModels({ db, now, log, loads: (connection, model) => gateway.deploymentLoad(connection, model) })
  const offers = createOffers({ db, now, log, source: config.offers, fetchOffers: createFetchOffers() })
  const keys = createKeys({
    db,
    now,
    modelNames: models.modelNames,
    known: async (hash) => void (await Promise.all([knownKey(hash), ask({ about: 'key', hash })])),
  })
  const tokens = createTokens({
    db,
    now,
    log,
    settings: tokenSettings(config),
    http: createIssuerHttp(),
    accountIssuers: {
      find: async (issuer, audience) =>
        (await sso.tokenIssuers(issuer, audience)).map((known) => ({ ...known, jwksUrl: null, client: null })),
      linked: (asked) => identity.linkedPerson(asked),
      onChange: (changed) => sso.onProviderChange(changed),
    },
    allowPrivateTargets,
  })
  const mail = createMail({
    ...{ db, now, log, secrets, allowPrivateTargets, isLoopback, namesPrivateAddress },
    ...{ publicUrl: facts.publicUrl, environment: config.mailServer, send: createSendLetter() },
    // asked when letters are written, long after both exist
    people: {
      person: (tx, userId) => identity.addressees.person(tx, userId),
      able: (tx, asked) => identity.addressees.able(tx, asked),
      arrival: (tx, sessionId) => identity.addressees.arrival(tx, sessionId),
    },
    countUses: async (ctx, counted, refusal) => {
      const bounds = counted.map(({ subject, usesMax }) => ({ subject, failuresMax: usesMax }))
      await identity.attempts.begin(ctx, bounds, refusal)
    },
  })
  const rightsOf = createRightsOf({ now })
  const refuseHigherProgram = createRefuseHigherProgram({ now })
  const keepAdmin = createKeepAdmin({ now, installationLetsIn: config.identityProvider !== null })
  const witness = createWitness({ db, now, log, homeOf, nameOf })
  const clients = createClients({ db, now, log, rightsOf, refuseHigherProgram, witness, publicUrl: facts.publicUrl })
  const mfa = createMfa({ db, now, secrets, publicUrl: facts.publicUrl })
  const security = createSecurity({ db, now })
  const networks = createNetworks({ db })
  const identity = createIdentity({
    db,
    now,
    publicUrl: facts.publicUrl,
    masterKey: config.masterKey ?? undefined,
    breakGlassSeal: config.breakGlassSeal,
    findKey: keys.findByHash,
    clientTokens: clients.tokens,
    rightsOf,
    keepAdmin,
    installationLetsIn: config.identityProvider !== null,
    maskOf: createMaskOf({ now }),
    claimRules: claimRules(config),
    outsiders: tokens,
    factors: mfa.factors,
    rulesOf: security.rulesOf,
    letsIn: networks.letsIn,
    letters: mail.letters,
  })
  const access = createAccess({
    ...{ db, now, rightsOf, keepAdmin, whoIs: identity.whoIs, wouldBe: identity.wouldBe },
    admitsFrom: networks.admitsFrom,
    workingTokens: (tx) => scim.tokens.working(tx),
  })
  const audit = createAudit({
    ...{ db, now, log, dataDir: config.dataDir, auditKey: config.auditKey },
    signs: config.roles.has('worker'),
    ...{ secrets, deliver: createDeliver(), allowPrivateTargets, namesPrivateAddress },
  })
  const sso = createSingleSignOn({
    db,
    now,
    log,
    publicUrl: facts.publicUrl,
    secrets,
    oidc: createOpenIdConnect({ now }),
    resolveTxt: createResolveTxt(),
    identity: {
      limit: identity.asks,
      signIn: identity.outside.signIn,
      confirm: identity.outside.confirm,
      cameBy: identity.outside.cameBy,
      signOut: identity.signOut,
      endOfLogin: identity.endOfLogin,
      endOfProvider: identity.endOfProvider,
      vouchesForAdmins: identity.vouchesForAdmins,
      keepAdmin,
      accountOfOrg: identity.resolution.accountOfOrg,
    },
    invitedTo: (tx, token, email) => invites.accountOf(tx, token, email),
    settleInvitations: (ctx, arrival) => invites.settle(ctx, arrival),
    noteRefused: tokens.noteAtProvider,
    cookie: identity.cookie,
    ofInstallation: config.identityProvider,
    allowPrivateTargets,
    isPrivate: namesPrivateAddress,
  })
  const settings = createSettings({
    db,
    facts: { ...facts, secretKey: { ...facts.secretKey, id: secrets.kid } },
    node: process.versions.node,
  })
  const budgets = createBudgets({ db, now, keyOwner: keys.ownerOf })
  const usage = createUsage({ db, now })
  const labRuns = createLabRuns({ db, now, booked: usage.bookedCalls })
  const directory = createDirectory({
    db,
    now,
    people: identity.people,
    revokeKeysOf: keys.revokeKeysOf,
    endSessionsOf: identity.sessions.endAllOf,
    forgetRunsOf: labRuns.forgetPrivateOf,
    closeInvitesOf: (tx, person) => invites.closeOf(tx, person),
    lockedIn: identity.locks.idsIn,
    hasAllocation: budgets.hasAllocation,
    refuseHigherProgram,
  })
  const invites = createInvites({
    db,
    now,
    publicUrl: facts.publicUrl,
    identity: { ...identity.people, actorNow: identity.actorNow, vouchesFor: identity.vouchesFor },
    directory: directory.users,
    letters: mail.letters,
  })
  const tenancy = createTenancy({
    db,
    now,
    creditsFactor: config.creditsFactor,
    seeds: [directory.seedDirectory, budgets.seed],
    spent: budgets.spent,
    people: identity.people,
  })
  const scim = createScim({
    db,
    now,
    log,
    directory: directory.sync,
    setEmail: identity.people.setEmail,
    actorNow: identity.actorNow,
    witness,
    publicUrl: facts.publicUrl,
  })
  const testConnection = createConnectionTest({ now, demoModels })
  const providers = createProviders({ db, now, secrets, testConnection, allowPrivateTargets })
  const connectionChecks = createConnectionChecks({ db, now, log, secrets, testConnection, allowPrivateTargets })

  const contents = createContents({ db, now })
  const traffic = createTrafficWatch({ db, now })
  const guardrailAsking = createGuardrailAsking({ secrets, allowPrivateTargets, now, log })
  const guardrailServices = createGuardrailServices({
    ...{ db, now, secrets, allowPrivateTargets, namesPrivateAddress },
    connections: providers.sliceConnections,
    ask: guardrailAsking.ask,
  })
  const guardrails = createGuardrails({
    ...{ db, now, keptRequests: usage.kept, inspect: inspectKept },
    connections: providers.sliceConnections,
    judgeOutside: guardrailAsking.judge,
  })
  const callLimits = createCallLimits({
    ...{ db, now },
    usedOf: createUsedOf({ ...{ db, now }, counted: (ids) => gateway.counted(ids), slackOf: sharedSlack }),
  })
  const workCounts = createWorkCounts({ db, now })
  const sharedAnswers = config.valkeyUrl
    ? createSharedAnswers({ url: config.valkeyUrl, kek, log, now: () => performance.now() })
    : null
  const cache = createCache({ db, now, forget: (of) => void sharedAnswers?.forget(of) })
  const stored = createStored({
    ...{ db, now, log, secrets },
    calls: { ready: () => gateway.notReady().length === 0, call: (line) => gateway.callLine(line) },
  })

  const mcpServers = createMcpServers({
    ...{ db, now, secrets, allowPrivateTargets, namesPrivateAddress },
    listTools: createListMcpTools({ now }),
  })

  const publishing = createPublishing({
    db,
    now,
    log,
    sources: {
      account: tenancy.sliceAccount,
      directory: directory.sliceDirectory,
      keys: keys.sliceKeys,
      connections: providers.sliceConnections,
      models: models.sliceModels,
      eligibility: models.sliceEligibility,
      selection: models.sliceSelection,
      budget: budgets.slice,
      guardrails: guardrails.slice,
      guardrailServices: guardrailServices.slice,
      ssoRequired: sso.slice,
      maskContent: contents.slice,
      mcpServers: mcpServers.slice,
      networks: networks.slice,
      limits: callLimits.slice,
      cache: cache.slice,
      stored: stored.policy.slice,
    },
  })
  const ingest = createIngest({
    db,
    now,
    log,
    settle: budgets.charge,
    bookVerdicts: guardrails.book,
    bookSaved: cache.book,
    touchKeys: keys.touchLastUsed,
  })
  const gateway = createGateway({
    snapshots: createSnapshotFeed({ db }),
    budget: {
      reserve: budgets.reserve,
      grow: budgets.grow,
      releaseAll: budgets.releaseAll,
      release: ({ accountId, id }) => budgets.release({ accountId, ids: [id] }),
      renew: async ({ accountId, id, ...lease }) =>
        (await budgets.renew({ accountId, ids: [id], ...lease }))[0]?.expiresAt ?? null,
    },
    usage: { ship: ingest },
    secrets,
    addresses: { isPrivate: isPrivateAddress },
    tokens: identity.tokenUsers,
    denials: createGatewayDenials(witness),
    traffic,
    shadows: { note: models.shadows.note },
    mcp: {
      seal: secrets.seal,
      observed: (seen) =>
        void mcpServers
          .observed(seen)
          .catch((error: unknown) =>
            log.warn({ err: error, serverId: seen.serverId }, 'tools of a server are not noted'),
          ),
      publicUrl: facts.publicUrl,
      issuers: config.identityProvider ? [config.identityProvider.issuer] : [],
    },
    sharedAnswers,
    rates: createRateWindows({ db }),
    caps: workCounts.gateway,
    store: { responses: stored.responses, files: stored.files, batches: stored.batches, publicUrl: facts.publicUrl },
    trustedProxies: config.trustedProxies,
    dataDir: config.dataDir,
    config: { ...defaultConfig, allowPrivateTargets },
    now,
    log,
  })
  const knownKey = createKnownKey(gateway.world)
  const explain = createExplain({
    db,
    now,
    ports: {
      world: gateway.world,
      figures: budgets.figures,
      rates: gateway.rates,
      load: gateway.deploymentLoad,
      leaseRoom: gateway.leaseRoom,
    },
  })
  const live = createLiveTail({ db, now, activeStreams: streamsOfAll(gateway.activeStreams, ask) })
  const usageJobs = createUsageJobs({ db, now, pruneTraffic: traffic.prune })
  const exporters = createExporters({
    ...{ db, now, log, secrets, allowPrivateTargets, namesPrivateAddress },
    ...{ feed: createUsageFeed({ db }), send: createDeliver(), environment: config.otlp },
  })

  const { access: zitadelAccess, webhookKeys } = config.zitadelManagement
  const zitadelIssuer = config.identityProvider?.issuer ?? zitadelAccess?.baseUrl ?? ''
  const { members, resolution } = identity
  const zitadel = createZitadel({
    db,
    now,
    log,
    sleep,
    publicUrl: facts.publicUrl,
    webhookKeys,
    api: zitadelAccess && createZitadelClient({ ...zitadelAccess, now, sleep, random: Math.random }),
    members,
    accounts: { exists: members.account },
    signIn: {
      personOf: (tx, subject) => members.personOf(tx, zitadelIssuer, subject),
      subjectsOf: (tx, userIds) => members.subjectsAt(tx, zitadelIssuer, userIds),
      endAll: members.signOutEverywhere,
      async setOrganization(tx, accountId, orgId) {
        if (orgId === null) await resolution.unlinkOrg(tx, accountId, zitadelIssuer)
        else await resolution.linkOrg(tx, { accountId, issuer: zitadelIssuer, orgId })
      },
    },
  })

  const bound: Bound[] = [
    ...identityHandlers(identity, access.describe),
    ...ssoHandlers(sso),
    ...tokenHandlers(tokens, { describe: (ctx) => access.describeAny(ctx), rules: claimRules(config) }),
    ...mfaHandlers(mfa, {
      attempts: identity.attempts,
      told: identity.sessions.told,
      mayChange: identity.outside.refuseLastingProof,
      keepWayIn: identity.keepWayIn,
      endByPasswordAlone: identity.sessions.endByPasswordAlone,
    }),
    ...accessHandlers(access),
    ...accountHandlers(tenancy),
    ...directoryHandlers(directory),
    ...clientHandlers(clients),
    ...invitesHandlers(invites),
    ...keyHandlers(keys),
    ...providerHandlers(providers),
    ...modelHandlers(models),
    ...offerHandlers(offers),
    ...budgetHandlers(budgets),
    ...limitHandlers(callLimits),
    ...workCountHandlers(workCounts),
    ...cacheHandlers(cache),
    ...explainHandlers(explain),
    ...guardrailHandlers(guardrails),
    ...guardrailServiceHandlers(guardrailServices),
    ...keptContentHandlers(contents),
    ...mcpServerHandlers(mcpServers),
    ...usageHandlers(usage, live),
    ...trafficHandlers(traffic),
    ...labRunHandlers(labRuns),
    ...auditHandlers(audit),
    ...exporterHandlers(exporters),
    ...mailHandlers(mail),
    ...storedHandlers(stored),
    ...ownEventHandlers({ db, now, trailOf }),
    ...savedViewHandlers(createSavedViews({ db, now })),
    ...settingsHandlers(settings),
    ...securityHandlers(security, { ownPasswordRules: identity.passwords.ownRules }),
    ...networkHandlers(networks),
    ...scimHandlers(scim),
    ...zitadelHandlers(zitadel),
  ]
  const jobs: AnyJob[] = [
    identity.failures.prune,
    ...auditJobs(audit),
    ...usageJobs.jobs,
    ...budgetJobs(budgets),
    ...limitJobs(workCounts),
    offers.job,
    connectionChecks.prune,
    models.shadows.prune,
    ...zitadel.work.jobs,
    idempotency.job,
    stored.retention.job,
    contents.job,
    mail.sending.prune,
  ]

  return {
    bound,
    /** What a caller of the gateway may ask of whichever process it reaches. */
    callerBound: bound.filter(({ route }) => route === explainRoutes.effective),
    jobs,
    /** Addresses that speak a protocol of their own beside the routes of the contract. */
    protocols: [scim.protocol, clients.protocol],
    gateway,
    knownKey,
    sharedAnswers,
    auditDelivery: audit.delivery,
    auditHeads: audit.headsWatch,
    exporterDelivery: exporters.delivery,
    mailSending: mail.sending,
    followOtlp: exporters.followEnvironment,
    connectionChecks,
    batchRunner: stored.batchRunner,
    publishing,
    zitadelWork: zitadel.work,
    authenticate: identity.authenticate,
    followIssuers: tokens.follow,
    admitsFrom: networks.admitsFrom,
    witness,
    idempotency,
    sessionCookie: identity.cookie.name,
    sessionOf: identity.cookie.read,
    openSetup: identity.openSetup,
    verifySecretKey: secrets.verifyKey,
    prepareUsage: usageJobs.prepare,
  }
}

const streamsOfAll =
  (own: (accountId: string | null) => number, ask: Ask) =>
  async (accountId: string | null): Promise<number> => {
    const counts = await ask({ about: 'streams', accountId })
    return counts.length > 0 ? counts.reduce<number>((sum, count) => sum + Number(count), 0) : own(accountId)
  }

const tokenSettings = ({ identityProvider, masterKey, metricsToken }: Config): TokenSettings => ({
  secrets: [masterKey, metricsToken].flatMap((secret) => secret || []),
  installation: identityProvider && { ...identityProvider, accountId: null },
  ...(identityProvider && { introspectionGraceMs: identityProvider.introspectionGraceSeconds * 1000 }),
  names: {
    accountId: identityProvider?.accountIdClaims ?? standardClaimNames.accountId,
    productDomains: identityProvider?.productDomainsClaims ?? standardClaimNames.productDomains,
  },
})

const claimRules = ({ identityProvider }: Config): ClaimRules => ({
  platformOrgId: identityProvider?.platformOrgId ?? null,
  superAdminKeys: new Set(identityProvider?.superAdminRoleKeys ?? standardRoleKeys.superAdmin),
  accountAdminKeys: new Set(identityProvider?.accountAdminRoleKeys ?? standardRoleKeys.accountAdmin),
})
