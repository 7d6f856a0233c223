import type { ModelChain, ModelSet } from '@cockpit/contract/models'
import { resolveModels } from '@cockpit/policy'
import { type Clock, type Ctx, changesOf, type Db, Problem, platformAccount, type Tx } from '../../platform/index.ts'
import { presentModel } from './present.ts'
import { modelRepository } from './repository.ts'
import { setsRepository } from './sets-repository.ts'

/** From the catalog to what an account uses: eligibility by a super admin, selection by the account's admin. */
export const createModelChain = ({ db, now }: { db: Db; now: Clock }) => {
  // the work of a super admin on an account is part of that account's story, so it runs under that account
  const inAccount = <T>(ctx: Ctx, accountId: string, work: (tx: Tx) => Promise<T>) =>
    db.platform({ ...ctx, accountId }, async (tx) => {
      if (!(await setsRepository(tx).accountExists()))
        throw new Problem('account.not_found', 'There is no such account.')
      return work(tx)
    })

  return {
    eligibility: (ctx: Ctx, accountId: string): Promise<ModelSet> =>
      inAccount(ctx, accountId, (tx) => setsRepository(tx).eligibility()),

    setEligibility: (ctx: Ctx, accountId: string, input: ModelSet): Promise<ModelSet> =>
      inAccount(ctx, accountId, async (tx) => {
        await tx.lock('model_sets')
        const wanted = tidy(input)
        const known = new Set(await modelRepository(tx).platformModelsAmong(wanted.modelIds))
        refuseOthers(input, known, 'model.not_found', 'is not a model of the platform')
        return replace(tx, 'model_eligibility', await setsRepository(tx).eligibility(), wanted)
      }),

    setSelection: (ctx: Ctx, input: ModelSet): Promise<ModelSet> =>
      db.tenant(ctx, async (tx) => {
        await tx.lock('model_sets')
        const { items } = await resolved(tx)
        const eligible = new Set(items.filter((item) => item.eligible).map(({ model }) => model.id))
        refuseOthers(input, eligible, 'model.not_eligible', 'is not eligible for this account')
        return replace(tx, 'model_selection', await setsRepository(tx).selection(), tidy(input))
      }),

    /** Every model with what each step said. Listed models that are no longer eligible are left out of `selection`. */
    chain: (ctx: Ctx): Promise<ModelChain> =>
      db.tenant(ctx, async (tx) => {
        const { items, eligibility, selection } = await resolved(tx)
        const eligible = new Set(items.filter((item) => item.eligible).map(({ model }) => model.id))
        return {
          eligibility,
          selection: { ...selection, modelIds: selection.modelIds.filter((id) => eligible.has(id)) },
          items: items.map(({ model, eligible, selected, effective, reason }) => ({
            model: presentModel(model.row, ctx, now()),
            eligible,
            selected,
            effective,
            reason,
          })),
        }
      }),

    sliceEligibility: (tx: Tx) => setsRepository(tx).eligibility(),
    sliceSelection: (tx: Tx) => setsRepository(tx).selection(),
  }
}

const resolved = async (tx: Tx) => {
  const rows = await modelRepository(tx).all()
  const models = rows.map((row) => ({ id: row.id, name: row.name, status: row.status as 'active' | 'disabled', row }))
  const [eligibility, selection] = [await setsRepository(tx).eligibility(), await setsRepository(tx).selection()]
  const items = resolveModels({
    platformModels: models.filter(({ row }) => row.account_id === platformAccount),
    ownModels: models.filter(({ row }) => row.account_id !== platformAccount),
    eligibility,
    selection,
  })
  return { items, eligibility, selection }
}

const replace = async (
  tx: Tx,
  noun: 'model_eligibility' | 'model_selection',
  current: ModelSet,
  wanted: ModelSet,
): Promise<ModelSet> => {
  const changes = changesOf(current, wanted)
  if (!changes) return current
  const sets = setsRepository(tx)
  await (noun === 'model_eligibility' ? sets.setEligibility(wanted) : sets.setSelection(wanted))
  const name = noun === 'model_eligibility' ? 'Models it may choose' : 'Chosen models'
  await tx.emit(`${noun}.set`, { subject: { type: noun, id: tx.ctx.accountId, name }, before: current, after: wanted })
  return wanted
}

/** A list without repetition, in one order; `all` needs none. */
const tidy = ({ mode, modelIds }: ModelSet): ModelSet => ({
  mode,
  modelIds: mode === 'all' ? [] : [...new Set(modelIds)].sort(),
})

const refuseOthers = (
  { mode, modelIds }: ModelSet,
  allowed: ReadonlySet<string>,
  code: 'model.not_found' | 'model.not_eligible',
  detail: string,
) => {
  if (mode === 'all') return
  const errors = modelIds.flatMap((id, index) => (allowed.has(id) ? [] : [{ pointer: `/modelIds/${index}`, detail }]))
  if (errors.length === 0) return
  const count = errors.length === 1 ? 'One of the listed models' : `${errors.length} of the listed models`
  throw new Problem(code, `${count}: ${detail}.`, { errors })
}
