import { useHotkeys as useKeys } from '@mantine/hooks'
import { type FormEvent, type ReactNode, useCallback, useEffect, useId, useRef, useState } from 'react'
import { Button } from './actions.tsx'
import { Alert, type ProblemLike, problemOf } from './feedback.tsx'
import { modKey } from './hotkeys.ts'
import { cx, Row, Stack } from './layout.tsx'
import { useLeaveGuard } from './navigation.tsx'
import { ConfirmDialog, Modal } from './overlays.tsx'
import { Page } from './page.tsx'

type Values = Record<string, unknown>
type FieldOf<V> = { value: V; onChange: (value: V) => void; error: string | undefined; name: string }
export type Form<T extends Values> = {
  values: T
  set: (patch: Partial<T>) => void
  /**
   * Spread into a field. An error of the server goes to the field whose pointer it names: `/name` by default, or the
   * given one where the form is flatter than the input (`form.field('rpm', '/limits/rpm')`).
   */
  field: <K extends keyof T & string>(key: K, pointer?: string) => FieldOf<T[K]>
  problem: ProblemLike | null
  busy: boolean
  dirty: boolean
  submit: () => Promise<boolean>
  reset: () => void
  /** Fetches what is there now and starts again from it, after somebody else has changed it. */
  reload: (() => Promise<void>) | undefined
}

/**
 * The state of one form. `submit` throws what the server refused (an `ApiProblem`): its field errors appear at their
 * fields and in the summary. `check` returns errors by field before anything is sent.
 *
 * A form that changes something says what it was filled from (`from`). `submit` gets it back as it was when the form
 * started, however often the page has read it since, and returns what is there after the save. `reload` reads it again.
 */
export const useForm = <T extends Values>({
  initial,
  from,
  reload,
  submit,
  check,
}: {
  initial: T
  from?: object | undefined
  reload?: () => Promise<unknown>
  submit: (values: T, from: object | undefined) => Promise<unknown>
  check?: (values: T) => Partial<Record<keyof T & string, string | undefined>>
}): Form<T> => {
  const [start, setStart] = useState(initial)
  const [values, setValues] = useState(initial)
  const [origin, setOrigin] = useState(from)
  const [outdated, setOutdated] = useState(false)
  const [state, setState] = useState<{ busy: boolean; problem: ProblemLike | null }>({ busy: false, problem: null })
  // which pointer stands for which field, learnt while rendering
  const pointers = useRef(new Map<string, string>())
  const set = useCallback((patch: Partial<T>) => setValues((before) => ({ ...before, ...patch })), [])
  const reset = () => {
    setStart(initial)
    setValues(initial)
    setOrigin(from)
    setState({ busy: false, problem: null })
  }
  // what was read again arrives with a later rendering
  useEffect(() => {
    if (!outdated || from === origin) return
    setOutdated(false)
    reset()
  })
  const errorAt = (pointer: string) => state.problem?.errors?.find((error) => isAt(error.pointer, pointer))?.detail
  return {
    values,
    set,
    field: (key, pointer = `/${key}`) => {
      pointers.current.set(key, pointer)
      return {
        value: values[key],
        onChange: (value) => set({ [key]: value } as unknown as Partial<T>),
        error: errorAt(pointer),
        name: key,
      }
    },
    problem: state.problem,
    busy: state.busy,
    dirty: JSON.stringify(values) !== JSON.stringify(start),
    submit: async () => {
      const found = Object.entries(check?.(values) ?? {}).filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string',
      )
      if (found.length > 0) {
        const errors = found.map(([key, detail]) => ({ pointer: pointers.current.get(key) ?? `/${key}`, detail }))
        setState({
          busy: false,
          problem: { title: 'Please check the marked fields', detail: '', code: 'input.invalid', status: 0, errors },
        })
        return false
      }
      setState({ busy: true, problem: null })
      try {
        const saved = await submit(values, origin)
        setStart(values)
        setOrigin(typeof saved === 'object' && saved !== null ? saved : undefined)
        setState({ busy: false, problem: null })
        return true
      } catch (error) {
        setState({ busy: false, problem: problemOf(error) })
        return false
      }
    },
    reset,
    reload:
      reload &&
      (async () => {
        await reload()
        setOutdated(true)
      }),
  }
}

/** What is wrong with the whole form, announced. */
export const FormErrors = ({ problem }: { problem: ProblemLike | null }) =>
  problem && (
    <Alert tone="red" title={problem.title}>
      {problem.errors && problem.errors.length > 0 ? (
        <ul className="ck-effects">
          {problem.errors.map((error) => (
            <li key={`${error.pointer} ${error.detail}`}>
              <strong>{nameOf(error.pointer)}</strong> {error.detail}
            </li>
          ))}
        </ul>
      ) : (
        <>
          {problem.detail} <code className="ck-mono ck-size-xs">{problem.code}</code>
        </>
      )}
    </Alert>
  )

const ChangedMeanwhile = ({ reload }: { reload: () => Promise<void> }) => (
  <Alert tone="amber" title="Somebody changed this meanwhile">
    <Stack gap={8}>
      <span>What you typed is not saved. Load what is there now, then make your change again.</span>
      <Row>
        <Button onClick={() => void reload()}>Load what is there now</Button>
      </Row>
    </Stack>
  </Alert>
)

