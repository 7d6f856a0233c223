import { Button, DetailPage, ErrorState } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'
import { useParam } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { NodeChain, nodeFacts } from './node-panel.tsx'
import { allNodes, useOverview } from './overview.ts'
import { budgetText as t, titleOf } from './strings.ts'

const words = messages('nodePage', {
  gone: 'No such allocation',
  goneText: 'It was removed, or the address is wrong.',
  inTree: 'Open in the tree',
})

/** One allocation as a page. */
export const NodePage = () => {
  const id = useParam('nodeId')
  const { href } = useScope()
  const { data, error, retry } = useOverview()
  const nodes = data ? allNodes(data) : []
  const node = nodes.find((one) => one.id === id)
  const gone = data && !node
  return (
    <DetailPage
      title={node ? titleOf(node) : t.title}
      {...(node ? { id: node.id, properties: nodeFacts(node) } : {})}
      back={{ href: href('budgets'), label: t.title }}
      actions={node && <Button href={href(`budgets?node=${node.id}`)}>{words.inTree}</Button>}
      loading={!data}
      error={data ? undefined : error}
      retry={retry}
    >
      {gone && (
        <ErrorState
          error={{ title: words.gone, detail: words.goneText, code: 'budget.allocation_not_found', status: 404 }}
        />
      )}
      {node && <NodeChain node={node} nodes={nodes} />}
    </DetailPage>
  )
}
