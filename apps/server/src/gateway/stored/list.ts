/** Lists as OpenAI's clients turn their pages. */
import { refusal } from '../refusal.ts'

export type ListQuery = { after: string | undefined; limit: number; order: 'asc' | 'desc' }

export const listQuery = (query: URLSearchParams, most = 100, usual = 20): ListQuery => {
  const limit = Number(query.get('limit') ?? usual)
  if (!Number.isInteger(limit) || limit < 1 || limit > most)
    throw refusal('input.invalid', `'limit' must be a number from 1 to ${most}.`, 'limit')
  const order = query.get('order') ?? 'desc'
  if (order !== 'asc' && order !== 'desc') throw refusal('input.invalid', "'order' must be asc or desc.", 'order')
  return { after: query.get('after') ?? undefined, limit, order }
}

/** A page of items that were read with one more than `limit`. */
export const listed = <T extends { id: string }>(items: readonly T[], limit: number) => {
  const data = items.slice(0, limit)
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: items.length > limit,
  }
}
