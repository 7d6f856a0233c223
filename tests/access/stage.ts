/** People of an account, signed in, for tests about what they may do. */
import { openAccount, password, signIn } from '../support/account.ts'
import type { TestCockpit } from '../support/cockpit.ts'

export const openStage = async (cockpit: TestCockpit) => {
  const account = await openAccount(cockpit)
  let people = 0
  const sender = (headers: Record<string, string>) => async (line: string, body?: unknown) => {
    const { status, text } = await cockpit.send(line, { headers, body })
    return { status, body: text === '' ? null : JSON.parse(text) }
  }
  const as = async (email: string) => sender(await signIn(cockpit, email))
  const person = async (
    role: 'end_user' | 'member' | 'billing_admin' | 'account_admin' | 'copilot_admin' | 'console_admin' = 'end_user',
    teamIds: string[] = [],
  ) => {
    people += 1
    const email = `p${people}-${account.tag}@example.com`
    const { id } = await account.api.users.create({
      body: { email, name: `Person ${people}`, role, password, teamIds },
    })
    return { id, email, send: await as(email) }
  }
  return { ...account, person, as, boss: await as(account.email), sender }
}
export type Stage = Awaited<ReturnType<typeof openStage>>
