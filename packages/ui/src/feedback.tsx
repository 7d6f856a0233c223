import { type ReactNode, useEffect, useState } from 'react'
import { Button } from './actions.tsx'
import { IconAlertTriangle, IconCircleCheck, IconInbox, IconInfoCircle, IconRefresh } from './icons.ts'
import { cx, Row } from './layout.tsx'
import { IdText } from './values.tsx'

/** Nothing here yet: what this is for, and the first step. */
export const EmptyState = ({
  icon = <IconInbox size={28} stroke={1.5} />,
  title,
  text,
  action,
}: {
  icon?: ReactNode
  title: string
  text?: ReactNode
  action?: ReactNode
}) => (
  <div className="ck-empty">
    <div className="ck-empty-icon" aria-hidden>
      {icon}
    </div>
    <p className="ck-empty-title">{title}</p>
    {text && <p className="ck-empty-text">{text}</p>}
    {action && <Row justify="center">{action}</Row>}
  </div>
)

/** What the ui needs to know of a failure; `ApiProblem` of the client is one. */
export type ProblemLike = {
  title: string
  detail: string
  code: string
  status: number
  requestId?: string | null
  errors?: readonly { pointer: string; detail: string }[]
}
/** Any thrown value as something to show. */
export const problemOf = (error: unknown): ProblemLike =>
  typeof error === 'object' && error !== null && 'code' in error && 'detail' in error
    ? (error as ProblemLike)
    : {
        title: 'Something broke on this page',
        detail: error instanceof Error ? error.message : String(error),
        code: 'console.error',
        status: 0,
      }

/** What failed, its code, what to do, and a retry. */
export const ErrorState = ({
  error,
  retry,
  action,
  page = false,
}: {
  error: unknown
  retry?: (() => void) | undefined
  action?: ReactNode
  /** It is the whole page, so its title is the heading. */
  page?: boolean
}) => {
  const problem = problemOf(error)
  return (
    <div className="ck-empty" role="alert">
      <div className="ck-empty-icon ck-ink-red" aria-hidden>
        <IconAlertTriangle size={28} stroke={1.5} />
      </div>
      {page ? <h1 className="ck-empty-title">{problem.title}</h1> : <p className="ck-empty-title">{problem.title}</p>}
      <p className="ck-empty-text">{problem.detail}</p>
      <ProblemCode problem={problem} />
      <Row justify="center">
        {retry && (
          <Button icon={<IconRefresh size={14} />} onClick={retry}>
            Try again
          </Button>
        )}
        {action}
      </Row>
    </div>
  )
}

const ProblemCode = ({ problem }: { problem: ProblemLike }) => (
  <p className="ck-help">
    <code className="ck-mono">{problem.code}</code>
    {problem.requestId && (
      <>
        {' · request '}
        <IdText id={problem.requestId} />
      </>
    )}
  </p>
)

const alertIcons = {
  blue: IconInfoCircle,
  green: IconCircleCheck,
  amber: IconAlertTriangle,
  red: IconAlertTriangle,
} as const

/** A message that stays. Red ones are announced. */
export const Alert = ({
  tone = 'blue',
  title,
  children,
  action,
}: {
  tone?: 'blue' | 'green' | 'amber' | 'red'
  title?: ReactNode
  children?: ReactNode
  action?: ReactNode
}) => {
  const Icon = alertIcons[tone]
  return (
    <div className={cx('ck-alert', `ck-tone-${tone}`)} role={tone === 'red' ? 'alert' : 'status'}>
      <Icon size={16} aria-hidden />
      <div className="ck-alert-text">
        {title && <strong>{title}</strong>}
        {children && <div>{children}</div>}
      </div>
      {action}
    </div>
  )
}

/** The failure of an act, where it happened. */
export const ProblemAlert = ({ error }: { error: unknown }) => {
  if (!error) return null
  const problem = problemOf(error)
  return (
    <Alert tone="red" title={problem.title}>
      {problem.detail} <code className="ck-mono ck-size-xs">{problem.code}</code>
    </Alert>
  )
}

/** Grey bars in the shape of what comes; invisible for the first 150 ms. */
export const Skeleton = ({
  rows = 1,
  height = 14,
  width,
}: {
  rows?: number
  height?: number
  width?: number | string
}) => {
  const shown = useAfter(150)
  return (
    <div className="ck-stack" style={{ gap: 8 }} aria-hidden>
      {Array.from({ length: rows }, (_, index) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: identical bars
          key={index}
          className={cx('ck-skeleton', shown && 'ck-skeleton-shown')}
          style={{ height, width: width ?? (index === rows - 1 && rows > 1 ? '60%' : '100%') }}
        />
      ))}
    </div>
  )
}

/** Shows data, or a skeleton of its size, or the error with a retry. */
export const Loaded = <T,>({
  data,
  error,
  retry,
  skeleton,
  children,
}: {
  data: T | undefined
  error: unknown
  retry?: () => void
  skeleton?: ReactNode
  children: (data: T) => ReactNode
}) => {
  if (data !== undefined) return children(data)
  if (error) return <ErrorState error={error} retry={retry} />
  return (
    <div role="status" aria-label="Loading">
      {skeleton ?? <Skeleton rows={4} height={20} />}
    </div>
  )
}

export const useAfter = (ms: number): boolean => {
  const [passed, setPassed] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setPassed(true), ms)
    return () => clearTimeout(timer)
  }, [ms])
  return passed
}
