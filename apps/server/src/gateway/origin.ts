/** Calls come from where their account allows. Of accounts without a list nobody asks, and no address is looked at. */
import { type AccountWorld, clientAddress, type Denial, networkDenial, networksOf } from '@cockpit/policy'
import type { Call } from './call.ts'
import type { DenialPort } from './ports.ts'

type Deps = { trustedProxies: readonly string[]; denials: DenialPort | undefined }

export const createOrigin = ({ trustedProxies, denials }: Deps) => {
  const trusted = networksOf(trustedProxies) ?? []
  const addressOf = ({ req }: Call): string => {
    const forwarded = req.headers['x-forwarded-for']
    return clientAddress(
      req.socket.remoteAddress ?? '',
      forwarded === undefined ? undefined : String(forwarded),
      trusted,
    )
  }
  const denialOf = (call: Call, account: AccountWorld): Denial | null =>
    account.networks === null ? null : networkDenial(account, addressOf(call))

  return {
    denialOf,
    /** As somebody comes in, which whoever watches over the account learns of. */
    refuses(call: Call): Denial | null {
      const { account, holder, req, id } = call
      const denial = account && holder && denialOf(call, account)
      if (!denial) return null
      denials?.fromElsewhere({
        accountId: account.slice.account.id,
        who: 'hash' in holder ? { kind: 'key', ...naming(holder) } : { kind: 'user', ...naming(holder.user) },
        address: addressOf(call),
        userAgent: req.headers['user-agent']?.slice(0, 400) ?? null,
        requestId: id,
        method: req.method ?? 'POST',
        path: (req.url ?? '').split('?')[0] ?? '',
        message: denial.message,
      })
      return denial
    },
  }
}
export type Origin = ReturnType<typeof createOrigin>

const naming = ({ id, name }: { id: string; name: string }) => ({ id, name })
