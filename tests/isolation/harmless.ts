/** What may go without anybody reaching another account, and why: the text it stands behind, in the file. */
export const harmless: readonly { file: string; after: string; why: string }[] = [
  {
    file: 'modules/budgets/repository.ts',
    after: 'async lock() {',
    why: 'a lock: changes of other accounts would wait too',
  },
  {
    file: 'modules/budgets/repository.ts',
    after: 'async plan()',
    why: 'as the platform only where a job begins the next cycle, in the order of the account it is at; modules/budgets tests the cycle',
  },
  {
    file: 'modules/publishing/repository.ts',
    after: 'async contentHash(',
    why: 'saves a version where nothing changed; no two accounts have the same content',
  },
  {
    file: 'modules/directory/teams-repository.ts',
    after: 'const own = () =>',
    why: 'as the platform only by the id of a team that was found in the account a line before',
  },
  {
    file: 'modules/audit/checkpoints-repository.ts',
    after: 'async markExported(',
    why: 'of a job that exports the checkpoints of all chains; modules/audit tests what it writes out',
  },
  {
    file: 'modules/audit/checkpoints-repository.ts',
    after: 'const of = (tx: Tx',
    why: 'as the platform only in a job that signs every chain; with another chain’s place it signs nothing, which modules/audit tests',
  },
  {
    file: 'modules/tenancy/repository.ts',
    after: 'async hold(',
    why: 'a lock; whether the account is there is asked again by what reads it afterwards',
  },
  {
    file: 'modules/access/roles.ts',
    after: 'create: (ctx',
    why: 'makes a row of the own account and reads that row',
  },
  {
    file: 'modules/access/requests.ts',
    after: 'withdraw: (ctx',
    why: 'only the person who asked may withdraw, whatever is found',
  },
  {
    file: 'modules/explain/service.ts',
    after: 'const figuresOf =',
    why: 'asks for nodes by ids of the own snapshot',
  },
  {
    file: 'modules/audit/delivery.ts',
    after: 'await db.tenant(ctx, (tx) =>\n      destinationRepository',
    why: 'moves the cursor of one destination, by the id under which it was claimed',
  },
  {
    file: 'modules/audit/destinations.ts',
    after: 'async create(ctx',
    why: 'makes a row of the own account, sealed for it, and reads that row by the id just made',
  },
  {
    file: 'modules/audit/retention.ts',
    after: 'hold: (ctx',
    why: 'makes a hold of the own account and reads it by the id just made',
  },
  {
    file: 'modules/budgets/admission.ts',
    after: 'const asSystem =',
    why: 'the functions of the database compare the account they are given, and are asked by ids of the own slice',
  },
  {
    file: 'modules/clients/grant.ts',
    after: 'return db.tenant({ accountId, actor',
    why: 'by the id of the one credential that was found by the client and its secret, in the account of that credential',
  },
  {
    file: 'modules/directory/orgs.ts',
    after: 'create: (ctx',
    why: 'makes a row of the own account and reads that row by the id just made; names are unique in an account by the key of the table',
  },
  {
    file: 'modules/exporters/delivery.ts',
    after: 'const fields = {',
    why: 'moves the cursor of one exporter, by the id under which it was claimed',
  },
  {
    file: 'modules/exporters/service.ts',
    after: 'const cursor_seq = await feed.horizon()',
    why: 'makes a row of the own account, sealed for it, and reads that row by the id just made',
  },
  {
    file: 'modules/guardrails/service.ts',
    after: 'async create(ctx',
    why: 'makes a row of the own account and reads that row by the id just made',
  },
  {
    file: 'modules/limits/service.ts',
    after: 'async create(ctx',
    why: 'makes a row of the own account and reads that row by the id just made',
  },
  {
    file: 'modules/providers/service.ts',
    after: 'create: (',
    why: 'makes a row of the own account and reads that row by the id just made',
  },
  {
    file: 'modules/scim/tokens.ts',
    after: 'create: (ctx',
    why: 'makes a row of the own account and reads that row by the id just made',
  },
  {
    file: 'modules/sso/domains.ts',
    after: 'add: (ctx',
    why: 'makes a row of the own account and reads that row by the domain; whose it is proves itself by its name server',
  },
  {
    file: 'modules/usage/ingest.ts',
    after: 'const book =',
    why: 'books what a gateway counted for the own account; what they touch are the keys and nodes they name, of that account alone',
  },
  {
    file: 'modules/lab-runs/service.ts',
    after: 'create: (ctx',
    why: 'makes a row of the own account and reads it by the id just made; what it makes room among, and whose calls it prices, is of the person who asks',
  },
  {
    file: 'modules/mcp-servers/service.ts',
    after: 'async create(ctx',
    why: 'makes a row of the own account, sealed for it; names are unique in an account by the key of the table, and what is looked at afterwards stands behind the doors of a check',
  },
  {
    file: 'modules/guardrails/services.ts',
    after: 'create(ctx',
    why: 'makes a row of the own account, sealed for it, and reads that row by the id just made; names are unique in an account by the key of the table',
  },
  {
    file: 'modules/limits/work.ts',
    after: 'const asSystem =',
    why: 'the functions of the database compare the account they are given, which is that of the key that calls',
  },
  {
    file: 'modules/stored/batches.ts',
    after: 'const inAccount =',
    why: 'whatever is found goes to nobody but its owner, which is compared afterwards',
  },
  {
    file: 'modules/stored/batches.ts',
    after: 'create: (owner',
    why: 'makes a row of the own account and answers that row',
  },
  {
    file: 'modules/stored/files.ts',
    after: 'const inAccount =',
    why: 'files are found by their owner, and their bytes by the id of one that was found; the bytes open for their own account only',
  },
  {
    file: 'modules/stored/files.ts',
    after: 'async finish(facts',
    why: 'ends the file that was begun a moment before, by the id that was made for it',
  },
  {
    file: 'modules/stored/batch-run.ts',
    after: 'const inAccount =',
    why: 'works on one batch by the id under which it was claimed, and on its lines by that id and their place',
  },
]

/** Doors one behind the other: what the first lets through is looked for again by the second, so both go at once. */
export const oneBehindAnother: readonly { file: string; after: readonly string[] }[] = [
  { file: 'modules/guardrails/services.ts', after: ['async check(ctx', 'const found = await ask('] },
  { file: 'modules/mcp-servers/service.ts', after: ['const check = async (', 'const found = await ask(row)'] },
  { file: 'modules/providers/service.ts', after: ['async test(ctx', 'const outcome = await testConnection('] },
]

/** What survives for want of an arrangement, and what it would take; the report names no other survivor. */
export const unnoticed: Readonly<Record<string, string>> = {
  'modules/access/administrators-repository.ts: read: d.account_id = ${accountId}':
    'another account with a rule that takes access.write from the role of this one’s last admin, and there still an owner who keeps it',
  "modules/identity/people-repository.ts: withRoles: .where('m.account_id', '=', accountId)":
    'a mail server that says to whom letters of each account go; tests/identity/alerts.test.ts asks that of one account',
  "modules/mail/settings-repository.ts: find: .where('account_id', '=', accountId)":
    'a mail server of each account that says what came to it; tests/identity/mail.test.ts asks which one a letter takes',
  'modules/mail/sending.ts: from: db.tenant(':
    'a mail server of each account that says what came to it, and none of the predicate behind it in the same trial',
}
