import { readBody } from '../body.ts'
import type { Call } from '../call.ts'
import type { GatewayConfig } from '../config.ts'
import { isRecord, type Json, parseJson } from '../dialects/index.ts'
import { refusal } from '../refusal.ts'

export const jsonBody = async (call: Call, config: GatewayConfig): Promise<Json> => {
  const body = await new Promise<Parameters<Parameters<typeof readBody>[2]>[0]>((resolve) => {
    readBody(call, config, resolve)
  })
  if (!Buffer.isBuffer(body)) throw body
  const said = parseJson(body.toString('utf8'))
  if (!isRecord(said)) throw refusal('input.malformed', 'The body must be a JSON object.')
  return said
}
