import { Button, IconDownload, Menu } from '@cockpit/ui'
import { stringifySearch } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { t } from './strings.ts'

/** Files come straight from the server as they are written, so that a browser never holds a million events. */
export const useDownload = () => {
  const { accountId } = useScope()
  return (path: string, query: Record<string, string | undefined> = {}) => {
    const link = document.createElement('a')
    link.href = path + stringifySearch({ ...query, account_id: accountId ?? undefined })
    link.download = path.split('/').at(-1) ?? ''
    link.click()
  }
}

/** The events that the filters show, in the form another program reads. */
export const ExportMenu = ({ query }: { query: Record<string, string | undefined> }) => {
  const download = useDownload()
  return (
    <Menu
      label={t.export}
      target={<Button icon={<IconDownload size={14} />}>{t.export}</Button>}
      items={[
        { label: t.exportCsv, onClick: () => download('/v1/audit/export.csv', query) },
        { label: t.exportJsonl, onClick: () => download('/v1/audit/export.jsonl', query) },
        { label: t.exportOcsf, onClick: () => download('/v1/audit/export.ocsf.jsonl', query) },
      ]}
    />
  )
}
