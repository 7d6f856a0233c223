/** Lists as somebody likes to see them. Everybody has their own; nobody sees those of another. */
import { z } from 'zod'
import { id, name, routes, timestamp } from './kit.ts'

/** Of one person in one account, for one list. */
export const savedViewsMax = 50
const list = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be the name of a list, such as users')
  .meta({ example: 'users' })
const search = z
  .record(z.string().min(1).max(40), z.string().min(1).max(500))
  .refine((values) => Object.keys(values).length <= 40, 'has at most 40 entries')
  .describe('Search, filters and sort as they stand in the address of the page')
const hiddenColumns = z.array(z.string().min(1).max(40)).max(60).describe('Columns that are switched off')

export const SavedView = z
  .object({ id: id('svw'), list, name, search, hiddenColumns, createdAt: timestamp, updatedAt: timestamp })
  .meta({ id: 'SavedView' })
export type SavedView = z.infer<typeof SavedView>

const NewSavedView = z.object({ list, name, search, hiddenColumns }).strict()
export type NewSavedView = z.infer<typeof NewSavedView>
const SavedViewPatch = z
  .object({ name, search, hiddenColumns })
  .partial()
  .strict()
  .refine((patch) => Object.keys(patch).length > 0, 'give at least one field to change')
export type SavedViewPatch = z.infer<typeof SavedViewPatch>

const view = z.object({ id: id('svw') })
const own = { tag: 'Saved views', permission: 'signed-in', scope: 'any' } as const

export const savedViewRoutes = routes({
  list: {
    ...own,
    method: 'GET',
    path: '/v1/saved-views',
    summary: 'List your saved views of a list, by name',
    query: z.object({ list: list.optional().describe('Of this list only') }),
    returns: z.object({ items: z.array(SavedView) }),
  },
  create: {
    ...own,
    method: 'POST',
    path: '/v1/saved-views',
    status: 201,
    summary: 'Keep a view of a list under a name',
    body: NewSavedView,
    returns: SavedView,
    problems: ['saved_view.name_taken', 'saved_view.limit_reached'],
    emits: 'saved_view.created',
  },
  update: {
    ...own,
    method: 'PATCH',
    path: '/v1/saved-views/{id}',
    summary: 'Rename a view of yours, or let it show something else',
    params: view,
    body: SavedViewPatch,
    returns: SavedView,
    problems: ['saved_view.not_found', 'saved_view.name_taken'],
    emits: 'saved_view.updated',
  },
  remove: {
    ...own,
    method: 'DELETE',
    path: '/v1/saved-views/{id}',
    status: 204,
    summary: 'Delete a view of yours',
    params: view,
    returns: z.void(),
    problems: ['saved_view.not_found'],
    emits: 'saved_view.deleted',
  },
})
