/** Requests to `/scim/v2` that name somebody's objects. */
export type Named = { user: string; group: string; userName: string; groupName: string; email: string; word: string }
export type Ask = { line: string; body?: unknown; headers?: Record<string, string> }

const patch = (...Operations: object[]) => ({
  schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
  Operations,
})

export const aboutObject = ({ user, group }: Named): Ask[] => [
  { line: `GET /Users/${user}` },
  {
    line: `PUT /Users/${user}`,
    body: { userName: 'taken-over@example.com', displayName: 'Taken over', active: false },
  },
  { line: `PATCH /Users/${user}`, body: patch({ op: 'replace', path: 'active', value: false }) },
  { line: `DELETE /Users/${user}` },
  { line: `GET /Groups/${group}` },
  { line: `PUT /Groups/${group}`, body: { displayName: 'Taken over', members: [] } },
  { line: `PATCH /Groups/${group}`, body: patch({ op: 'remove', path: 'members' }) },
  { line: `DELETE /Groups/${group}` },
]

/** Every endpoint there is. */
export const everything = (named: Named): Ask[] => [
  ...aboutObject(named),
  ...['Users', 'Groups', 'ServiceProviderConfig', 'Schemas', 'ResourceTypes'].map((kind) => ({ line: `GET /${kind}` })),
  { line: 'POST /Users/.search', body: { filter: 'id pr' } },
  { line: 'POST /Groups/.search', body: { filter: 'id pr' } },
  { line: 'POST /Users', body: { userName: named.userName, displayName: 'Nobody' } },
  { line: 'POST /Groups', body: { displayName: named.groupName } },
]

/** Filters whose answer must not depend on what others have. */
export const aboutQuestions = ({ user, group, userName, groupName, email, word }: Named): Ask[] => {
  const users = [
    `id eq "${user}"`,
    `userName eq "${userName}"`,
    `emails.value eq "${email}"`,
    `displayName co "${word}"`,
    `not (id eq "${user}")`,
  ]
  const groups = [
    `id eq "${group}"`,
    `displayName eq "${groupName}"`,
    `members.value eq "${user}"`,
    `members[value eq "${user}"]`,
  ]
  return [...users.flatMap((filter) => asked('Users', filter)), ...groups.flatMap((filter) => asked('Groups', filter))]
}
const asked = (kind: 'Users' | 'Groups', filter: string): Ask[] => [
  { line: `GET /${kind}?filter=${encodeURIComponent(filter)}` },
  { line: `POST /${kind}/.search`, body: { filter } },
]

/** A group of this name, with somebody of one's own in it. */
export const groupNamed = (displayName: string, { user }: Named): Ask => ({
  line: 'POST /Groups',
  body: { displayName, members: [{ value: user }] },
})

/** A group of one's own, with somebody in it who may be another account's. */
export const aboutMembers = (own: Named, { user }: Named): Ask[] => {
  const line = `/Groups/${own.group}`
  const members = [{ value: own.user }, { value: user }]
  return [
    { line: `PATCH ${line}`, body: patch({ op: 'add', path: 'members', value: [{ value: user }] }) },
    { line: `PATCH ${line}`, body: patch({ op: 'replace', path: 'members', value: members }) },
    { line: `PATCH ${line}`, body: patch({ op: 'remove', path: `members[value eq "${user}"]` }) },
    { line: `PUT ${line}`, body: { displayName: own.groupName, members } },
    { line: `GET ${line}` },
  ]
}

/** New objects that say they are, or belong to, something of others. */
export const creations = ({ user, group }: Named, accountId: string): Ask[] => [
  {
    line: 'POST /Users',
    body: {
      ...{ userName: 'slipped-in@example.com', displayName: 'Slipped in', id: user, accountId, account_id: accountId },
      groups: [{ value: group }],
    },
  },
  { line: 'POST /Groups', body: { displayName: 'Slipped in', id: group, accountId, members: [{ value: user }] } },
  { line: 'POST /Groups', body: { displayName: 'Slipped in', members: [{ value: group, type: 'Group' }] } },
]

/** Somebody who works elsewhere, as a source would add them. */
export const sharedPerson = (address: string): Ask => ({
  line: 'POST /Users',
  body: { userName: address, displayName: 'Renamed here' },
})
