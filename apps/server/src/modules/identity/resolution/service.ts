import {
  domainOf,
  type Evidence,
  grantingOrgs,
  type IdentityClaims,
  type Resolution,
  type ResolutionFacts,
  type ResolutionRules,
  resolveIdentity,
  speaksForEmail,
  standardRoleKeys,
} from '@cockpit/policy'
import { type Clock, newId, Problem, platformAccount, type Tx } from '../../../platform/index.ts'
import type { Addresses } from '../addresses.ts'
import { peopleRepository } from '../people-repository.ts'
import type { KeepAdmin } from '../port.ts'
import { addressOf, type Held, mayLink, provesAddress } from './model.ts'
import { type Claimed, createReconcile, isFull } from './reconcile.ts'
import { resolutionRepository } from './repository.ts'
import type { Vouching } from './vouching.ts'

/** What the installation says about roles of its identity provider. */
export type ClaimRules = Omit<ResolutionRules, 'issuerAccount'>

export type SignInOptions = {
  /** The account a client asked for; it selects among those the person has, and is passed over otherwise. */
  accountHint?: string | null
  /** The account that set up this identity provider by itself; null for that of the installation. */
  issuerAccount?: string | null
  /** A token may say less than a sign-in: what it does not repeat is not taken away for good. */
  by?: 'sign_in' | 'token'
  /** When a token was issued: whoever was removed since does not come back with it. */
  issuedAt?: Date | null
}

export type SignedIn = {
  kind: 'known'
  person: { id: string; name: string; email: string }
  /** The account to act in; null for somebody of the platform, or in no account yet. */
  accountId: string | null
  home: Evidence | null
  /** What a token is worth less than a sign-in: roles by account that follow the claims, as these give them. */
  claimed: Claimed
  /** A super admin by the word of the platform's organisation. */
  isSuperAdmin: boolean
  /** Whoever was let in by an identity provider of one account acts in that account and nowhere else. */
  restrictedTo: string | null
  /** Whether the provider's word proves the e-mail to all accounts, and not only where the person belongs. */
  provesEmail: boolean
  created: boolean
}
export type NotSignedIn = { kind: 'refused'; reason: ResolutionRefusal; detail: string }
export type ResolutionRefusal = 'no_account' | 'email_of_another' | 'not_vouched' | 'no_seat'

export const standardClaimRules: ClaimRules = {
  platformOrgId: null,
  superAdminKeys: new Set(standardRoleKeys.superAdmin),
  accountAdminKeys: new Set(standardRoleKeys.accountAdmin),
}

type Deps = { now: Clock; rules: ClaimRules; addresses: Addresses; vouches: Vouching['vouches']; keepAdmin: KeepAdmin }

