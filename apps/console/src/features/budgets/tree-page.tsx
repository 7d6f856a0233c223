import type { BudgetNode, BudgetOverview } from '@cockpit/contract/budgets'
import { Alert, Button, EmptyState, IconCoins, IconPlus, IconWallet, Loaded, Page, Stack, toast } from '@cockpit/ui'
import { useState } from 'react'
import { useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { AllocateModal } from './allocate-modal.tsx'
import { BudgetTree } from './budget-tree.tsx'
import { CycleLine } from './cycle-line.tsx'
import { GiveCredits } from './give-credits.tsx'
import { MoveModal } from './move-modal.tsx'
import { NodePanel } from './node-panel.tsx'
import { allNodes, useOverview } from './overview.ts'
import { RemoveDialog } from './remove-dialog.tsx'
import { budgetText as t } from './strings.ts'
import { useBudgetTabs } from './tabs.ts'

const words = messages('budgetTree', {
  none: 'No credits yet',
  noneText: 'Credits arrive in the pool of this account. From there they are allocated to orgs, teams and people.',
  noneAsk: 'Ask the operator of this installation for credits. Without them every request is refused.',
  hint: 'Drag a row onto another one to move credits, or use the acts of a row. Rows unfold with the arrow keys.',
  give: 'Give credits',
  takeBack: 'Undo',
  undone: 'As it was before.',
})

/** What a dialog on this page is about. */
export type TreeAct =
  | { act: 'allocate'; parentId?: string }
  | { act: 'change'; node: BudgetNode }
  | { act: 'move'; from: string; to: string | null }
  | { act: 'remove'; node: BudgetNode }
/** What was done last, and how to take it back. */
export type Done = { text: string; undo: () => Promise<unknown> }

export const TreePage = () => {
  const overview = useOverview(15_000)
  const tabs = useBudgetTabs('tree')
  const { can } = useScope()
  const { search, setSearch } = useSearchState()
  const [act, setAct] = useState<TreeAct | null>(null)
  const shown: TreeAct | null = act ?? (search.new && can('budget.write') ? { act: 'allocate' } : null)
  return (
    <Page
      title={t.title}
      description={t.about}
      tabs={tabs}
      actions={
        <>
          <Giving />
          {can('budget.write') && (
            <Button kind="primary" icon={<IconPlus size={14} />} onClick={() => setAct({ act: 'allocate' })}>
              {t.allocate}
            </Button>
          )}
        </>
      }
    >
      <Loaded {...overview}>
        {(found) => (
          <Shown
            overview={found}
            act={shown}
            onAct={(next) => {
              setAct(next)
              if (!next && search.new) setSearch({ new: undefined })
            }}
          />
        )}
      </Loaded>
    </Page>
  )
}

const Giving = () => {
  const { can } = useScope()
  const [open, setOpen] = useState(false)
  if (!can('budget.grant')) return null
  return (
    <>
      <Button icon={<IconCoins size={14} />} onClick={() => setOpen(true)}>
        {words.give}
      </Button>
      <GiveCredits opened={open} onClose={() => setOpen(false)} />
    </>
  )
}

const Shown = ({
  overview,
  act,
  onAct,
}: {
  overview: BudgetOverview
  act: TreeAct | null
  onAct: (act: TreeAct | null) => void
}) => {
  const { can } = useScope()
  const { search, setSearch } = useSearchState()
  const refresh = useRefresh()
  const [done, setDone] = useState<Done | null>(null)
  const nodes = allNodes(overview)
  const close = () => onAct(null)
  const finish = async (last: Done | null) => {
    await refresh('budgets')
    setDone(last)
  }
  const takeBack = async ({ undo }: Done) => {
    try {
      await undo()
      await finish(null)
      toast.success(words.undone)
    } catch (error) {
      toast.error(error instanceof Error ? error.message : String(error))
    }
  }
  if (overview.pool.limit === '0' && overview.nodes.length === 0)
    return (
      <EmptyState
        icon={<IconWallet size={28} stroke={1.5} />}
        title={words.none}
        text={can('budget.grant') ? words.noneText : words.noneAsk}
      />
    )
  return (
    <Stack>
      <CycleLine overview={overview} />
      {done && (
        <Alert
          tone="green"
          title={done.text}
          action={<Button onClick={() => void takeBack(done)}>{words.takeBack}</Button>}
        />
      )}
      <BudgetTree
        overview={overview}
        selectedId={search.node}
        onOpen={(node) => setSearch({ node: node.id })}
        onAct={onAct}
      />
      {can('budget.write') && <p className="ck-help">{words.hint}</p>}
      <NodePanel
        node={nodes.find(({ id }) => id === search.node)}
        nodes={nodes}
        onAct={onAct}
        onClose={() => setSearch({ node: undefined })}
      />
      <AllocateModal
        opened={act?.act === 'allocate' || act?.act === 'change'}
        // another subject is another form
        key={act?.act === 'change' ? act.node.id : act?.act === 'allocate' ? `new ${act.parentId ?? ''}` : 'none'}
        nodes={nodes}
        node={act?.act === 'change' ? act.node : null}
        parentId={act?.act === 'allocate' ? act.parentId : undefined}
        onClose={close}
        onDone={finish}
      />
      <MoveModal
        key={act?.act === 'move' ? `${act.from} ${act.to}` : 'no move'}
        move={act?.act === 'move' ? act : null}
        nodes={nodes}
        onClose={close}
        onDone={finish}
      />
      <RemoveDialog node={act?.act === 'remove' ? act.node : null} nodes={nodes} onClose={close} onDone={finish} />
    </Stack>
  )
}
