import { mfaRoutes } from '@cockpit/contract/mfa'
import { bind } from '../../platform/index.ts'
import type { Mfa, MfaPorts } from './service.ts'

export const mfaHandlers = (mfa: Mfa, ports: MfaPorts) => {
  const own = mfa.own(ports)
  return bind(mfaRoutes, {
    own: ({ ctx }) => own.overview(ctx),
    beginTotp: ({ ctx }) => own.beginTotp(ctx),
    confirmTotp: ({ ctx, body }) => own.confirmTotp(ctx, body),
    removeTotp: ({ ctx }) => own.removeTotp(ctx),
    passkeyOptions: ({ ctx }) => own.passkeyOptions(ctx),
    addPasskey: ({ ctx, body }) => own.addPasskey(ctx, body),
    renamePasskey: ({ ctx, params, body }) => own.renamePasskey(ctx, params.id, body.name),
    removePasskey: ({ ctx, params }) => own.removePasskey(ctx, params.id),
    renewRecoveryCodes: ({ ctx }) => own.renewRecoveryCodes(ctx),
  })
}