/** Finds or makes the person an outside identity is, and puts their memberships in order. */
export const createResolution = ({ now, rules, addresses, vouches, keepAdmin }: Deps) => {
  const reconcile = createReconcile({ now, addresses, keepAdmin })

  const factsOf = async (
    tx: Tx,
    claims: IdentityClaims,
    issuer: string,
    held: readonly Held[],
    orgLeftOut: boolean,
  ): Promise<ResolutionFacts> => {
    const known = resolutionRepository(tx)
    const email = claims.emailVerified ? claims.email : null
    const orgs = [...(claims.orgId === null ? [] : [claims.orgId]), ...grantingOrgs(claims.roles)]
    return {
      accountOfOrg: await known.accountsOfOrgs(issuer, orgs),
      domainAccount: email && (await known.accountOfDomain(domainOf(email))),
      adminAccounts: email ? await known.adminAccounts(email, issuer) : [],
      memberAccounts: held.map(({ accountId }) => accountId).filter((id) => id !== platformAccount),
      orgLeftOut,
    }
  }

  /** Whether nobody is taken into an account whose e-mail nothing proves. */
  const mayCross = async (tx: Tx, email: string, accountId: string, memberships: readonly Held[]) => {
    if (memberships.some((held) => held.accountId === accountId)) return true
    const standing = await addresses.standing(tx, email, accountId)
    return standing === null || addresses.mayJoin(standing)
  }

  /** Our own sign-in asks for the organisation, so an issuer that has them names it; a token says what its client asked for. */
  const leavesOrgOut = async (tx: Tx, { orgId }: IdentityClaims, issuer: string, by: SignInOptions['by']) =>
    by === 'token' && orgId === null && (rules.platformOrgId !== null || resolutionRepository(tx).hasOrgs(issuer))

  type Joining = { issuer: string; facts: ResolutionFacts; resolution: Resolution; isProof: boolean }

  /** Whether who comes with these claims may be the person who has their e-mail already. */
  const mayBe = async (
    tx: Tx,
    existing: { id: string; email: string },
    claims: IdentityClaims,
    { issuer, facts, resolution: { home }, isProof }: Joining,
  ) => {
    const memberships = await resolutionRepository(tx).held(existing.id)
    const fromPlatformOrg = rules.platformOrgId !== null && claims.orgId === rules.platformOrgId
    const another = await resolutionRepository(tx).hasIdentityAt(existing.id, issuer)
    const speaks = speaksForEmail(claims, facts, rules)
    const { domainAccount } = facts
    if (another || !mayLink({ memberships, home, domainAccount, fromPlatformOrg, speaksForEmail: speaks })) return false
    // whom it joins may be somebody that another account made, and has the password of
    return !home || isProof || mayCross(tx, existing.email, home.accountId, memberships)
  }

  /** Nobody yet: the person with the same verified e-mail, if that may be, or a new one. */
  const become = async (tx: Tx, claims: IdentityClaims, joining: Joining) => {
    const { issuer, resolution, isProof } = joining
    const people = peopleRepository(tx)
    const verified = claims.emailVerified ? claims.email : null
    const email = verified ?? addressOf(issuer, claims.subject)
    const existing = verified === null ? null : await people.byEmail(verified)
    if (existing && !(await mayBe(tx, existing, claims, joining))) return null
    const name = (claims.name ?? email.slice(0, email.indexOf('@'))).trim().slice(0, 80) || 'Unnamed'
    const person = existing ?? { id: newId('usr', now()), email, name, passwordHash: null }
    if (!existing) {
      await people.insert(person, now())
      if (isProof) await addresses.verified(tx, person.id)
    }
    await resolutionRepository(tx).link(
      { issuer, subject: claims.subject, userId: person.id, email: claims.email },
      now(),
    )
    await tx.emit('user.identity_linked', {
      subject: { type: 'user', id: person.id, name: person.name },
      after: { issuer: claims.issuer, subject: claims.subject, email: person.email, isNew: !existing },
      accountId: resolution.home?.accountId ?? platformAccount,
    })
    return { person, created: !existing }
  }

  /** Why an account's own provider is not believed; null when it is. */
  const refusalBy = async (
    tx: Tx,
    { email, emailVerified }: IdentityClaims,
    { known, issuerAccount, by }: { known: { id: string } | null; issuerAccount: string; by: SignInOptions['by'] },
  ) => {
    if (!known && by === 'token')
      return refused('no_account', 'Whoever comes by the provider of an account signs in once before tokens count.')
    const meant = known ?? (email !== null && emailVerified ? await peopleRepository(tx).byEmail(email) : null)
    if (meant === null || (await vouches(tx, issuerAccount, meant.id))) return null
    return refused(
      'not_vouched',
      'They may do more than whoever last changed this provider. Somebody who may do as much saves its settings first.',
    )
  }

  /** Who has the e-mail of these claims, where they speak for it. */
  const meantBy = async (tx: Tx, claims: IdentityClaims, orgLeftOut: boolean) =>
    claims.email !== null && speaksForEmail(claims, { orgLeftOut }, rules)
      ? peopleRepository(tx).byEmail(claims.email)
      : null

  const knownPerson = async (tx: Tx, issuer: string, claims: IdentityClaims) => {
    const identity = await resolutionRepository(tx).identity(issuer, claims.subject)
    const person = identity && (await peopleRepository(tx).byId(identity.userId))
    if (person) await resolutionRepository(tx).seen(issuer, claims.subject, claims.email, now())
    return person
  }

  return {
    /**
     * Signs somebody in with verified claims, inside a platform transaction of the caller. Makes the person and the
     * membership at the first time and repairs them later; whether they may act is still for their memberships to say.
     */
    async signInWith(tx: Tx, claims: IdentityClaims, options: SignInOptions = {}): Promise<SignedIn | NotSignedIn> {
      const { accountHint = null, issuerAccount = null, by = 'sign_in', issuedAt = null } = options
      // what an account's own provider calls somebody must never be taken for what another one does
      const issuer = issuerAccount === null ? claims.issuer : `${issuerAccount} ${claims.issuer}`
      await tx.lock(`identity:${issuer}:${claims.subject}`) // two first requests at once are one person
      const known = await knownPerson(tx, issuer, claims)
      const orgLeftOut = await leavesOrgOut(tx, claims, issuer, by)
      const candidate = known ?? (await meantBy(tx, claims, orgLeftOut))
      const held = candidate ? await resolutionRepository(tx).held(candidate.id) : []
      const facts = await factsOf(tx, claims, issuer, held, orgLeftOut)
      const resolution = resolveIdentity(claims, facts, { ...rules, issuerAccount }, { accountHint })
      const unbelieved = issuerAccount === null ? null : await refusalBy(tx, claims, { known, issuerAccount, by })
      if (unbelieved) return unbelieved
      if (!known && resolution.home === null && !resolution.isSuperAdmin && !isOfPlatform(held))
        return refused('no_account', 'No account here is known for this organisation, domain or e-mail.')
      if (await findsNoSeat(tx, held, resolution))
        return refused('no_seat', 'Every account that would take them in has all its seats taken.')
      const isProof = provesAddress(claims, {
        home: resolution.home,
        domainAccount: facts.domainAccount,
        issuerAccount,
        platformOrgId: rules.platformOrgId,
      })
      const found = known
        ? { person: known, created: false }
        : await become(tx, claims, { issuer, facts, resolution, isProof })
      if (!found) return refused('email_of_another', 'Somebody else here has this e-mail already.')
      const { person, created } = found
      const claimed = await reconcile(tx, person, {
        claims,
        facts,
        rules: { ...rules, issuerAccount },
        resolution,
        identity: { issuer, subject: claims.subject },
        isProof,
        isWhole: by === 'sign_in',
        issuedAt,
      })
      return {
        kind: 'known',
        person: { id: person.id, name: person.name, email: person.email },
        accountId: resolution.accountId,
        home: resolution.home,
        claimed,
        isSuperAdmin: resolution.isSuperAdmin,
        restrictedTo: issuerAccount,
        provesEmail: isProof,
        created,
      }
    },

    /** Says which organisation of an issuer an account is: its people then belong to the account. */
    async linkOrg(tx: Tx, link: { accountId: string; issuer: string; orgId: string }) {
      if (link.accountId === platformAccount) throw new Error('the platform is no account that people belong to')
      const taken = (await resolutionRepository(tx).accountsOfOrgs(link.issuer, [link.orgId])).get(link.orgId)
      if (taken !== undefined && taken !== link.accountId)
        throw new Problem('account.org_taken', 'Another account is this organisation at the identity provider.')
      await resolutionRepository(tx).setOrg(link, now())
    },
    unlinkOrg: (tx: Tx, accountId: string, issuer: string) => resolutionRepository(tx).removeOrg(accountId, issuer),
    accountOfOrg: async (tx: Tx, issuer: string, orgId: string) =>
      (await resolutionRepository(tx).accountsOfOrgs(issuer, [orgId])).get(orgId) ?? null,
    /** The person an identity is, if it was seen before. */
    personOf: async (tx: Tx, { issuer, subject }: { issuer: string; subject: string }) =>
      (await resolutionRepository(tx).identity(issuer, subject))?.userId ?? null,
  }
}
export type IdentityResolution = ReturnType<typeof createResolution>

/** Whoever is nowhere yet, and would come into full accounts only. */
const findsNoSeat = async (tx: Tx, held: readonly Held[], { proven, isSuperAdmin }: Resolution): Promise<boolean> => {
  if (held.length > 0 || isSuperAdmin) return false
  for (const { accountId } of proven) if (!(await isFull(tx, accountId))) return false
  return proven.length > 0
}

const isOfPlatform = (held: readonly Held[]) => held.some(({ accountId }) => accountId === platformAccount)
const refused = (reason: ResolutionRefusal, detail: string): NotSignedIn => ({ kind: 'refused', reason, detail })
