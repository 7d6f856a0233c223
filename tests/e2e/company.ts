import { type CockpitClient, createClient } from '@cockpit/client'
import { type Program, startProgram } from './program.ts'

export const masterKey = 'mk_test_0123456789abcdef'
/** Set the installation up, and administers its one account. */
export const administrator = { email: 'ada@example.com', name: 'Ada', password: 'correct horse battery' }

/** A program with one account. `api` is its API in that account, as whoever runs the program. */
export type Company = Program & { accountId: string; api: CockpitClient }

export const openCompany = async (environment: Record<string, string> = {}): Promise<Company> => {
  const program = await startProgram({ COCKPIT_MASTER_KEY: masterKey, ...environment })
  const as = (account?: string) =>
    createClient({
      baseUrl: program.url,
      headers: { authorization: `Bearer ${masterKey}`, ...(account && { 'x-account-id': account }) },
    })
  const code = new URL(program.setupUrl).searchParams.get('code') ?? ''
  await as().identity.setup({ body: { code, ...administrator } })
  const { id } = await as().accounts.create({ body: { name: 'Acme', adminEmail: administrator.email } })
  return { ...program, accountId: id, api: as(id) }
}
