import { type NewSavedView, type SavedView, type SavedViewPatch, savedViewsMax } from '@cockpit/contract/saved-views'
import { type Clock, type Ctx, changesOf, type Db, newId, Problem, type Tx } from '../../platform/index.ts'
import { savedViewRepository } from './repository.ts'

export const createSavedViews = ({ db, now }: { db: Db; now: Clock }) => {
  const hold = async (tx: Tx, id: string): Promise<SavedView> => (await savedViewRepository(tx).hold(id)) ?? missing()

  return {
    list: (ctx: Ctx, list: string | undefined): Promise<{ items: SavedView[] }> =>
      db.tenant(ctx, async (tx) => ({ items: await savedViewRepository(tx).all(list) })),

    create: (ctx: Ctx, input: NewSavedView): Promise<SavedView> =>
      db.tenant(ctx, async (tx) => {
        // two at once must not both see the last free place
        await tx.lock(`saved_views:${ctx.actor.id}:${input.list}`)
        const views = savedViewRepository(tx)
        if ((await views.all(input.list)).length >= savedViewsMax)
          throw new Problem(
            'saved_view.limit_reached',
            `You have ${savedViewsMax} views of this list; delete one first.`,
          )
        const id = newId('svw', now())
        await views.insert({ ...input, id, at: now() })
        const view = await hold(tx, id)
        await tx.emit('saved_view.created', { subject: subjectOf(view), after: told(view) })
        return view
      }),

    update: (ctx: Ctx, id: string, patch: SavedViewPatch): Promise<SavedView> =>
      db.tenant(ctx, async (tx) => {
        const before = await hold(tx, id)
        const changes = changesOf(told(before), patch)
        if (!changes) return before
        await savedViewRepository(tx).update(id, { ...told(before), ...changes.after }, now())
        const view = await hold(tx, id)
        await tx.emit('saved_view.updated', { subject: subjectOf(view), ...changes })
        return view
      }),

    remove: (ctx: Ctx, id: string): Promise<void> =>
      db.tenant(ctx, async (tx) => {
        const view = await hold(tx, id)
        await savedViewRepository(tx).remove(id)
        await tx.emit('saved_view.deleted', { subject: subjectOf(view), before: told(view) })
      }),
  }
}
export type SavedViews = ReturnType<typeof createSavedViews>

const missing = (): never => {
  throw new Problem('saved_view.not_found', 'You have no such view.')
}

const subjectOf = ({ id, name }: SavedView) => ({ type: 'saved_view', id, name })
const told = ({ name, search, hiddenColumns }: SavedView) => ({ name, search, hiddenColumns })
