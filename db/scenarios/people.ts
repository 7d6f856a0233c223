/**
 * A platform with many people: accounts of very different size, each with orgs, teams, memberships, keys and what they
 * were used for, sessions, invitations, role assignments and its story. The same every time: what looks random is drawn from digests.
 * People are inserted in bulk; the story is told through the product's own door, because only that chains it.
 */
import type pg from 'pg'
import { type Clock, type Db, hashPassword, systemCtx } from '../../apps/server/src/platform/index.ts'

export type PeoplePlan = {
  people: number
  /** People of the largest account. */
  largest: number
  /** How many accounts have a thousand people each. */
  large: number
  events: number
}

export const manyPeople: PeoplePlan = { people: 100_000, largest: 20_000, large: 20, events: 200_000 }

/** Everybody's password. */
export const password = 'correct horse battery staple'

type Stage = { owner: pg.Pool | pg.Client; db: Db; setTime(at: Date): void; now: Clock }

/** Fills accounts that exist. The first is the largest. */
export const arrangePeople = async (stage: Stage, accountIds: readonly string[], plan: PeoplePlan): Promise<void> => {
  const sizes = sizesOf(accountIds.length, plan)
  const passwordHash = await hashPassword(password)
  for (const statement of statements)
    await stage.owner.query(statement, [accountIds, sizes, stage.now(), passwordHash].slice(0, parametersOf(statement)))
  await tellStory(stage, accountIds, sizes, plan.events)
  await stage.owner.query('analyze')
}

/** The e-mail of one person: the nth of an account, both counted from one. */
export const emailOf = (account: number, nth: number): string => `person-${nth}@account-${account}.example.com`

const sizesOf = (accounts: number, { people, largest, large }: PeoplePlan): number[] => {
  const small = Math.max(0, accounts - 1 - large)
  const left = Math.max(0, people - largest - large * 1_000)
  return Array.from({ length: accounts }, (_, at) => {
    if (at === 0) return largest
    if (at <= large) return 1_000
    // the first of them take what does not divide
    return Math.floor(left / small) + (at - 1 - large < left % small ? 1 : 0)
  })
}

const parametersOf = (statement: string) => Math.max(...(statement.match(/\$\d/g) ?? ['$0']).map((p) => Number(p[1])))

/** Every person with their account, as `everybody (account_id, account, nth, draw)`; `draw` is 0 to 999. */
const everybody = `everybody as (
  select account_id, account, nth, id, (('x' || substr(md5(id), 1, 7))::bit(28)::int % 1000) as draw
  from unnest($1::text[], $2::int[]) with ordinality as a (account_id, size, account),
    lateral (select nth, 'usr_0190' || substr(md5('person ' || account || '/' || nth), 1, 28) as id
      from generate_series(1, a.size) as n (nth)) as p)`
const teamOf = (nth: string) => `'team_0190' || substr(md5('team ' || account || '/' || ${nth}), 1, 28)`
const orgOf = (nth: string) => `'org_0190' || substr(md5('org ' || account || '/' || ${nth}), 1, 28)`
const first = `(array['Ada','Björn','Chidi','Dana','Émile','Fatima','Grace','Hiro','Inès','Jonas','Kira','Linus','Mara','Noor','Olga','Pablo'])`
const last = `(array['Abe','Brandt','Cruz','Diallo','Eriksen','Fischer','Gupta','Hopper','Ito','Jansen','Kowalski','Liu','Moreau','Novak','Okafor','Petrov','Quispe','Rossi','Sato','Turing'])`
const teamSize = 25
const teamsOfAnOrg = 20

