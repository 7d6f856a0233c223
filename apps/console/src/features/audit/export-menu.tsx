import { Button, IconDownload, Menu } from '@cockpit/ui'
import { useDownload } from '../../app/download.ts'
import { t } from './strings.ts'

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
