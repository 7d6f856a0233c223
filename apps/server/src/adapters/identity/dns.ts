import { Resolver } from 'node:dns/promises'
import type { ResolveTxt } from '../../modules/sso/index.ts'

const nothing = new Set(['ENODATA', 'ENOTFOUND'])

/** Asks the name servers of the machine. */
export const createResolveTxt = (): ResolveTxt => async (name) => {
  try {
    return await new Resolver({ timeout: 3_000, tries: 2 }).resolveTxt(name)
  } catch (error) {
    return error instanceof Error && 'code' in error && nothing.has(String(error.code)) ? [] : null
  }
}
