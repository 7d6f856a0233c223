/** Compiled, never run: what the compiler must accept and refuse of the typed client. */
import type { CockpitClient } from './index.ts'

export const check = async (api: CockpitClient) => {
  const page = await api.accounts.list({ query: { status: 'active' } })
  const name: string = page.items[0]?.name ?? ''
  const key = await api.keys.create({ body: { name } })
  const secret: string = key.secret
  await api.identity.context()
  // @ts-expect-error a body is required
  await api.keys.create()
  // @ts-expect-error an unknown status is refused
  await api.keys.list({ query: { status: 'nope' } })
  for await (const event of api.usage.live()) if (event.kind === 'request') return event.request.id
  return secret
}
