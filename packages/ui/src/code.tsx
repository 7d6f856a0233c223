import { Tabs as MantineTabs } from '@mantine/core'
import { useState } from 'react'
import { CopyButton } from './actions.tsx'

export type Snippet = { id: string; label: string; code: string }

/** Code to copy: one text, or several under tabs. */
export const CodeBlock = ({
  snippets,
  label,
}: {
  snippets: readonly Snippet[] /** Names the block for screen readers. */
  label: string
}) => {
  const [chosen, setChosen] = useState(snippets[0]?.id ?? '')
  const shown = snippets.find(({ id }) => id === chosen) ?? snippets[0]
  if (!shown) return null
  const copy = <CopyButton value={shown.code} label={`Copy ${shown.label}`} />
  if (snippets.length === 1)
    return (
      <div className="ck-code">
        <Text code={shown.code} label={label} />
        <div className="ck-code-copy">{copy}</div>
      </div>
    )
  return (
    <MantineTabs value={shown.id} onChange={(next) => setChosen(next ?? '')} className="ck-code" variant="default">
      <div className="ck-code-head">
        <MantineTabs.List aria-label={label}>
          {snippets.map((snippet) => (
            <MantineTabs.Tab key={snippet.id} value={snippet.id}>
              {snippet.label}
            </MantineTabs.Tab>
          ))}
        </MantineTabs.List>
        {copy}
      </div>
      {snippets.map((snippet) => (
        <MantineTabs.Panel key={snippet.id} value={snippet.id}>
          <Text code={snippet.code} label={`${label}, ${snippet.label}`} />
        </MantineTabs.Panel>
      ))}
    </MantineTabs>
  )
}

/** A value as formatted JSON. */
export const JsonBlock = ({ value, label }: { value: unknown; label: string }) => (
  <CodeBlock label={label} snippets={[{ id: 'json', label: 'JSON', code: JSON.stringify(value, null, 2) }]} />
)

// it scrolls, so the keyboard must reach it
const Text = ({ code, label }: { code: string; label: string }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area needs focus to scroll by keyboard
  <section className="ck-code-text" tabIndex={0} aria-label={label}>
    <pre>
      <code>{code}</code>
    </pre>
  </section>
)

export const Kbd = ({ children }: { children: string }) => <kbd className="ck-kbd">{children}</kbd>