const statements = [
  `with ${everybody}
   insert into users (id, email, name, password_hash, created_at, last_seen_at)
   select id, 'person-' || nth || '@account-' || account || '.example.com',
     ${first}[1 + draw % 16] || ' ' || ${last}[1 + draw / 16 % 20] || ' ' || nth, $4,
     $3::timestamptz - draw * interval '17 hours', case when draw % 7 > 0 then $3::timestamptz - draw * interval '1 hour' end
   from everybody`,
  `with ${everybody}
   insert into memberships (account_id, user_id, role, status, source, created_at)
   select account_id, id,
     case when nth = 1 then 'owner' when nth = 2 or draw < 10 then 'account_admin' when draw < 40 then 'billing_admin'
       when draw < 200 then 'member' else 'end_user' end,
     case when nth > 2 and draw % 29 = 0 then 'suspended' else 'active' end,
     case draw % 3 when 0 then 'scim' when 1 then 'sso' else 'manual' end,
     $3::timestamptz - draw * interval '17 hours'
   from everybody`,
  `insert into orgs (account_id, id, name, created_at)
   select account_id, ${orgOf('nth')}, 'Division ' || nth, $3::timestamptz
   from unnest($1::text[], $2::int[]) with ordinality as a (account_id, size, account),
     generate_series(0, size / ${teamSize * teamsOfAnOrg}) as n (nth)`,
  `insert into teams (account_id, id, org_id, name, created_at)
   select account_id, ${teamOf('nth')}, ${orgOf(`(nth / ${teamsOfAnOrg})`)}, 'Team ' || nth, $3::timestamptz
   from unnest($1::text[], $2::int[]) with ordinality as a (account_id, size, account),
     generate_series(0, size / ${teamSize}) as n (nth)`,
  `with ${everybody}
   insert into team_members (account_id, team_id, user_id, created_at)
   select account_id, ${teamOf(`(nth / ${teamSize})`)}, id, $3::timestamptz from everybody`,
  `with ${everybody}
   insert into keys (account_id, id, name, preview, hash, user_id, team_id, created_at, last_used_at)
   select account_id, 'key_0190' || substr(md5('key ' || id), 1, 28), 'Key of ' || nth, 'ck_' || substr(md5(id), 1, 4),
     md5('secret ' || id) || md5('more ' || id), id, ${teamOf(`(nth / ${teamSize})`)}, $3::timestamptz, $3::timestamptz - draw * interval '1 hour'
   from everybody where draw % 5 = 0`,
  `with ${everybody}
   insert into sessions (id, token_hash, user_id, created_at, last_seen_at, expires_at, authenticated_at, ip, user_agent)
   select 'ses_0190' || substr(md5('session ' || id || again), 1, 28), md5('token ' || id || again), id,
     $3::timestamptz - draw * interval '1 hour', $3::timestamptz - draw * interval '1 minute', $3::timestamptz + interval '10 days',
     $3::timestamptz - draw * interval '1 hour', '192.0.2.' || draw % 250, 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0'
   from everybody, generate_series(1, 3) as s (again) where draw % 3 = 0`,
  `with ${everybody}
   insert into role_assignments (account_id, id, user_id, role, team_id, starts_at, granted_by, reason, created_at)
   select account_id, 'ras_0190' || substr(md5('assignment ' || id), 1, 28), id, 'team_admin',
     ${teamOf(`(nth / ${teamSize})`)}, $3::timestamptz, 'system', 'Leads the team', $3::timestamptz
   from everybody where draw % 50 = 1`,
  `with ${everybody}
   insert into invites (account_id, id, email, role, token_hash, days, inviter_kind, inviter_id, inviter_name,
     created_at, sent_at, expires_at)
   select account_id, 'inv_0190' || substr(md5('invite ' || id), 1, 28), 'invited-' || nth || '@example.net', 'member',
     md5('invite ' || id), 7, 'system', 'system', 'Scenario', $3::timestamptz, $3::timestamptz, $3::timestamptz + interval '7 days'
   from everybody where draw % 40 = 3`,
  `with ${everybody}
   insert into usage_rollups (account_id, hour, model, key_id, user_id, team_id, org_id, connection_id, requests, errors,
     input_tokens, output_tokens, cost_micros, credit_micros)
   select account_id, date_trunc('hour', $3::timestamptz) - day * interval '1 day' - again * interval '3 hours',
     (array['gpt-large','gpt-small','claude-large'])[1 + (draw + day + again) % 3], 'key_0190' || substr(md5('key ' || id), 1, 28), id,
     ${teamOf(`(nth / ${teamSize})`)}, ${orgOf(`(nth / ${teamSize * teamsOfAnOrg})`)}, '', 1 + draw % 40, draw % 2,
     1000 * (1 + draw % 40), 300 * (1 + draw % 40), 900 * (1 + draw % 40), 1200 * (1 + draw % 40)
   from everybody, generate_series(0, 29) as d (day), generate_series(0, 1) as h (again) where draw % 5 = 0`,
]

const verbs = ['user.updated', 'key.issued', 'key.revoked', 'session.started', 'team.updated', 'budget.allocated']
const eventsOfATransaction = 2_000
const dayMs = 24 * 60 * 60_000

/** Two years of changes, more of them where more people are. */
const tellStory = async (stage: Stage, accountIds: readonly string[], sizes: readonly number[], events: number) => {
  const people = sizes.reduce((sum, size) => sum + size, 0)
  const until = stage.now().getTime()
  for (const [at, accountId] of accountIds.entries()) {
    const size = sizes[at] ?? 0
    const count = Math.round((events * size) / people)
    const actor = { ...systemCtx('scenario', accountId), ip: '192.0.2.7', userAgent: 'Firefox/140.0' }
    for (let done = 0; done < count; done += eventsOfATransaction) {
      const some = Math.min(eventsOfATransaction, count - done)
      await stage.db.tenant(actor, async (tx) => {
        for (let nth = done; nth < done + some; nth++) {
          stage.setTime(new Date(until - ((count - nth) / count) * 730 * dayMs))
          const person = 1 + ((nth * 7_919) % size)
          await tx.emit(verbs[nth % verbs.length] ?? 'user.updated', {
            subject: { type: 'user', id: `person ${person}`, name: emailOf(at + 1, person) },
            before: { role: 'end_user', limits: { rpm: nth % 600 } },
            after: { role: 'member', limits: { rpm: (nth + 60) % 600 } },
          })
        }
      })
    }
  }
  stage.setTime(new Date(until))
}
