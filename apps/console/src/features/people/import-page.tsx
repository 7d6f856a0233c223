import { accountRoles } from '@cockpit/contract/kit'
import type { ImportResult } from '@cockpit/contract/users'
import {
  Alert,
  Button,
  type Column,
  FileField,
  IconUpload,
  None,
  Page,
  ProblemAlert,
  Row,
  SegmentedControl,
  Stack,
  StatusBadge,
  Table,
  Textarea,
  toast,
  useNavigation,
} from '@cockpit/ui'
import { useState } from 'react'
import { useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { changeText } from './bulk-effects.tsx'
import { t } from './strings.ts'

const words = messages('importPage', {
  title: 'Import people',
  about: 'From a CSV file with a header. Nothing is written before you have seen what it will do.',
  file: 'CSV file',
  fileHelp:
    'At most 2,000 rows. Columns: email (required), name, role, status, teams (separated by semicolons), rpm, tpm.',
  paste: 'Or paste its text',
  roles: `Roles: ${accountRoles.join(', ')}.`,
  preview: 'Preview',
  wrong: 'If a row is wrong',
  refuse: 'Import nothing',
  skip: 'Import the others',
  apply: (count: number) => `Import ${count} ${count === 1 ? 'row' : 'rows'}`,
  line: 'Line',
  effect: 'Effect',
  verdict: 'Row',
  create: 'New',
  update: 'Changes',
  unchanged: 'As it is',
  error: 'Wrong',
  creates: (count: number) => `${count} new`,
  updates: (count: number) => `${count} changed`,
  same: (count: number) => `${count} as they are`,
  errors: (count: number) => `${count} wrong`,
  blocked: 'The file has wrong rows, so nothing is imported. Correct it, or import the other rows.',
  done: (created: number, updated: number) => `${created} people added, ${updated} changed.`,
})

type ImportRow = ImportResult['rows'][number]
const tones = { create: 'green', update: 'blue', unchanged: 'neutral', error: 'red' } as const

const columns: readonly Column<ImportRow>[] = [
  { key: 'line', header: words.line, numeric: true, value: ({ line }) => line, width: 70 },
  { key: 'email', header: t.email, value: ({ email }) => email, primary: true },
  {
    key: 'verdict',
    header: words.verdict,
    value: ({ verdict }) => words[verdict],
    render: ({ verdict }) => <StatusBadge status={verdict} tone={tones[verdict]} label={words[verdict]} />,
    width: 120,
  },
  { key: 'effect', header: words.effect, value: effectOf, render: (row) => effectOf(row) || <None /> },
]

function effectOf({ verdict, errors, before, after }: ImportRow): string {
  if (verdict === 'error')
    return errors.map(({ column, detail }) => (column ? `${column}: ${detail}` : detail)).join('; ')
  return after ? changeText(before, after) : ''
}

export const ImportPage = () => {
  const { api, href } = useScope()
  const refresh = useRefresh()
  const { navigate } = useNavigation()
  const [csv, setCsv] = useState('')
  const [onError, setOnError] = useState<'refuse' | 'skip'>('refuse')
  const [result, setResult] = useState<ImportResult | null>(null)
  const [failure, setFailure] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const read = (text: string) => {
    setCsv(text)
    setResult(null)
    setFailure(null)
  }
  const run = async (dryRun: boolean) => {
    setBusy(true)
    setFailure(null)
    try {
      const answer = await api.users.import({ query: { dry_run: String(dryRun) }, body: { csv, onError } })
      if (answer.applied) {
        await refresh('users', 'teams', 'team-members', 'owners')
        toast.success(words.done(answer.created, answer.updated))
        navigate(href('people'))
      } else setResult(answer)
    } catch (error) {
      setResult(null)
      setFailure(error)
    }
    setBusy(false)
  }
  const writes = result ? result.created + result.updated : 0
  const blocked = result !== null && result.errors > 0 && onError === 'refuse'
  return (
    <Page title={words.title} description={words.about} back={{ href: href('people'), label: t.back }}>
      <Stack>
        <FileField label={words.file} help={`${words.fileHelp} ${words.roles}`} accept=".csv,text/csv" onText={read} />
        <Textarea label={words.paste} value={csv} onChange={read} rows={5} mono />
        <SegmentedControl
          label={words.wrong}
          value={onError}
          onChange={setOnError}
          options={[
            { value: 'refuse', label: words.refuse },
            { value: 'skip', label: words.skip },
          ]}
        />
        <Row>
          <Button
            kind={result ? 'default' : 'primary'}
            loading={busy}
            disabled={!csv.trim()}
            onClick={() => void run(true)}
          >
            {words.preview}
          </Button>
          {result && (
            <Button
              kind="primary"
              icon={<IconUpload size={14} />}
              loading={busy}
              disabled={blocked || writes === 0}
              onClick={() => void run(false)}
            >
              {words.apply(writes)}
            </Button>
          )}
        </Row>
        <ProblemAlert error={failure} />
        {blocked && <Alert tone="amber" title={words.blocked} />}
        {result && <Preview result={result} />}
      </Stack>
    </Page>
  )
}

const Preview = ({ result }: { result: ImportResult }) => (
  <Stack gap={8}>
    <Row gap={16}>
      <StatusBadge status="create" tone="green" label={words.creates(result.created)} />
      <StatusBadge status="update" tone="blue" label={words.updates(result.updated)} />
      <StatusBadge status="unchanged" tone="neutral" label={words.same(result.unchanged)} />
      <StatusBadge status="error" tone={result.errors > 0 ? 'red' : 'neutral'} label={words.errors(result.errors)} />
    </Row>
    <Table label={words.title} columns={columns} rows={result.rows} rowId={({ line }) => String(line)} />
  </Stack>
)
