import { mfaRoutes } from '@cockpit/contract/mfa'
import { bind, type Ctx } from '../../platform/index.ts'
import type { Mfa, MfaPorts } from './service.ts'

export const mfaHandlers = (mfa: Mfa, ports: MfaPorts) => {
  const own = mfa.own(ports)
  const allowed = async <T>(ctx: Ctx, work: () => Promise<T>): Promise<T> => {
    await ports.mayChange(ctx)
    return work()
  }
  return bind(mfaRoutes, {
    own: ({ ctx }) => own.overview(ctx),
    beginTotp: ({ ctx }) => allowed(ctx, () => own.beginTotp(ctx)),
    confirmTotp: ({ ctx, body }) => allowed(ctx, () => own.confirmTotp(ctx, body)),
    removeTotp: ({ ctx }) => allowed(ctx, () => own.removeTotp(ctx)),
    passkeyOptions: ({ ctx }) => allowed(ctx, () => own.passkeyOptions(ctx)),
    addPasskey: ({ ctx, body }) => allowed(ctx, () => own.addPasskey(ctx, body)),
    renamePasskey: ({ ctx, params, body }) => allowed(ctx, () => own.renamePasskey(ctx, params.id, body.name)),
    removePasskey: ({ ctx, params }) => allowed(ctx, () => own.removePasskey(ctx, params.id)),
    renewRecoveryCodes: ({ ctx }) => allowed(ctx, () => own.renewRecoveryCodes(ctx)),
  })
}