type Frame = {
  form: FormHandle
  submitLabel: string
  /** After a save that worked. */
  onSaved?: () => void
  danger?: boolean
  children: ReactNode
}
/** What a frame needs of any form. */
export type FormHandle = Pick<Form<Values>, 'problem' | 'busy' | 'dirty' | 'submit' | 'reset'> &
  Partial<Pick<Form<Values>, 'reload'>>

/** The fields in one column with summary and buttons; ⌘⏎ saves. For forms inside a page; whole pages use `FormPage`. */
export const FormBody = ({
  form,
  submitLabel,
  onSaved,
  onCancel,
  danger = false,
  children,
  wide = false,
  readOnly = false,
}: Frame & {
  onCancel?: () => void
  wide?: boolean
  /** Shows what is set to whoever may not change it: nothing to type, nothing to save. */
  readOnly?: boolean
}) => {
  const id = useId()
  const element = useRef<HTMLFormElement>(null)
  const submit = async (event?: FormEvent) => {
    event?.preventDefault()
    if (await form.submit()) onSaved?.()
  }
  // once the errors stand at their fields, the first of them is where to go on
  useEffect(() => {
    if (form.problem)
      element.current?.querySelector<HTMLElement>('[aria-invalid="true"], [data-invalid] input')?.focus()
  }, [form.problem])
  return (
    <form
      id={id}
      ref={element}
      noValidate
      onSubmit={submit}
      className={cx('ck-form', wide && 'ck-form-wide')}
      onKeyDown={(event) => event.key === 'Enter' && (event.metaKey || event.ctrlKey) && submit(event)}
    >
      <Stack>
        <fieldset className="ck-form-fields" disabled={readOnly}>
          {children}
        </fieldset>
        {form.problem?.code === 'write.changed_meanwhile' && form.reload ? (
          <ChangedMeanwhile reload={form.reload} />
        ) : (
          <FormErrors problem={form.problem} />
        )}
        {!readOnly && (
          <Row justify="end">
            {onCancel && <Button onClick={onCancel}>Cancel</Button>}
            <Button type="submit" kind={danger ? 'danger' : 'primary'} loading={form.busy} title={modKey('⏎')}>
              {submitLabel}
            </Button>
          </Row>
        )}
      </Stack>
    </form>
  )
}

/** A form as a page. Leaving with unsaved changes asks first. */
export const FormPage = ({
  title,
  description,
  back,
  ...frame
}: Frame & { title: string; description?: string; back?: { href: string; label: string }; onCancel?: () => void }) => (
  <Page title={title} {...(description ? { description } : {})} {...(back ? { back } : {})}>
    <LeaveGuard form={frame.form} />
    <FormBody {...frame} />
  </Page>
)

/** A form in a modal. Closing it with unsaved changes asks first; a save that worked closes it. */
export const FormModal = ({
  opened,
  onClose,
  title,
  description,
  size = 'md',
  onSaved,
  ...frame
}: Frame & {
  opened: boolean
  onClose: () => void
  title: string
  description?: ReactNode
  size?: 'sm' | 'md' | 'lg' | 'xl'
}) => {
  const [asking, setAsking] = useState(false)
  const leave = () => {
    frame.form.reset()
    setAsking(false)
    onClose()
  }
  const close = () => (frame.form.dirty && !frame.form.busy ? setAsking(true) : leave())
  return (
    <>
      <Modal opened={opened} onClose={close} title={title} size={size}>
        <Stack>
          {description && <p className="ck-flat ck-muted">{description}</p>}
          <FormBody
            {...frame}
            wide
            onCancel={close}
            onSaved={() => {
              onSaved?.()
              leave()
            }}
          />
        </Stack>
      </Modal>
      <ConfirmDialog
        opened={asking}
        onClose={() => setAsking(false)}
        title="Discard your changes?"
        confirmLabel="Discard"
        onConfirm={leave}
      >
        What you typed here is not saved.
      </ConfirmDialog>
    </>
  )
}

/** Put it inside any screen with a form that is not a `FormPage`. */
export const LeaveGuard = ({ form }: { form: Pick<FormHandle, 'dirty' | 'busy'> }) => {
  const [answer, setAnswer] = useState<((leave: boolean) => void) | null>(null)
  const ask = useCallback(() => new Promise<boolean>((resolve) => setAnswer(() => resolve)), [])
  useLeaveGuard(form.dirty && !form.busy, ask)
  const reply = (leave: boolean) => {
    answer?.(leave)
    setAnswer(null)
  }
  return (
    <ConfirmDialog
      opened={answer !== null}
      onClose={() => reply(false)}
      title="Leave without saving?"
      confirmLabel="Leave"
      onConfirm={() => reply(true)}
    >
      What you changed here is not saved.
    </ConfirmDialog>
  )
}

/** ⌘⏎ for acts outside a form, e.g. sending a message. */
export const useSubmitKey = (run: () => void) => useKeys([['mod+Enter', run]], [])

// a server may point into `/body/…` or straight into the input
const stripBody = (pointer: string): string => pointer.replace(/^\/body(?=\/)/, '')
// an error inside a list or object shows at the field of the whole
const isAt = (found: string, pointer: string): boolean =>
  stripBody(found) === pointer || stripBody(found).startsWith(`${pointer}/`)
const nameOf = (pointer: string): string => {
  const words = stripBody(pointer)
    .split('/')
    .filter(Boolean)
    .map((part) => part.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase())
    .join(' ')
  return words ? `${words.charAt(0).toUpperCase()}${words.slice(1)}:` : ''
}
