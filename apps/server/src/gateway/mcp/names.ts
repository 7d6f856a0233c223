/** Where several servers stand behind one address, their names stand before what is theirs. */
import { asText, isRecord, type Json } from '../dialects/index.ts'
import type { Message } from './messages.ts'

/** Names of servers have no underscore, so the first two end one. */
export const toolOf = (server: string, name: string): string => `${server}__${name}`
export const splitTool = (name: string): { server: string; name: string } | null => split(name, '__')

/** A scheme may hold a plus, and names of servers hold none: what is an address stays one. */
export const uriOf = (server: string, uri: string): string => `${server}+${uri}`
export const splitUri = (uri: string): { server: string; name: string } | null => split(uri, '+')

/** Servers number their own questions, each from the beginning. */
export const idOf = (server: string, id: unknown): string => `${server}:${JSON.stringify(id)}`
export const splitId = (id: unknown): { server: string; name: string } | null =>
  typeof id === 'string' ? split(id, ':') : null

const split = (text: string, by: string) => {
  const at = text.indexOf(by)
  return at <= 0 ? null : { server: text.slice(0, at), name: text.slice(at + by.length) }
}

/** What a server says, as the client knows it. */
export const toClient = (server: string, message: Message): Message => {
  if (message.method !== undefined && message.id != null) return { ...message, id: idOf(server, message.id) }
  if (message.method === 'notifications/resources/updated')
    return { ...message, params: withUri(server, message.params ?? {}) }
  return isRecord(message.result) ? { ...message, result: resultToClient(server, message.result) } : message
}

const resultToClient = (server: string, result: Json): Json => {
  const changed: Json = {}
  for (const field of ['content', 'contents', 'messages'] as const) {
    const parts = result[field]
    if (Array.isArray(parts)) changed[field] = parts.map((part) => partToClient(server, part))
  }
  return { ...result, ...changed }
}

const partToClient = (server: string, part: unknown): unknown => {
  if (!isRecord(part)) return part
  const inside = isRecord(part.resource) ? { resource: withUri(server, part.resource) } : {}
  const content = isRecord(part.content) ? { content: partToClient(server, part.content) } : {}
  return { ...withUri(server, part), ...inside, ...content }
}

/** An item of a list, or anything with an address. */
export const withUri = (server: string, item: Json): Json => {
  const uri = asText(item.uri)
  const template = asText(item.uriTemplate)
  return {
    ...item,
    ...(uri !== undefined && { uri: uriOf(server, uri) }),
    ...(template !== undefined && { uriTemplate: uriOf(server, template) }),
  }
}
